-- How the arguments of an index may be written, and what is said of those that are not understood.
.nullvalue NULL
CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT, "a ""b" TEXT, j TEXT COLLATE NOCASE, e TEXT COLLATE RTRIM, v BLOB);
INSERT INTO p VALUES(1, 'aspirin', 'stroke', 'BMJ', 'x ', NULL);

-- Quotes of every kind, doubled inside; types of several words.
CREATE VIRTUAL TABLE a1 USING biobert([t], "a ""b", content="p", content_rowid=[id]);
CREATE VIRTUAL TABLE a2 USING biobert(`t`, content=`p`, content_rowid=`id`, passage_tokens=20);
CREATE VIRTUAL TABLE a3 USING biobert(t VARCHAR(20), j DOUBLE PRECISION UNINDEXED, "kk" NUMERIC(10,2) UNINDEXED, "unindexed");
CREATE VIRTUAL TABLE a4 USING biobert(t, content='main."p"', content_rowid='id');
CREATE VIRTUAL TABLE a5 USING biobert(t, content='main.[p]', content_rowid='id');
CREATE VIRTUAL TABLE a6 USING biobert(t, content='`main`.p', content_rowid='rowid');
SELECT name, type FROM pragma_table_info('a1') WHERE name IN ('t', 'a "b');
SELECT name, type FROM pragma_table_info('a3') WHERE name IN ('t', 'j', 'kk', 'unindexed');
INSERT INTO a1(a1) VALUES('sync');
SELECT rowid, "a ""b" FROM a1('stroke');

-- What is not understood is said.
CREATE VIRTUAL TABLE x USING biobert(?);
CREATE VIRTUAL TABLE x USING biobert(t ?);
CREATE VIRTUAL TABLE x USING biobert();
CREATE VIRTUAL TABLE x USING biobert(t, search=);
CREATE VIRTUAL TABLE x USING biobert(t, search='hybrid' x);
CREATE VIRTUAL TABLE x USING biobert(t, model='');
CREATE VIRTUAL TABLE x USING biobert(t, passage_tokens=);
CREATE VIRTUAL TABLE x USING biobert(t, passage_tokens='1x');
CREATE VIRTUAL TABLE x USING biobert(t, passage_tokens=65537);
CREATE VIRTUAL TABLE x USING biobert(t, passage_tokens=99999999999999999999);
CREATE VIRTUAL TABLE x USING biobert(t, join='a text of more than thirty-two bytes');
CREATE VIRTUAL TABLE x USING biobert(t, content='');
CREATE VIRTUAL TABLE x USING biobert(t, content='.p');
CREATE VIRTUAL TABLE x USING biobert(t, content='main.');
CREATE VIRTUAL TABLE x USING biobert(t, content='main.p.q');
CREATE VIRTUAL TABLE x USING biobert(t, content='"main');
-- A content that is not there may come later.
CREATE VIRTUAL TABLE later USING biobert(t, content='nowhere.p', content_rowid='id');
SELECT rowid FROM later('a');
INSERT INTO later(later) VALUES('sync');
-- Columns that it has not are said.
CREATE VIRTUAL TABLE x USING biobert(t, content='p', content_rowid='nothing');
CREATE VIRTUAL TABLE x USING biobert(t, vectors='nothing', content='p', content_rowid='id');
CREATE VIRTUAL TABLE x USING biobert(t, nothing, content='p', content_rowid='id');

-- A view says by how it compares which collation a column has.
CREATE VIEW w AS SELECT id, t, j, e FROM p;
CREATE VIRTUAL TABLE b USING biobert(t, j UNINDEXED, e UNINDEXED, content='w', content_rowid='id');
INSERT INTO b(b) VALUES('sync');
SELECT rowid FROM b('aspirin') WHERE j = 'bmj';
SELECT rowid FROM b('aspirin') WHERE e = 'x';
SELECT rowid FROM b('aspirin') WHERE j = 'lancet';
CREATE VIRTUAL TABLE x USING biobert(t, content='w');

