-- 'reset' forgets the words with the vectors: a row that goes before the next sync leaves none.
.mode list
CREATE TABLE papers(id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO papers VALUES(1, 'gene therapy'), (2, 'heart failure'), (3, 'a gene');
CREATE VIRTUAL TABLE s USING biobert(t, content='papers');
INSERT INTO s(s) VALUES('sync');
INSERT INTO s(s) VALUES('reset');
INSERT INTO s(s) VALUES('integrity-check');
DELETE FROM papers WHERE id = 3;
INSERT INTO s(s) VALUES('sync');
INSERT INTO s(s) VALUES('integrity-check');
SELECT rowid FROM s WHERE words MATCH 'gene';
SELECT rows, pending, stale, failed FROM biobert_status('s');

-- Of its own content too, which stays.
CREATE VIRTUAL TABLE o USING biobert(t);
INSERT INTO o(t) VALUES('gene therapy'), ('heart failure');
INSERT INTO o(o) VALUES('reset');
INSERT INTO o(o) VALUES('integrity-check');
INSERT INTO o(o) VALUES('sync');
INSERT INTO o(o) VALUES('integrity-check');
SELECT rowid, t FROM o WHERE words MATCH 'gene';
