-- prisma.sql - the counts of a review's flow diagram (PRISMA 2020, doi:10.1136/bmj.n71) from the table
-- that `biobert screen` keeps, or any table of papers and 1, 0 or NULL.
--
--     .read sql/queries/prisma.sql
--
-- identified: records of the library; screened: those with a decision; excluded and included: which;
-- passed_over: seen and left undecided; not_screened: never seen. The last two columns: when the
-- screening began and when the last decision was made.
SELECT count(*) AS identified,
       count(s.included) AS screened,
       count(*) FILTER (WHERE s.included = 0) AS excluded,
       count(*) FILTER (WHERE s.included = 1) AS included,
       count(*) FILTER (WHERE s.paper IS NOT NULL AND s.included IS NULL) AS passed_over,
       count(*) FILTER (WHERE s.paper IS NULL) AS not_screened,
       min(s.decided_at) AS begun,
       max(s.decided_at) AS last_decision
  FROM papers p LEFT JOIN screening s ON s.paper = p.id;
