-- biobert_read(): its columns in their order, what is hidden, full texts, NULLs and numbers.
.nullvalue NULL
SELECT name, type, hidden FROM pragma_table_xinfo('biobert_read');
SELECT name FROM pragma_table_info('biobert_formats');
SELECT count(*) > 0 FROM biobert_formats WHERE name = 'medline' AND what <> '' AND recognised <> '';
.mode line
SELECT * FROM biobert_read('tests/records/pubmed_search.nbib') WHERE pmid = 102;
.mode list
SELECT typeof(position), typeof(pmid), typeof(year), typeof(version), typeof(section), typeof(fingerprint)
  FROM biobert_read('tests/records/pubmed_search.nbib') LIMIT 1;
-- a format that is named is read, whatever the file looks like; NULL names none
SELECT count(*) FROM biobert_read('tests/records/pubmed_search.nbib', NULL);
SELECT position, format, title FROM biobert_read('tests/records/same_papers.nbib', 'ris') WHERE title <> '' LIMIT 1;
-- a path from another table, and one file at a time
WITH files(path) AS (VALUES ('tests/records/pubmed_search.nbib'), ('tests/records/same_papers.nbib'))
SELECT files.path, position, source = files.path FROM files, biobert_read(files.path) WHERE position < 2;
-- gzip that is cut off: what was before it, and the record in which it ends
SELECT position, pmid, title, status, error FROM biobert_read('tests/records/cut_off.nbib.gz');
-- and where it is cut off between two records, a row that says so
SELECT position, title, format, status, error FROM biobert_read('tests/records/cut_between.csv.gz');
-- a path that is none
SELECT * FROM biobert_read(x'00');
SELECT * FROM biobert_read('a', x'00');
SELECT * FROM biobert_read(5);
