-- The statements of sql/queries that look at a whole collection, run as their comments tell.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT, year INT, journal TEXT, v BLOB);
INSERT INTO papers VALUES
  (1, 'Aspirin and stroke', '', 2001, NULL, biobert_vector('[1,0,0]')),
  (2, 'Aspirin and stroke.', 'Aspirin prevents a stroke.', NULL, NULL, biobert_vector('[9,1,0]')),
  (3, 'ASPIRIN AND STROKE', 'Aspirin prevents.', 2001, 'Lancet', biobert_vector('[9,-1,0]')),
  (4, 'Gene therapy', 'Haemophilia.', 2010, 'Nature', biobert_vector('[0,1,0]')),
  (5, 'Gene therapies', 'Haemophilia.', 2011, 'Nature', biobert_vector('[0,1,0]')),
  (6, 'Kinase', 'The kinase binds DNA.', 2010, 'Cell', biobert_vector('[0,0,1]'));
CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content='papers', content_rowid='pmid', vectors='v', store='f32');
INSERT INTO papers_search(papers_search) VALUES('sync');
.parameter init
INSERT INTO temp.sqlite_parameters VALUES(':threshold', 0.95);
.print -- duplicates, merged
.read sql/queries/duplicates_merged.sql
.print -- novelty by year
.read sql/queries/novelty_by_year.sql
.print -- names of clusters
INSERT INTO temp.sqlite_parameters VALUES(':k', 3);
.read sql/queries/cluster_names.sql
.print -- a table of the map, made anew
.read sql/queries/map_table.sql
.read sql/queries/map_table.sql
SELECT count(*), count(x), count(y), max(x) <= 1, count(DISTINCT topic) > 1 FROM papers_search_map;
