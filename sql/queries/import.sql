-- import.sql - the records of a file into the table papers.
--
--     .load ./biobert_import
--     .read sql/schema/papers.sql
--     .parameter set :path "'pubmed.nbib'"
--     .read sql/queries/import.sql
--
-- One statement: all of it, or nothing. Again with the same file it writes nothing. What could not be read:
--     SELECT position, error FROM biobert_read(:path) WHERE status = 'error';
-- Programs that count what is new and changed have sqlite3_update_hook(): it is called for each row of papers
-- that is written.
--
-- The file is read twice: first who is in it, because of several records of one paper the best version, and of
-- these the last one, has the say; the others fill what it leaves out.
WITH known AS MATERIALIZED (
  SELECT position, pmid, doi, fingerprint, coalesce(version, 0) AS version, status
    FROM biobert_read(:path) WHERE section IS NULL AND status <> 'error'
), ranked AS MATERIALIZED (
  SELECT position,
         first_value(position) OVER (PARTITION BY pmid ORDER BY version DESC, position DESC) AS best_of_pmid,
         max(position) FILTER (WHERE status = 'deleted') OVER (PARTITION BY pmid) AS deleted_at,
         -- records of different PMIDs are never one, and those of different DOIs neither
         max(position) FILTER (WHERE pmid IS NULL) OVER (PARTITION BY doi) AS last_of_doi,
         max(position) FILTER (WHERE pmid IS NULL AND doi IS NULL) OVER (PARTITION BY fingerprint)
           AS last_of_fingerprint,
         max(position) OVER (PARTITION BY doi) AS any_of_doi,
         max(position) OVER (PARTITION BY fingerprint) AS any_of_fingerprint,
         pmid, doi
    FROM known
), filling AS (
  SELECT position FROM ranked WHERE pmid IS NOT NULL AND position <> best_of_pmid
  UNION ALL
  SELECT position FROM ranked
   WHERE doi IS NOT NULL AND position < iif(pmid IS NULL, any_of_doi, last_of_doi)
  UNION ALL
  SELECT position FROM ranked
   WHERE position < iif(coalesce(pmid, doi) IS NULL, any_of_fingerprint, last_of_fingerprint)
)
INSERT INTO papers_import(pmid, pmcid, doi, title, abstract, original_title, other_abstract, authors, editors, journal,
                          year, date, volume, issue, pages, publisher, issn, isbn, keywords, mesh, type, language, url,
                          status, version, source, fingerprint, fills)
SELECT pmid, pmcid, doi, title, abstract, original_title, other_abstract, authors, editors, journal,
       year, date, volume, issue, pages, publisher, issn, isbn, keywords, mesh, type, language, url,
       status, version, source, fingerprint, position IN (SELECT position FROM filling)
  FROM biobert_read(:path)
 WHERE section IS NULL AND status <> 'error' AND coalesce(pmid, doi, fingerprint) IS NOT NULL
   AND position NOT IN (SELECT position FROM ranked WHERE pmid IS NOT NULL AND position < deleted_at);
