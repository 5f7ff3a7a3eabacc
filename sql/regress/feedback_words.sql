-- Feedback by words: the words that set the best rows of a search apart rank too. With l2 no query is
-- moved, so what feedback changes here it changes by words: 1 and 2 have the question's words, 3 shares
-- words with them and none with the question.
CREATE TABLE notes(id INTEGER PRIMARY KEY, note TEXT);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 60)
INSERT INTO notes SELECT i,
  CASE WHEN i <= 2 THEN 'heart failure treated with bisoprolol and spironolactone'
       WHEN i = 3 THEN 'bisoprolol and spironolactone in the elderly'
       ELSE 'a note of ' || char(97 + i % 26, 97 + i / 26, 122, 122) || ' among others' END FROM n;
CREATE VIRTUAL TABLE s USING biobert(note, content=notes, content_rowid=id, distance='l2');
INSERT INTO s(s) VALUES('sync');

CREATE TEMP TABLE fed AS SELECT rowid AS id, rank, distance, bm25 FROM s WHERE s MATCH 'heart failure';
CREATE TEMP TABLE plain AS SELECT rowid AS id, rank, distance, bm25 FROM s WHERE s MATCH 'heart failure' AND feedback = 0;
-- The place of 3 rises.
SELECT (SELECT count(*) FROM fed q WHERE q.rank < f.rank) < (SELECT count(*) FROM plain q WHERE q.rank < p.rank)
  FROM fed f JOIN plain p USING(id) WHERE id = 3;
-- The share of words is half of that of the question's, for the row that has all of them.
SELECT id, printf('%.9f', plain.rank - fed.rank) FROM fed JOIN plain USING(id) WHERE id <= 4 ORDER BY id;
-- No row comes or goes, and what is shown of the question stays.
SELECT count(*), sum(fed.distance IS NOT plain.distance), sum(fed.bm25 IS NOT plain.bm25), count(fed.bm25) FROM fed JOIN plain USING(id);

-- A filter by words is a filter; its words are not the question's.
SELECT group_concat(rowid) FROM (SELECT rowid FROM s WHERE s MATCH 'heart failure' AND words MATCH 'spironolactone NOT elderly' LIMIT 9);
SELECT count(*) FROM s WHERE s MATCH 'heart failure' AND words MATCH 'NOT bisoprolol';
-- A condition and k change no rank.
SELECT f.rank = s.rank FROM s JOIN fed f ON f.id = s.rowid WHERE s MATCH 'heart failure' AND k = 1 AND s.rowid > 2;

-- Not in the other modes, nor of an identifier.
SELECT m.name, count(*) FROM (SELECT 'semantic' AS name UNION SELECT 'lexical') m, s a, s b
 WHERE a.s MATCH 'heart failure' AND a.mode = m.name AND b.s MATCH 'heart failure' AND b.mode = m.name AND b.feedback = 0
   AND a.rowid = b.rowid AND a.rank = b.rank GROUP BY 1;
SELECT count(*) FROM s a, s b WHERE a.s MATCH 'NCT01234567' AND b.s MATCH 'NCT01234567' AND b.feedback = 0
   AND a.rowid = b.rowid AND a.rank <> b.rank;

-- A long document, and bytes that are no text: their words are not looked at.
INSERT INTO notes VALUES(61, 'heart failure ' || replace(hex(zeroblob(150000)), '00', 'q ')), (62, CAST(x'6865617274ff00fe' AS TEXT));
INSERT INTO s(s) VALUES('sync');
SELECT count(*) FROM s('heart failure');

-- Words that are damaged or gone are said to be.
UPDATE s_words SET v = zeroblob(40) WHERE id = 1;
SELECT count(*) FROM s('heart failure treated');
DELETE FROM s_words WHERE id = 1;
SELECT count(*) FROM s('heart failure again');
SELECT count(*) FROM s WHERE s MATCH 'heart failure again' AND feedback = 0;
INSERT INTO s(s) VALUES('rebuild');
SELECT count(*) FROM s('heart failure again');
