-- CREATE VIRTUAL TABLE ... USING biobert(...): every option, bad values, names.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT COLLATE NOCASE, year INT, v BLOB);
INSERT INTO papers VALUES(10, 'aspirin', 'prevents stroke', 2001, biobert_vector('[1,0]'));
CREATE VIEW recent AS SELECT pmid AS key, title, abstract FROM papers;
CREATE TABLE keyed(key INTEGER PRIMARY KEY, title TEXT) WITHOUT ROWID;

-- Every option with every value.
CREATE VIRTUAL TABLE a USING biobert(title, year UNINDEXED, content='papers', content_rowid='pmid', model='default',
  join='. ', search='hybrid', distance='cosine', store='f16', passage_tokens=20, passage_overlap=3, tokenize='unicode61');
CREATE VIRTUAL TABLE b USING biobert(title, content=papers, search=semantic, distance=dot, store=int8, join='[SEP]');
CREATE VIRTUAL TABLE c USING biobert(title, content="papers", search='lexical', distance='l2', store='f32', join=pair);
CREATE VIRTUAL TABLE d USING biobert(content='papers', vectors='v', dimension=2);
CREATE VIRTUAL TABLE e USING biobert(title, content='recent', content_rowid='key');
CREATE TABLE changes(id INTEGER PRIMARY KEY); CREATE VIRTUAL TABLE f USING biobert(title, content='main.keyed', content_rowid='key', queue='changes');
CREATE VIRTUAL TABLE g USING biobert(title VARCHAR(20), n INTEGER UNINDEXED, unindexed_too TEXT unindexed);
SELECT name FROM sqlite_schema WHERE name GLOB 'a_*' AND name NOT GLOB 'a_fts*' ORDER BY name;
SELECT name FROM sqlite_schema WHERE name GLOB 'g_*' AND name NOT GLOB 'g_fts*' ORDER BY name;
SELECT name, type, hidden FROM pragma_table_xinfo('a');
SELECT name, type FROM pragma_table_xinfo('g') WHERE hidden = 0;

-- Values that no option takes.
CREATE VIRTUAL TABLE x USING biobert(title, store='f64');
CREATE VIRTUAL TABLE x USING biobert(title, distance='euclid');
CREATE VIRTUAL TABLE x USING biobert(title, search='fuzzy');
CREATE VIRTUAL TABLE x USING biobert(title, passage_tokens=-1);
CREATE VIRTUAL TABLE x USING biobert(title, passage_tokens='many');
CREATE VIRTUAL TABLE x USING biobert(title, dimension=99999);
CREATE VIRTUAL TABLE x USING biobert(title, model='');
CREATE VIRTUAL TABLE x USING biobert(title, contents='papers');
CREATE VIRTUAL TABLE x USING biobert(title, store=f16, store=f32);
CREATE VIRTUAL TABLE x USING biobert(title, tokenize='nonsense');
CREATE VIRTUAL TABLE x USING biobert(title, content='');
CREATE VIRTUAL TABLE x USING biobert(title, content='a.b.c');
CREATE VIRTUAL TABLE x USING biobert(title, content_rowid='pmid');
CREATE VIRTUAL TABLE x USING biobert(title, vectors='v');
CREATE VIRTUAL TABLE x USING biobert();
CREATE VIRTUAL TABLE x USING biobert(year UNINDEXED);
CREATE VIRTUAL TABLE x USING biobert(title, title);
CREATE VIRTUAL TABLE x USING biobert(headline, content='papers');
-- Where the key must be given.
CREATE VIRTUAL TABLE x USING biobert(title, content='recent');
CREATE VIRTUAL TABLE x USING biobert(title, content='keyed');
-- Reserved names, with the cure.
CREATE VIRTUAL TABLE x USING biobert(title, rank);
CREATE VIRTUAL TABLE x USING biobert(title, Vector);
CREATE VIRTUAL TABLE x USING biobert(title, rowid);
CREATE VIRTUAL TABLE x USING biobert(x);
-- Nothing of the refused ones is left.
SELECT name FROM sqlite_schema WHERE name = 'x' OR name GLOB 'x_*';
-- Also inside a transaction, where somebody's table stands in the way.
BEGIN;
CREATE TABLE x_full(mine);
CREATE VIRTUAL TABLE x USING biobert(title);
SELECT name FROM sqlite_schema WHERE name = 'x' OR name GLOB 'x_*';
ROLLBACK;

-- Names.
CREATE TABLE "odd ""table"".1"("ti'tle" TEXT, "e@mail" TEXT, "select" INT);
INSERT INTO "odd ""table"".1" VALUES('gene therapy', 'heart', 3);
CREATE VIRTUAL TABLE "in ""dex' @docs.2 é" USING biobert("ti'tle", [e@mail], `select` UNINDEXED, content='"odd ""table"".1"');
INSERT INTO "in ""dex' @docs.2 é"("in ""dex' @docs.2 é") VALUES('sync');
SELECT rowid, "ti'tle", "e@mail", "select", document FROM "in ""dex' @docs.2 é"('gene') WHERE "select" > 2;
SELECT rowid FROM "in ""dex' @docs.2 é" WHERE words MATCH 'heart' AND "e@mail" MATCH 'heart';
SELECT rows, pending FROM biobert_status('in "dex'' @docs.2 é');
SELECT rows, pending FROM biobert_status('main.in "dex'' @docs.2 é');
ALTER TABLE "in ""dex' @docs.2 é" RENAME TO "fts@""x";
SELECT rowid FROM "fts@""x"('gene');
INSERT INTO "fts@""x"("fts@""x") VALUES('integrity-check');
DROP TABLE "fts@""x";
SELECT name FROM sqlite_schema WHERE name GLOB 'in *' OR name GLOB 'fts@*';
-- Somebody's table with the name of one that the index does not need stays.
CREATE TABLE b_content(mine);
CREATE TABLE b_fts(mine);
DROP TABLE b;
SELECT name FROM sqlite_schema WHERE name GLOB 'b_*';
-- The content's own collation.
INSERT INTO papers VALUES(11, 'gene', 'PREVENTS stroke', 2002, NULL);
CREATE VIRTUAL TABLE h USING biobert(title, abstract UNINDEXED, content='papers', content_rowid='pmid');
INSERT INTO h(h) VALUES('sync');
SELECT rowid FROM h WHERE abstract = 'prevents STROKE' ORDER BY rowid;
SELECT rowid FROM h('gene', 2) WHERE abstract = 'prevents STROKE' ORDER BY rowid;
-- A content in an attached file, by its name.
ATTACH ':memory:' AS other;
CREATE TABLE other.texts(t TEXT);
INSERT INTO other.texts VALUES('protein'), ('cancer');
CREATE VIRTUAL TABLE i USING biobert(t, content='other.texts');
INSERT INTO i(i) VALUES('sync');
SELECT rowid, t FROM i('cancer', 1);
