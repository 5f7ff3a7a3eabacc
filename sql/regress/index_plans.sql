-- The plan never changes an answer.
.nullvalue NULL
CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT, j TEXT, y INTEGER);
INSERT INTO p VALUES(1,'aspirin after stroke','Lancet',2001),(2,'statins and cholesterol',NULL,2002),(3,'malaria bed nets','BMJ',2003),
  (4,'polio vaccine','BMJ',2004),(5,'insulin',NULL,2005),(6,'penicillin mould','BJEP',2006);
CREATE VIRTUAL TABLE s USING biobert(t, j UNINDEXED, y UNINDEXED, content='p', content_rowid='id');
INSERT INTO s(s) VALUES('sync');
CREATE TABLE best AS SELECT rowid AS id FROM s('stroke', 2);

-- A join by rowid with k gives the rows of the search by itself, whichever table comes first.
SELECT 'JOIN', group_concat(id) FROM (SELECT p.id FROM p JOIN s('stroke', 2) x ON x.rowid = p.id ORDER BY p.id) EXCEPT SELECT 'JOIN', group_concat(id) FROM (SELECT id FROM best ORDER BY id);
SELECT 'CROSS JOIN', count(*), sum(p.id IN best) FROM p CROSS JOIN s('stroke', 2) x ON x.rowid = p.id;
SELECT 'the other way', count(*), sum(p.id IN best) FROM s('stroke', 2) x CROSS JOIN p ON x.rowid = p.id;
SELECT 'LEFT JOIN', count(*), count(x.rowid), sum(x.rowid IN best) FROM p LEFT JOIN s('stroke', 2) x ON x.rowid = p.id;
SELECT 'none of them', count(*) FROM p LEFT JOIN s('stroke', 2) x ON x.rowid = p.id WHERE x.rowid IS NULL;
SELECT 'IN', count(*) FROM p WHERE id IN (SELECT rowid FROM s('stroke', 2)) AND id IN best;
SELECT 'EXISTS', count(*) FROM p WHERE EXISTS (SELECT 1 FROM s('stroke', 2) x WHERE x.rowid = p.id) AND id IN best;
SELECT 'NOT EXISTS', count(*) FROM p WHERE NOT EXISTS (SELECT 1 FROM s('stroke', 2) x WHERE x.rowid = p.id);
WITH x AS (SELECT rowid AS r FROM s('stroke', 2)) SELECT 'CTE', count(*) FROM p JOIN x ON x.r = p.id;
WITH x AS MATERIALIZED (SELECT rowid AS r FROM s('stroke', 2)) SELECT 'CTE, materialized', count(*) FROM p JOIN x ON x.r = p.id;
SELECT 'scalar', sum((SELECT rank IS NOT NULL FROM s('stroke', 2) x WHERE x.rowid = p.id)) FROM p;
SELECT 'one rowid', count(*) FROM s('stroke', 2) WHERE rowid = (SELECT id FROM best LIMIT 1);
SELECT 'one rowid that is not there', count(*) FROM s('stroke', 2) WHERE rowid = (SELECT min(id) FROM p WHERE id NOT IN best);
SELECT 'two rowids', count(*) FROM s('stroke', 2) WHERE rowid = 1 AND rowid = 2;
SELECT 'of two searches', count(*), count(b.rowid) FROM s('stroke', 2) a LEFT JOIN s('malaria nets', 2) b ON a.rowid = b.rowid;
SELECT 'of two, in turns', count(*) FROM s('stroke') a JOIN s('malaria nets') b ON a.rowid = b.rowid JOIN s('insulin') c ON c.rowid = b.rowid;
-- What decides which rows there are counts before k: ranges, lists and <> of the rowid, conditions on columns.
SELECT 'below 5', count(*), max(rowid) FROM s('stroke', 3) WHERE rowid < 5;
SELECT 'not 1', count(*), sum(rowid = 1) FROM s('stroke', 5) WHERE rowid <> 1;
SELECT 'in a list', count(*) FROM s('stroke', 2) WHERE rowid IN (3, 4, 5);
SELECT 'a column', count(*), min(j) FROM s('stroke', 2) WHERE j = 'BMJ';
-- A condition on another table's value means k rows for each of its rows.
CREATE TABLE journals(name TEXT); INSERT INTO journals VALUES('BMJ'), ('Lancet'), ('none');
SELECT name, count(x.rowid) FROM journals JOIN s('stroke', 1) x ON x.j = name GROUP BY name;
SELECT name, count(x.rowid) FROM s('stroke', 1) x JOIN journals ON x.j = name GROUP BY name;
-- Both ends of a join need the other's value first: there is no plan, and no wrong answer.
SELECT count(*) FROM s('stroke', 2) a JOIN s('malaria', 2) b ON a.j = b.j;
EXPLAIN QUERY PLAN SELECT count(*) FROM s('stroke') a JOIN s('heart') b ON a.rowid = b.rowid;

-- Any number of conditions.
SELECT '15 conditions', count(*) FROM s('stroke', 5) WHERE t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'';
SELECT '= in place of the call form', count(*) FROM s WHERE s = 'stroke' AND k = 5 AND mode = 'lexical' AND feedback = 1 AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'' AND t>'';
SELECT '70 conditions before k', count(*) FROM s('stroke', 2) WHERE y<>1 AND y<>2 AND y<>3 AND y<>4 AND y<>5 AND y<>6 AND y<>7 AND y<>8 AND y<>9 AND y<>10 AND y<>11 AND y<>12 AND y<>13 AND y<>14 AND y<>15 AND y<>16 AND y<>17 AND y<>18
  AND y<>19 AND y<>20 AND y<>21 AND y<>22 AND y<>23 AND y<>24 AND y<>25 AND y<>26 AND y<>27 AND y<>28 AND y<>29 AND y<>30 AND y<>31 AND y<>32 AND y<>33 AND y<>34 AND y<>35 AND y<>36 AND y<>37 AND y<>38 AND y<>39 AND y<>40 AND y<>41
  AND y<>42 AND y<>43 AND y<>44 AND y<>45 AND y<>46 AND y<>47 AND y<>48 AND y<>49 AND y<>50 AND y<>51 AND y<>52 AND y<>53 AND y<>54 AND y<>55 AND y<>56 AND y<>57 AND y<>58 AND y<>59 AND y<>60 AND y<>61 AND y<>62 AND y<>63 AND y<>64
  AND y<>65 AND y<>66 AND y<>67 AND y<>2001 AND y<>2002 AND y<>2003;
-- What the call form was given is what its columns read as.
SELECT s, k, mode, words, feedback FROM s('stroke', 1, 'hybrid', NULL, 0);
SELECT s, k, mode, words, feedback FROM s WHERE s MATCH 'stroke' AND k = 1;
SELECT s, k, mode, words, feedback FROM s WHERE rowid = 1;
-- An OR whose branches are look-ups does not lose the query.
SELECT count(*) FROM s('stroke', 6) WHERE (rowid = 1 AND j = 'Lancet') OR (rowid = 3 AND j = 'BMJ');
SELECT count(*) FROM s('stroke', 2) x WHERE (rowid = 3 AND j = 'BMJ') OR (rowid = 4 AND j = 'BMJ') OR (rowid = 6 AND j = 'BJEP');
SELECT count(*) FROM s('stroke', 6) x, p WHERE (x.rowid = p.id AND p.y = 2003) OR (x.rowid = p.id AND p.y = 2004);
SELECT count(*) FROM s('stroke', 2) x JOIN best ON (x.rowid = best.id AND x.y > 0) OR (x.rowid = best.id AND x.j = 'BMJ');
SELECT count(*) FROM s('stroke', 2) WHERE s = 'stroke' AND k = 2;
SELECT count(*) FROM s('stroke', 2) WHERE s = 'heart';
SELECT count(*) FROM s('stroke', 2) WHERE k = 3;

-- LEFT JOIN: a condition of the ON clause on the search loses no row.
CREATE TABLE n(id INTEGER PRIMARY KEY, pid INT); INSERT INTO n VALUES(1, 1), (2, 3);
SELECT count(*), count(n.id) FROM s LEFT JOIN n ON n.pid = s.rowid AND s.j <> 'Lancet' WHERE s MATCH 'stroke';
SELECT count(*), count(n.id) FROM s LEFT JOIN n ON n.pid = s.rowid AND s.j IS NOT NULL WHERE s MATCH 'stroke';
SELECT count(*), count(n.id) FROM s LEFT JOIN n ON n.pid = s.rowid AND s.t LIKE '%nets%' WHERE s MATCH 'stroke';
SELECT count(*), count(n.id) FROM s LEFT JOIN n ON n.pid = s.rowid AND s.rowid <> 3 WHERE s MATCH 'stroke';

-- Hidden columns without a query.
SELECT count(*), sum(k IS NULL), sum(s IS NOT NULL) FROM s WHERE mode IS NULL AND words IS NULL AND rank IS NULL;
SELECT count(*) FROM s WHERE k IS NOT NULL;
SELECT count(*) FROM s WHERE s IS NOT NULL OR feedback IS NOT NULL;
SELECT count(*) FROM s WHERE k < 10;
-- NULL for an optional argument is its default; MATCH NULL finds nothing.
SELECT count(*) FROM s('stroke', NULL, NULL, NULL, NULL);
SELECT count(*) FROM s WHERE s MATCH 'stroke' AND words MATCH NULL;
SELECT count(*) FROM s WHERE words = NULL;
-- k as JavaScript and R bind it.
SELECT count(*) FROM s('stroke', 2.0);
SELECT count(*) FROM s('stroke', 2.5);

-- Rows without a distance: in the same place under every plan.
CREATE TABLE points(id INTEGER PRIMARY KEY, v BLOB);
INSERT INTO points VALUES(1, biobert_vector('[0,0]')), (2, biobert_vector('[1,0]')), (3, biobert_vector('[0,1]')), (4, biobert_vector('[0,0]'));
CREATE VIRTUAL TABLE near USING biobert(content='points', vectors='v', search='semantic');
INSERT INTO near(near) VALUES('sync');
SELECT rowid, distance FROM near(biobert_vector('[1,0]')) ORDER BY distance;
SELECT rowid, distance FROM near(biobert_vector('[1,0]')) ORDER BY distance + 0, rowid;
SELECT rowid FROM near(biobert_vector('[1,0]')) ORDER BY distance LIMIT 2;
SELECT rowid FROM near(biobert_vector('[1,0]'));
SELECT rowid, rank FROM near(biobert_vector('[1,0]')) ORDER BY rank;
SELECT rowid, rank FROM near(biobert_vector('[1,0]')) ORDER BY rank + 0, rowid;

-- DELETE and UPDATE by a search.
BEGIN;
DELETE FROM p WHERE EXISTS (SELECT 1 FROM s('stroke', 2) x WHERE x.rowid = p.id);
SELECT 'left', count(*) FROM p; ROLLBACK;
BEGIN; UPDATE p SET y = 0 WHERE EXISTS (SELECT 1 FROM s('stroke', 2) x WHERE x.rowid = p.id);
SELECT 'updated', count(*) FROM p WHERE y = 0; ROLLBACK;
-- What was kept for one statement is not another's: the content changes in between.
SELECT group_concat(p.id IN best) FROM p WHERE EXISTS (SELECT 1 FROM s('stroke', 2) x WHERE x.rowid = p.id);
BEGIN; DELETE FROM p WHERE id = (SELECT id FROM best LIMIT 1);
SELECT count(*) FROM p WHERE EXISTS (SELECT 1 FROM s('stroke', 2) x WHERE x.rowid = p.id); ROLLBACK;
SELECT group_concat(p.id IN best) FROM p WHERE EXISTS (SELECT 1 FROM s('stroke', 2) x WHERE x.rowid = p.id);
