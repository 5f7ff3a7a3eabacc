-- Writing to an index: which vector belongs to which text. Up to SQLite 3.41 an UPDATE ... FROM
-- hands over every column as if it were set, the vector of the old text too.
.nullvalue NULL
CREATE TABLE m(id, t, n);
INSERT INTO m VALUES(1, 'bed nets against malaria', 1), (1, 'a polio vaccine', 2), (1, 'gene therapy', 3), (3, NULL, 4);
CREATE VIRTUAL TABLE o USING biobert(t, y UNINDEXED, passage_tokens=32);
INSERT INTO o(rowid, t, y) VALUES(1, 'aspirin after stroke', 1),
  (2, 'One sentence about nets. Another about a vaccine. A third on statins. A fourth on insulin.', 1),
  (3, 'heart failure', 1);
CREATE TABLE old AS SELECT rowid AS id, vector AS v FROM o;
CREATE VIEW fits AS SELECT rowid AS id, t, y, round(biobert_similarity(vector, biobert_embed(t)), 3) AS fit FROM o;
-- A text that comes from another table gets its own vector.
UPDATE o SET t = m.t FROM m WHERE o.rowid = m.id AND n = 1;
SELECT * FROM fits WHERE id = 1;
-- So it does when several rows meet it: the last one stays.
UPDATE o SET t = m.t, y = n FROM m WHERE o.rowid = m.id AND n < 4;
SELECT * FROM fits WHERE id = 1;
-- A column that is not embedded changes no vector, and no passages.
UPDATE o SET y = m.n FROM m WHERE o.rowid = 2 AND m.n = 4;
SELECT y, vector = v FROM o JOIN old ON id = o.rowid WHERE o.rowid = 2;
SELECT passages, stale FROM biobert_status('o');
-- A row that a search has found shows its best passage's vector: that is not its new one.
UPDATE o SET t = 'a short text' FROM m WHERE o MATCH 'insulin' AND mode = 'semantic' AND o.rowid = 2 AND m.n = 4;
SELECT * FROM fits WHERE id = 2;
-- Together with the rowid; several rows move it once.
UPDATE o SET rowid = o.rowid + 10, t = 'moved: ' || m.t FROM m WHERE o.rowid = m.id AND n < 4;
SELECT * FROM fits;
-- A rowid alone keeps the vectors: there is nothing to embed.
INSERT INTO o(rowid, t) VALUES(5, 'Five sentences about nets. One about a vaccine. One on statins. One on insulin.');
INSERT INTO old SELECT 5, vector FROM o WHERE rowid = 5;
UPDATE o SET rowid = 6 WHERE rowid = 5;
SELECT o.rowid, vector = v FROM o JOIN old ON id = 5 WHERE o.rowid = 6;
UPDATE OR IGNORE o SET rowid = 2 WHERE rowid = 6;
UPDATE OR REPLACE o SET rowid = 2 WHERE rowid = 6;
SELECT o.rowid, vector = v FROM o JOIN old ON id = 5 WHERE o.rowid = 2;
SELECT passages FROM biobert_status('o');
-- A vector that is given is taken, also from another table; it stays through everything but a new text.
UPDATE o SET vector = old.v FROM old WHERE old.id = 2 AND o.rowid = 3;
UPDATE o SET t = t;
UPDATE o SET y = 9 FROM m WHERE m.n = 4;
UPDATE o SET rowid = 4 WHERE rowid = 3;
INSERT INTO o(o) VALUES('sync');
SELECT o.rowid, y, vector = v FROM o JOIN old ON id = 2 WHERE o.rowid = 4;
SELECT passage FROM o WHERE o MATCH (SELECT v FROM old WHERE id = 2) AND o.rowid = 4;
SELECT pending, stale FROM biobert_status('o');
INSERT INTO o(o) VALUES('integrity-check');
UPDATE o SET t = 'heart attack', vector = vector WHERE rowid = 4;
SELECT * FROM fits WHERE id = 4;
-- In one transaction: what an earlier statement has replaced may be given again.
BEGIN;
UPDATE o SET t = m.t FROM m WHERE o.rowid = 11 AND n = 1;
UPDATE o SET t = 'statins', vector = old.v FROM old WHERE o.rowid = 11 AND old.id = 2;
SELECT o.rowid, vector = v FROM o JOIN old ON id = 2 WHERE o.rowid = 11;
UPDATE o SET t = m.t FROM m WHERE o.rowid = 11 AND n = 2;
COMMIT;
SELECT * FROM fits WHERE id = 11;
-- Through a trigger.
CREATE TABLE papers(id INTEGER PRIMARY KEY, t TEXT);
CREATE TRIGGER papers_update AFTER UPDATE ON papers BEGIN UPDATE o SET t = new.t WHERE rowid = new.id; END;
INSERT INTO papers VALUES(11, 'nothing yet');
UPDATE papers SET t = 'protein folding';
SELECT * FROM fits WHERE id = 11;
INSERT INTO o(o) VALUES('integrity-check');
-- The check finds a text that is not the vector's, given or made.
UPDATE o_content SET c0 = 'another text' WHERE id = 11;
INSERT INTO o(o) VALUES('integrity-check');
UPDATE o_content SET c0 = 'protein folding' WHERE id = 11;
UPDATE o SET vector = old.v FROM old WHERE old.id = 2 AND o.rowid = 11;
INSERT INTO o(o) VALUES('integrity-check');
UPDATE o_content SET c0 = 'another text' WHERE id = 11;
INSERT INTO o(o) VALUES('integrity-check');
INSERT INTO o(o) VALUES('sync');
INSERT INTO o(o) VALUES('integrity-check');
SELECT * FROM fits WHERE id = 11;
-- Ready vectors of a content: a write that gives none takes the content's.
CREATE TABLE c(id INTEGER PRIMARY KEY, t TEXT, y, v BLOB);
INSERT INTO c VALUES(1, 'aspirin', 1, biobert_vector('[1,0]')), (2, 'stroke', 1, biobert_vector('[0,1]')), (3, 'gene', 1, NULL);
CREATE VIRTUAL TABLE r USING biobert(t, y UNINDEXED, content='c', content_rowid='id', vectors='v');
INSERT INTO r(r) VALUES('sync');
UPDATE r SET y = 5 WHERE rowid = 1;
UPDATE r SET y = c.y FROM c WHERE c.id = 2 AND r.rowid = c.id;
SELECT rowid, biobert_vector_json(vector) FROM r;
SELECT passages, pending, stale FROM biobert_status('r');
UPDATE c SET t = 'aspirin again' WHERE id = 1;
UPDATE r SET t = 'aspirin again' WHERE rowid = 1;
INSERT INTO c VALUES(4, 'heart', 1, biobert_vector('[1,1]'));
INSERT INTO r(rowid, t, y) SELECT id, t, y FROM c WHERE id = 4;
SELECT rowid, biobert_vector_json(vector) FROM r;
SELECT passages, pending, stale FROM biobert_status('r');
INSERT INTO c VALUES(5, 'heart', 1, biobert_vector('[1,1,1]'));
INSERT INTO r(rowid, t, y) SELECT id, t, y FROM c WHERE id = 5;
INSERT INTO r(rowid, t, y, vector) SELECT id, t, y, biobert_vector('[0,2]') FROM c WHERE id = 5;
SELECT passages, pending, stale FROM biobert_status('r');
INSERT INTO r(r) VALUES('integrity-check');
