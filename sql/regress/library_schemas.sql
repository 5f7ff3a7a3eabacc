-- The views of sql/schema over files that have the published schemas of the programs.
.nullvalue NULL
.mode list
.print -- Zotero, userdata 125
ATTACH ':memory:' AS zotero;
CREATE TABLE zotero.itemTypes(itemTypeID INTEGER PRIMARY KEY, typeName TEXT, templateItemTypeID INT, display INT DEFAULT 1);
CREATE TABLE zotero.libraries(libraryID INTEGER PRIMARY KEY, type TEXT NOT NULL, editable INT NOT NULL, filesEditable INT NOT NULL, version INT NOT NULL DEFAULT 0, storageVersion INT NOT NULL DEFAULT 0, lastSync INT NOT NULL DEFAULT 0, archived INT NOT NULL DEFAULT 0);
CREATE TABLE zotero.items(itemID INTEGER PRIMARY KEY, itemTypeID INT NOT NULL, dateAdded TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, dateModified TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, clientDateModified TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, libraryID INT NOT NULL, key TEXT NOT NULL, version INT NOT NULL DEFAULT 0, synced INT NOT NULL DEFAULT 0, UNIQUE(libraryID, key));
CREATE TABLE zotero.fields(fieldID INTEGER PRIMARY KEY, fieldName TEXT, fieldFormatID INT);
CREATE TABLE zotero.itemDataValues(valueID INTEGER PRIMARY KEY, value UNIQUE);
CREATE TABLE zotero.itemData(itemID INT, fieldID INT, valueID, PRIMARY KEY(itemID, fieldID));
CREATE TABLE zotero.itemNotes(itemID INTEGER PRIMARY KEY, parentItemID INT, note TEXT, title TEXT);
CREATE TABLE zotero.itemAttachments(itemID INTEGER PRIMARY KEY, parentItemID INT, linkMode INT, contentType TEXT, charsetID INT, path TEXT, syncState INT DEFAULT 0, storageModTime INT, storageHash TEXT, lastProcessedModificationTime INT);
CREATE TABLE zotero.itemAnnotations(itemID INTEGER PRIMARY KEY, parentItemID INT NOT NULL, type INTEGER NOT NULL, authorName TEXT, text TEXT, comment TEXT, color TEXT, pageLabel TEXT, sortIndex TEXT NOT NULL, position TEXT NOT NULL, isExternal INT NOT NULL);
CREATE TABLE zotero.creators(creatorID INTEGER PRIMARY KEY, firstName TEXT, lastName TEXT, fieldMode INT, UNIQUE(lastName, firstName, fieldMode));
CREATE TABLE zotero.itemCreators(itemID INT NOT NULL, creatorID INT NOT NULL, creatorTypeID INT NOT NULL DEFAULT 1, orderIndex INT NOT NULL DEFAULT 0, PRIMARY KEY(itemID, creatorID, creatorTypeID, orderIndex), UNIQUE(itemID, orderIndex));
CREATE TABLE zotero.tags(tagID INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE zotero.itemTags(itemID INT NOT NULL, tagID INT NOT NULL, type INT NOT NULL, PRIMARY KEY(itemID, tagID));
CREATE TABLE zotero.feedItems(itemID INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, readTime TIMESTAMP, translatedTime TIMESTAMP);
CREATE TABLE zotero.deletedItems(itemID INTEGER PRIMARY KEY, dateDeleted DEFAULT CURRENT_TIMESTAMP NOT NULL);
INSERT INTO zotero.itemTypes(itemTypeID, typeName) VALUES (1, 'annotation'), (3, 'attachment'), (8, 'case'), (22, 'journalArticle'), (28, 'note');
INSERT INTO zotero.libraries(libraryID, type, editable, filesEditable) VALUES (1, 'user', 1, 1), (2, 'feed', 0, 0);
INSERT INTO zotero.fields VALUES (1, 'title', NULL), (2, 'abstractNote', NULL), (6, 'date', NULL), (38, 'publicationTitle', NULL), (58, 'caseName', NULL), (59, 'DOI', NULL), (60, 'dateDecided', NULL);
INSERT INTO zotero.items(itemID, itemTypeID, libraryID, key) VALUES
  (1, 22, 1, 'PAPER001'), (2, 22, 1, 'BINNED02'), (3, 28, 1, 'NOTE0003'), (4, 3, 1, 'FILE0004'), (5, 8, 1, 'CASE0005'),
  (6, 1, 1, 'ANNOT006'), (7, 22, 2, 'FEED0007'), (8, 28, 1, 'ALONE008'), (9, 28, 1, 'NOTE0009'), (10, 1, 1, 'INK00010');
INSERT INTO zotero.itemDataValues VALUES (1, 'Gene therapy'), (2, '<p>Haemophilia &amp; its <i>cure</i>.</p>'), (3, '2015-03-00 March 2015'), (4, 'Binned'),
  (5, 'Roe v. Wade'), (6, '1973-01-22 1973-01-22'), (7, 'News'), (8, 'Nature'), (9, '10.1000/X');
INSERT INTO zotero.itemData VALUES (1, 1, 1), (1, 2, 2), (1, 6, 3), (1, 38, 8), (1, 59, 9), (2, 1, 4), (5, 58, 5), (5, 60, 6), (7, 1, 7);
INSERT INTO zotero.creators VALUES (1, 'Ada', 'Lovelace', 0), (2, '', 'The Consortium', 1);
INSERT INTO zotero.itemCreators(itemID, creatorID, orderIndex) VALUES (1, 2, 1), (1, 1, 0);
INSERT INTO zotero.tags VALUES (1, 'mice'), (2, 'blood');
INSERT INTO zotero.itemTags VALUES (1, 1, 0), (1, 2, 0);
INSERT INTO zotero.itemNotes VALUES (3, 1, '<div><p>My note</p></div>', 'My note'), (8, NULL, '<p>An idea</p>', 'An idea'), (9, 2, '<p>gone with its paper</p>', '');
INSERT INTO zotero.itemAttachments(itemID, parentItemID, linkMode, path) VALUES (4, 1, 0, 'storage:a.pdf');
INSERT INTO zotero.itemAnnotations VALUES (6, 4, 1, NULL, 'factor IX <sub>a</sub>', 'check this', '#ffd400', '3', '1', '{}', 0), (10, 4, 4, NULL, NULL, NULL, '#ffd400', '3', '2', '{}', 0);
INSERT INTO zotero.feedItems(itemID, guid) VALUES (7, 'x');
INSERT INTO zotero.deletedItems(itemID) VALUES (2);
.read sql/schema/zotero.sql
SELECT * FROM zotero_papers;
SELECT * FROM zotero_notes ORDER BY item;
CREATE VIRTUAL TABLE zotero_search USING biobert(title, abstract, year UNINDEXED, content='temp.zotero_papers', content_rowid='item');
SELECT done, total, failed, message FROM biobert_sync('zotero_search');
SELECT rowid, title FROM zotero_search('gene', 1) WHERE year = 2015;
CREATE VIRTUAL TABLE notes_search USING biobert(title, text, kind UNINDEXED, paper UNINDEXED, content='temp.zotero_notes', content_rowid='item');
INSERT INTO notes_search(notes_search) VALUES('sync');
SELECT rowid, kind, paper FROM notes_search WHERE words MATCH 'factor';
.print -- Zotero's full texts
SELECT writefile('build/zotero-storage/FILE0004/.zotero-ft-cache', 'All of the paper, page by page.');
.parameter init
.parameter set :storage "'build/zotero-storage'"
.read sql/schema/zotero_fulltext.sql
.read sql/schema/zotero_fulltext.sql
SELECT changes(), * FROM zotero_fulltext;
CREATE VIRTUAL TABLE fulltext_search USING biobert(title, text, paper UNINDEXED, content='zotero_fulltext', content_rowid='item');
INSERT INTO fulltext_search(fulltext_search) VALUES('sync');
SELECT paper FROM fulltext_search WHERE words MATCH 'page';
INSERT INTO zotero.deletedItems(itemID) VALUES (4);
.read sql/schema/zotero_fulltext.sql
SELECT count(*) FROM zotero_fulltext;

.print -- Calibre
ATTACH ':memory:' AS calibre;
CREATE TABLE calibre.books(id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL DEFAULT 'Unknown' COLLATE NOCASE, sort TEXT COLLATE NOCASE, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP, pubdate TIMESTAMP DEFAULT CURRENT_TIMESTAMP, series_index REAL NOT NULL DEFAULT 1.0, author_sort TEXT COLLATE NOCASE, path TEXT NOT NULL DEFAULT '', uuid TEXT, has_cover BOOL DEFAULT 0, last_modified TIMESTAMP NOT NULL DEFAULT '2000-01-01 00:00:00+00:00');
CREATE TABLE calibre.authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, sort TEXT COLLATE NOCASE, link TEXT NOT NULL DEFAULT '', UNIQUE(name));
CREATE TABLE calibre.books_authors_link(id INTEGER PRIMARY KEY, book INTEGER NOT NULL, author INTEGER NOT NULL, UNIQUE(book, author));
CREATE TABLE calibre.series(id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, sort TEXT COLLATE NOCASE, link TEXT NOT NULL DEFAULT '', UNIQUE(name));
CREATE TABLE calibre.books_series_link(id INTEGER PRIMARY KEY, book INTEGER NOT NULL, series INTEGER NOT NULL, UNIQUE(book));
CREATE TABLE calibre.tags(id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, link TEXT NOT NULL DEFAULT '', UNIQUE(name));
CREATE TABLE calibre.books_tags_link(id INTEGER PRIMARY KEY, book INTEGER NOT NULL, tag INTEGER NOT NULL, UNIQUE(book, tag));
CREATE TABLE calibre.publishers(id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, sort TEXT COLLATE NOCASE, link TEXT NOT NULL DEFAULT '', UNIQUE(name));
CREATE TABLE calibre.books_publishers_link(id INTEGER PRIMARY KEY, book INTEGER NOT NULL, publisher INTEGER NOT NULL, UNIQUE(book));
CREATE TABLE calibre.languages(id INTEGER PRIMARY KEY, lang_code TEXT NOT NULL COLLATE NOCASE, link TEXT NOT NULL DEFAULT '', UNIQUE(lang_code));
CREATE TABLE calibre.books_languages_link(id INTEGER PRIMARY KEY, book INTEGER NOT NULL, lang_code INTEGER NOT NULL, item_order INTEGER NOT NULL DEFAULT 0, UNIQUE(book, lang_code));
CREATE TABLE calibre.identifiers(id INTEGER PRIMARY KEY, book INTEGER NOT NULL, type TEXT NOT NULL DEFAULT 'isbn' COLLATE NOCASE, val TEXT NOT NULL COLLATE NOCASE, UNIQUE(book, type));
CREATE TABLE calibre.comments(id INTEGER PRIMARY KEY, book INTEGER NOT NULL, text TEXT NOT NULL COLLATE NOCASE, UNIQUE(book));
CREATE TABLE calibre.annotations(id INTEGER PRIMARY KEY, book INTEGER NOT NULL, format TEXT NOT NULL COLLATE NOCASE, user_type TEXT NOT NULL, user TEXT NOT NULL, timestamp REAL NOT NULL, annot_id TEXT NOT NULL, annot_type TEXT NOT NULL, annot_data TEXT NOT NULL, searchable_text TEXT NOT NULL DEFAULT '');
INSERT INTO calibre.books(title, pubdate) VALUES ('Origin of Species', '1859-11-24 00:00:00+00:00'), ('Undated', '0101-01-01 00:00:00+00:00');
INSERT INTO calibre.authors(name) VALUES ('Charles Darwin'), ('Smith| John');
INSERT INTO calibre.books_authors_link(book, author) VALUES (1, 2), (1, 1);
INSERT INTO calibre.series(name) VALUES ('Classics'); INSERT INTO calibre.books_series_link(book, series) VALUES (1, 1);
INSERT INTO calibre.tags(name) VALUES ('science'), ('biology'); INSERT INTO calibre.books_tags_link(book, tag) VALUES (1, 1), (1, 2);
INSERT INTO calibre.publishers(name) VALUES ('Murray'); INSERT INTO calibre.books_publishers_link(book, publisher) VALUES (1, 1);
INSERT INTO calibre.languages(lang_code) VALUES ('eng'); INSERT INTO calibre.books_languages_link(book, lang_code) VALUES (1, 1);
INSERT INTO calibre.identifiers(book, type, val) VALUES (1, 'isbn', '9780000000001'), (1, 'doi', '10.5962/BHL');
INSERT INTO calibre.comments(book, text) VALUES (1, '<div><p>Natural selection &ndash; explained.</p></div>');
INSERT INTO calibre.annotations(book, format, user_type, user, timestamp, annot_id, annot_type, annot_data, searchable_text) VALUES (1, 'EPUB', 'local', 'viewer', 0, 'a', 'highlight', '{}', 'endless forms'), (1, 'EPUB', 'local', 'viewer', 0, 'b', 'last-read', '{}', '');
.read sql/schema/calibre.sql
SELECT * FROM calibre_books;
SELECT * FROM calibre_annotations;
CREATE VIRTUAL TABLE calibre_search USING biobert(title, comments, tags, year UNINDEXED, content='temp.calibre_books', content_rowid='book');
INSERT INTO calibre_search(calibre_search) VALUES('sync');
SELECT rowid, year FROM calibre_search WHERE words MATCH 'selection';

.print -- JabRef
ATTACH ':memory:' AS jabref;
CREATE TABLE jabref.ENTRY(SHARED_ID INTEGER PRIMARY KEY, TYPE TEXT, VERSION INTEGER DEFAULT 1);
CREATE TABLE jabref.FIELD(ENTRY_SHARED_ID INTEGER, NAME TEXT, VALUE TEXT);
CREATE TABLE jabref.METADATA(KEY TEXT, VALUE TEXT);
INSERT INTO jabref.ENTRY VALUES (1, 'article', 1), (2, 'misc', 3);
INSERT INTO jabref.FIELD VALUES (1, 'citationkey', 'Smith2001'), (1, 'title', 'The {DNA} of {\em E. coli}'), (1, 'author', 'Smith, John and Lee, Ann'),
  (1, 'date', '2001-05'), (1, 'journaltitle', 'Gene'), (1, 'DOI', '10.1000/X'), (1, 'abstract', '<p>We read it.</p>');
.read sql/schema/jabref.sql
SELECT * FROM jabref_papers;
CREATE VIRTUAL TABLE jabref_search USING biobert(title, abstract, year UNINDEXED, content='temp.jabref_papers', content_rowid='entry');
INSERT INTO jabref_search(jabref_search) VALUES('sync');
SELECT rowid, year FROM jabref_search WHERE words MATCH 'DNA';

.print -- paperetl
ATTACH ':memory:' AS paperetl;
CREATE TABLE paperetl.articles(Id TEXT PRIMARY KEY, Source TEXT, Published DATETIME, Publication TEXT, Authors TEXT, Affiliations TEXT, Affiliation TEXT, Title TEXT, Tags TEXT, Reference TEXT, Entry DATETIME);
CREATE TABLE paperetl.sections(Id INTEGER PRIMARY KEY, Article TEXT, Name TEXT, Text TEXT);
CREATE INDEX paperetl.section_article ON sections(article);
INSERT INTO paperetl.articles(Id, Source, Published, Publication, Authors, Title, Reference, Entry) VALUES ('a1', 'PMB', '2020-02-01 00:00:00', 'Lancet', 'Smith, John', 'A trial', 'https://doi.org/10.1000/1', '2020-03-01'), ('a2', 'PDF', NULL, NULL, NULL, 'Empty', NULL, '2020-03-01');
INSERT INTO paperetl.sections VALUES (0, 'a1', 'TITLE', 'A trial'), (1, 'a1', 'ABSTRACT', 'Aspirin was given.'), (2, 'a1', NULL, 'It helped.'), (3, 'a1', 'X', NULL);
.read sql/schema/paperetl.sql
SELECT * FROM paperetl_sections;
SELECT * FROM paperetl_papers;
CREATE VIRTUAL TABLE paperetl_search USING biobert(title, text, name UNINDEXED, year UNINDEXED, reference UNINDEXED, content='temp.paperetl_sections', content_rowid='section');
INSERT INTO paperetl_search(paperetl_search) VALUES('sync');
SELECT rowid, reference FROM paperetl_search WHERE words MATCH 'helped';

.print -- ASReview
ATTACH ':memory:' AS asreview;
CREATE TABLE asreview.record(record_id INTEGER NOT NULL PRIMARY KEY, dataset_row INTEGER NOT NULL, dataset_id VARCHAR NOT NULL, title VARCHAR, abstract VARCHAR, authors JSON NOT NULL, notes JSON NOT NULL, keywords JSON NOT NULL, year INTEGER, doi VARCHAR, url VARCHAR, included INTEGER, group_id INTEGER, UNIQUE(dataset_row, dataset_id));
CREATE TABLE asreview.results(record_id INTEGER UNIQUE, label INTEGER, classifier TEXT, querier TEXT, balancer TEXT, feature_extractor TEXT, training_set INTEGER, time FLOAT, note TEXT, tags JSON, user_id INTEGER);
CREATE TABLE asreview.last_ranking(record_id INTEGER UNIQUE, ranking INT, classifier TEXT, querier TEXT, balancer TEXT, feature_extractor TEXT, training_set INTEGER, time FLOAT);
CREATE TABLE asreview.decision_changes(record_id INTEGER, label INTEGER, time FLOAT, user_id INTEGER);
INSERT INTO asreview.record VALUES (0, 0, 'd', 'A trial', 'Aspirin <i>v.</i> placebo', '["Smith, J.","Lee, A."]', '[]', '["aspirin"]', 2001, '10.1000/X', NULL, NULL, 0),
  (1, 1, 'd', 'A trial', 'the same again', '[]', '[]', '[]', NULL, NULL, NULL, NULL, 0), (2, 2, 'd', 'Mice', NULL, '[]', '[]', '[]', 2002, NULL, NULL, NULL, 2);
INSERT INTO asreview.results(record_id, label, note) VALUES (0, 1, 'yes');
INSERT INTO asreview.last_ranking(record_id, ranking) VALUES (2, 0);
.read sql/schema/asreview.sql
SELECT * FROM asreview_papers;
CREATE VIRTUAL TABLE asreview_search USING biobert(title, abstract, year UNINDEXED, label UNINDEXED, content='temp.asreview_papers', content_rowid='record');
INSERT INTO asreview_search(asreview_search) VALUES('sync');
SELECT rowid, title FROM asreview_search WHERE label IS NULL AND asreview_search MATCH (SELECT biobert_mean(vector) FROM asreview_search WHERE label = 1) LIMIT 20;
-- Nothing was written into the programs' files.
SELECT count(*) FROM zotero.sqlite_schema WHERE type IN ('view', 'trigger') OR name LIKE '%search%';
