-- duplicates_merged.sql - one row for each paper that is there more than once: the record to keep, what
-- the others add to it, and which they are.
--
--     .parameter set :threshold 0.95
--     .read sql/queries/duplicates_merged.sql
--
-- Tables as in knn.sql. A column's value is that of the record to keep; where it has none, of the first
-- other one that has. Papers that share a DOI whatever their texts say:
--     SELECT doi, group_concat(pmid) FROM papers WHERE doi <> '' GROUP BY lower(doi) HAVING count(*) > 1;
WITH groups AS MATERIALIZED (
  SELECT "group" AS number, rowid AS pmid, keep FROM biobert_duplicate_groups('papers_search', :threshold)),
records AS MATERIALIZED (
  SELECT number, keep, p.* FROM groups JOIN papers p USING (pmid))
SELECT g.pmid,
       (SELECT title FROM records r WHERE r.number = g.number AND title <> '' ORDER BY keep DESC, pmid) AS title,
       (SELECT abstract FROM records r WHERE r.number = g.number AND abstract <> '' ORDER BY keep DESC, pmid) AS abstract,
       (SELECT year FROM records r WHERE r.number = g.number AND year <> '' ORDER BY keep DESC, pmid) AS year,
       (SELECT journal FROM records r WHERE r.number = g.number AND journal <> '' ORDER BY keep DESC, pmid) AS journal,
       (SELECT json_group_array(pmid) FROM groups o WHERE o.number = g.number AND NOT keep) AS others
  FROM groups g
 WHERE g.keep
 ORDER BY g.number;
