-- Asking an index: forms, modes, k, filters, errors.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT, year INT, journal TEXT);
INSERT INTO papers VALUES
  (1, 'Aspirin and stroke', 'Aspirin prevents a second stroke.', 2001, 'Lancet'),
  (2, 'Gene therapy', 'Haemophilia is treated by gene therapy.', 2010, 'Nature'),
  (3, 'Heart failure', 'Heart failure in animals: a trial.', 2015, 'lancet'),
  (4, 'Heart failure', 'Heart failure in people: risk.', 2018, 'BMJ'),
  (5, 'Protein', 'A protein of the cell.', 2020, NULL);
CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED, journal UNINDEXED, content='papers', content_rowid='pmid');
-- Never synced, while there are rows.
SELECT * FROM s('stroke');
SELECT count(*), count(vector) FROM s;
SELECT done, total, failed, message FROM biobert_sync('s');

-- Three forms of one question.
CREATE TEMP TABLE answer AS SELECT rowid AS id, rank FROM s WHERE s MATCH 'stroke';
SELECT count(*), min(id), max(id) FROM answer;
SELECT count(*) FROM answer a JOIN (SELECT rowid AS id, rank FROM s WHERE s = 'stroke') b ON a.id = b.id AND a.rank = b.rank;
SELECT count(*) FROM answer a JOIN (SELECT rowid AS id, rank FROM s('stroke')) b ON a.id = b.id AND a.rank = b.rank;
SELECT rowid FROM s('stroke', 1);
SELECT rowid FROM s('stroke', 1, 'lexical');
SELECT rowid FROM s(biobert_embed('Heart failure Heart failure in people: risk.'), 1);
SELECT rowid, distance < 1e-3, rank = distance, bm25 FROM s((SELECT vector FROM s WHERE rowid = 3), 1);
-- More like this.
SELECT count(*) FROM s WHERE s MATCH (SELECT vector FROM s WHERE rowid = 1) AND rowid <> 1;

-- What each mode has in its columns.
SELECT mode, rank IS NULL, distance IS NULL, bm25 IS NULL FROM s WHERE s MATCH 'heart' AND mode = 'semantic' LIMIT 1;
SELECT rank = bm25, distance, bm25 < 0 FROM s WHERE s MATCH 'heart' AND mode = 'lexical' LIMIT 1;
SELECT count(*), sum(bm25 IS NULL), sum(distance IS NULL), sum(rank IS NULL) FROM s WHERE s MATCH 'heart' AND mode = 'hybrid';
SELECT count(*) FROM s WHERE s MATCH 'heart' AND mode = 'lexical';
SELECT count(*), max(rank) FROM s WHERE s MATCH 'heart' AND mode = NULL AND k = 0;
-- Feedback moves the ranking and not the distance.
SELECT count(*), sum(a.distance = b.distance), sum(a.rank = b.rank) < count(*)
  FROM s('heart') a, s('heart') b WHERE a.rowid = b.rowid AND b.feedback = 0;

-- Nothing, and errors.
SELECT rowid FROM s WHERE s MATCH NULL;
SELECT rowid FROM s('heart', 0);
SELECT count(*) FROM s('heart', NULL);
SELECT count(*) FROM s('');
SELECT count(*) FROM s('", AND ( NEAR * : ^ "');
SELECT rowid FROM s('heart', -1);
SELECT rowid FROM s('heart', 'many');
SELECT rowid FROM s('heart', 2.5);
SELECT rowid FROM s WHERE s MATCH 'heart' AND k < 3;
SELECT rowid FROM s WHERE s MATCH 'heart' AND k IN (1, 2);
SELECT rowid FROM s WHERE s MATCH 'heart' AND k = 3 AND k = 4;
SELECT rowid FROM s WHERE s MATCH 'heart' AND s MATCH 'gene';
SELECT rowid FROM s WHERE s MATCH 'heart' AND mode IN ('semantic', 'lexical');
SELECT rowid FROM s WHERE s MATCH 'heart' AND mode LIKE 'sem%';
SELECT rowid FROM s WHERE s MATCH 'heart' AND mode = 'vector';
SELECT rowid FROM s WHERE s MATCH 'heart' AND feedback > 0;
SELECT rowid FROM s(x'00');
SELECT rowid FROM s(biobert_vector('[1,2]'));
SELECT rowid FROM s(CAST(zeroblob(256) AS BLOB));
SELECT rowid FROM s('[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8]');
SELECT rowid FROM s(biobert_embed('heart'), 1, 'lexical');
SELECT rowid FROM s WHERE year MATCH 'heart';

-- Words, in FTS5's syntax.
SELECT rowid FROM s WHERE words MATCH '"heart failure" NOT animal*' ORDER BY rank;
SELECT rowid, rank = bm25, distance FROM s WHERE words MATCH 'aspirin';
SELECT rowid FROM s WHERE s MATCH 'gene' AND words MATCH 'heart' ORDER BY rowid;
SELECT rowid FROM s WHERE s MATCH 'gene' AND title MATCH 'aspirin OR protein' ORDER BY rowid;
SELECT rowid FROM s WHERE words MATCH 'heart' AND abstract MATCH 'risk';
SELECT rowid FROM s WHERE words MATCH '"heart';
SELECT rowid FROM s WHERE words MATCH 'nosuch : heart';
SELECT rowid FROM s WHERE words MATCH NULL;

-- Filters count before k.
SELECT rowid FROM s('aspirin stroke', 2) WHERE year >= 2015 ORDER BY rowid;
SELECT count(*) FROM s('aspirin stroke', 3) WHERE year IN (2010, 2018, 2020, 1999);
SELECT rowid FROM s('aspirin stroke', 5) WHERE journal LIKE 'LAN%' ORDER BY rowid;
SELECT rowid FROM s('aspirin stroke', 5) WHERE journal GLOB 'L*' ORDER BY rowid;
SELECT rowid FROM s('aspirin stroke', 5) WHERE journal IS NULL;
SELECT rowid FROM s('heart', 1) WHERE year = '2001';
SELECT rowid FROM s('heart', 1) WHERE journal = 5 OR year = 2001;
SELECT count(*) FROM s('heart', 2) WHERE rowid BETWEEN 2 AND 4;
SELECT rowid FROM s('heart', 9) WHERE rowid IN (SELECT pmid FROM papers WHERE year < 2011) ORDER BY rowid;
SELECT rowid FROM s('heart', 9) WHERE rowid = '2';
SELECT rowid FROM s('heart', 9) WHERE rowid > 3.5 ORDER BY rowid;
SELECT count(*) FROM s WHERE s MATCH 'heart' AND distance < 0;
SELECT count(*) FROM s WHERE s MATCH 'heart' AND distance <= 2;
-- LIMIT is how many, under any condition.
SELECT count(*) FROM (SELECT rowid FROM s WHERE s MATCH 'heart' AND length(title) > 8 LIMIT 3);
SELECT p.pmid FROM s JOIN papers p ON p.pmid = s.rowid WHERE s MATCH 'heart' AND p.year = 2020 LIMIT 1;
SELECT count(*) FROM (SELECT rowid FROM s WHERE s MATCH 'heart' LIMIT 2 OFFSET 4);
-- One search, however often a join asks.
SELECT count(*) FROM papers p CROSS JOIN s ON s.rowid = p.pmid WHERE s MATCH 'heart';
SELECT count((SELECT rank FROM s WHERE s MATCH 'heart' AND s.rowid = p.pmid)) FROM papers p;

-- What is going to happen, in words.
EXPLAIN QUERY PLAN SELECT rowid FROM s WHERE s MATCH 'heart' AND k = 3 AND mode = 'semantic' AND year > 2000;
EXPLAIN QUERY PLAN SELECT rowid FROM s WHERE s MATCH 'heart' AND journal = 'x' AND rowid IN (1, 2) ORDER BY rank LIMIT 3;
EXPLAIN QUERY PLAN SELECT rowid FROM s WHERE words MATCH 'heart' AND title MATCH 'x' AND distance < 1;
EXPLAIN QUERY PLAN SELECT rowid FROM s WHERE rowid = 3;
EXPLAIN QUERY PLAN SELECT rowid FROM s WHERE year = 3;
EXPLAIN QUERY PLAN SELECT rowid FROM s WHERE s MATCH 'heart' AND rank > 0 ORDER BY rank DESC;
EXPLAIN QUERY PLAN SELECT p.pmid FROM papers p JOIN s ON s.rowid = p.pmid WHERE s MATCH 'heart';

-- Scans and look-ups.
SELECT rowid, title, year FROM s WHERE rowid = 2;
SELECT rowid FROM s WHERE rowid = '2.0';
SELECT rowid FROM s WHERE rowid = 'x';
SELECT document, rank, distance, passage FROM s WHERE rowid = 5;
-- Passages.
SELECT rowid, passage, passage_start, passage_end FROM s('protein', 1, 'lexical');
SELECT rowid, passage, passage_start, passage_end = length(CAST(document AS BLOB)) FROM s('a protein of the cell', NULL, 'semantic') WHERE rowid = 5;
CREATE VIRTUAL TABLE long USING biobert(title, body, passage_tokens=12, passage_overlap=2);
INSERT INTO long(title, body) VALUES('Gene therapy', replace(hex(zeroblob(10)), '00', 'The heart is a cell. ') || 'Aspirin prevents stroke.');
SELECT passages, rows FROM biobert_status('long');
SELECT passage = CAST(substr(CAST(document AS BLOB), passage_start + 1, passage_end - passage_start) AS TEXT), passage_end > passage_start
  FROM long('aspirin');
SELECT (SELECT vector FROM long WHERE rowid = 1) = biobert_embed((SELECT text FROM biobert_chunks((SELECT document FROM long), 12, 2) WHERE chunk = 0));
-- Without a lexical half.
CREATE VIRTUAL TABLE sem USING biobert(title, search='semantic');
INSERT INTO sem VALUES('heart');
SELECT rowid FROM sem WHERE words MATCH 'heart';
SELECT rowid FROM sem WHERE sem MATCH 'heart' AND mode = 'lexical';
SELECT rowid, bm25 FROM sem WHERE sem MATCH 'heart' AND mode = 'hybrid';
-- Ready vectors; the order of equal ones is that of the rowid.
CREATE TABLE points(id INTEGER PRIMARY KEY, v BLOB);
INSERT INTO points VALUES(9, biobert_vector('[1,0]')), (3, biobert_vector('[1,0]')), (5, biobert_vector('[0,1]')), (6, biobert_vector('[0,0]')), (7, NULL);
CREATE VIRTUAL TABLE near USING biobert(content='points', vectors='v');
INSERT INTO near(near) VALUES('sync');
SELECT rowid, distance FROM near(biobert_vector('[2,0]'));
SELECT rowid, distance, rank FROM near(biobert_vector('[0,0]'), 2);
SELECT rowid FROM near('heart');
SELECT rowid FROM near WHERE vector IS NULL;
