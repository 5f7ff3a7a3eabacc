-- papers.sql - the table that sql/queries/import.sql fills from files of literature.
--
--     sqlite3 library.db
--     .load ./biobert_import
--     .read sql/schema/papers.sql
--     .parameter set :path "'pubmed.nbib'"
--     .read sql/queries/import.sql
--
-- Once for each library. The columns are those of biobert_read(); `id` is what an index has for
-- content_rowid. A view takes the records, and its trigger puts each where it belongs:
--
--     paper      that of its PMID; else of its DOI; else of its fingerprint (title, year, first author),
--                where neither PMID nor DOI say that it is another one; else a new one
--     version    an earlier one of a PMID never replaces a later one
--     values     the record's; where it has none, those that the paper had stay
--     writing    a paper that stays as it was is not written; `deleted` deletes
CREATE TABLE IF NOT EXISTS papers(
  id             INTEGER PRIMARY KEY,
  pmid           INTEGER UNIQUE,
  pmcid          TEXT,
  doi            TEXT,
  title          TEXT,
  abstract       TEXT,
  original_title TEXT,
  other_abstract TEXT,
  authors        TEXT,
  editors        TEXT,
  journal        TEXT,
  year           INTEGER,
  date           TEXT,
  volume         TEXT,
  issue          TEXT,
  pages          TEXT,
  publisher      TEXT,
  issn           TEXT,
  isbn           TEXT,
  keywords       TEXT,
  mesh           TEXT,
  type           TEXT,
  language       TEXT,
  url            TEXT,
  status         TEXT NOT NULL,
  version        INTEGER,
  source         TEXT,
  fingerprint    INTEGER
);
CREATE INDEX IF NOT EXISTS papers_doi ON papers(doi);
CREATE INDEX IF NOT EXISTS papers_fingerprint ON papers(fingerprint);

-- `fills`: another record of the file is to be preferred, so that this one gives only what the paper lacks.
CREATE VIEW IF NOT EXISTS papers_import AS SELECT *, 0 AS fills FROM papers;

CREATE TRIGGER IF NOT EXISTS papers_import_record INSTEAD OF INSERT ON papers_import BEGIN
  DELETE FROM papers
   WHERE NEW.status = 'deleted' AND pmid = NEW.pmid AND coalesce(version <= NEW.version, 1);

  INSERT INTO papers
  SELECT old.id,
         coalesce(old.pmid, NEW.pmid),
         coalesce(iif(NEW.fills, old.pmcid, NEW.pmcid), NEW.pmcid, old.pmcid),
         coalesce(iif(NEW.fills, old.doi, NEW.doi), NEW.doi, old.doi),
         coalesce(iif(NEW.fills, old.title, NEW.title), NEW.title, old.title),
         coalesce(iif(NEW.fills, old.abstract, NEW.abstract), NEW.abstract, old.abstract),
         coalesce(iif(NEW.fills, old.original_title, NEW.original_title), NEW.original_title, old.original_title),
         coalesce(iif(NEW.fills, old.other_abstract, NEW.other_abstract), NEW.other_abstract, old.other_abstract),
         coalesce(iif(NEW.fills, old.authors, NEW.authors), NEW.authors, old.authors),
         coalesce(iif(NEW.fills, old.editors, NEW.editors), NEW.editors, old.editors),
         coalesce(iif(NEW.fills, old.journal, NEW.journal), NEW.journal, old.journal),
         coalesce(iif(NEW.fills, old.year, NEW.year), NEW.year, old.year),
         coalesce(iif(NEW.fills, old.date, NEW.date), NEW.date, old.date),
         coalesce(iif(NEW.fills, old.volume, NEW.volume), NEW.volume, old.volume),
         coalesce(iif(NEW.fills, old.issue, NEW.issue), NEW.issue, old.issue),
         coalesce(iif(NEW.fills, old.pages, NEW.pages), NEW.pages, old.pages),
         coalesce(iif(NEW.fills, old.publisher, NEW.publisher), NEW.publisher, old.publisher),
         coalesce(iif(NEW.fills, old.issn, NEW.issn), NEW.issn, old.issn),
         coalesce(iif(NEW.fills, old.isbn, NEW.isbn), NEW.isbn, old.isbn),
         coalesce(iif(NEW.fills, old.keywords, NEW.keywords), NEW.keywords, old.keywords),
         coalesce(iif(NEW.fills, old.mesh, NEW.mesh), NEW.mesh, old.mesh),
         coalesce(iif(NEW.fills, old.type, NEW.type), NEW.type, old.type),
         coalesce(iif(NEW.fills, old.language, NEW.language), NEW.language, old.language),
         coalesce(iif(NEW.fills, old.url, NEW.url), NEW.url, old.url),
         -- that a paper was retracted is said by PubMed alone
         coalesce(iif(NEW.fills OR (old.status = 'retracted' AND NEW.version IS NULL), old.status, NEW.status),
                  NEW.status),
         coalesce(iif(NEW.fills, old.version, NEW.version), NEW.version, old.version),
         NEW.source,
         coalesce(old.fingerprint, NEW.fingerprint)
    FROM (SELECT coalesce(
            (SELECT id FROM papers WHERE pmid = NEW.pmid),
            (SELECT id FROM papers
              WHERE doi = NEW.doi AND coalesce(pmid = NEW.pmid, 1)
              ORDER BY pmid IS NULL, id),
            (SELECT id FROM papers
              WHERE fingerprint = NEW.fingerprint AND coalesce(pmid = NEW.pmid, 1) AND coalesce(doi = NEW.doi, 1)
              ORDER BY pmid IS NULL, doi IS NULL, id)) AS id) AS found
    LEFT JOIN papers AS old ON old.id = found.id
   WHERE NEW.status <> 'deleted' AND coalesce(old.version <= NEW.version, 1)
      ON CONFLICT(id) DO UPDATE
     SET (pmid, pmcid, doi, title, abstract, original_title, other_abstract, authors, editors, journal, year, date,
          volume, issue, pages, publisher, issn, isbn, keywords, mesh, type, language, url, status, version, source) =
         (excluded.pmid, excluded.pmcid, excluded.doi, excluded.title, excluded.abstract, excluded.original_title,
          excluded.other_abstract, excluded.authors, excluded.editors, excluded.journal, excluded.year, excluded.date,
          excluded.volume, excluded.issue, excluded.pages, excluded.publisher, excluded.issn, excluded.isbn,
          excluded.keywords, excluded.mesh, excluded.type, excluded.language, excluded.url, excluded.status,
          excluded.version, excluded.source)
   WHERE (pmid, pmcid, doi, title, abstract, original_title, other_abstract, authors, editors, journal, year, date,
          volume, issue, pages, publisher, issn, isbn, keywords, mesh, type, language, url, status, version) IS NOT
         (excluded.pmid, excluded.pmcid, excluded.doi, excluded.title, excluded.abstract, excluded.original_title,
          excluded.other_abstract, excluded.authors, excluded.editors, excluded.journal, excluded.year, excluded.date,
          excluded.volume, excluded.issue, excluded.pages, excluded.publisher, excluded.issn, excluded.isbn,
          excluded.keywords, excluded.mesh, excluded.type, excluded.language, excluded.url, excluded.status,
          excluded.version);
END;
