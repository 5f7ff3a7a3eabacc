-- biobert_fit(), biobert_predict(), biobert_classifier(): what they answer, and what they refuse.
.bail off
CREATE TABLE notes(id INTEGER PRIMARY KEY, note TEXT, subject TEXT, yes);
INSERT INTO notes VALUES
  (1, 'aspirin after stroke', 'heart', 1), (2, 'stroke and aspirin', 'heart', 1), (3, 'prevention of stroke', 'heart', 1.0),
  (4, 'a kinase of cells', 'cells', 0), (5, 'kinase inhibitors in mice', 'cells', 0), (6, 'cells of mice', 'cells', 0),
  (7, 'not labelled', NULL, NULL), (8, NULL, 'heart', 1);
CREATE TABLE c(name TEXT PRIMARY KEY, classifier BLOB);
INSERT INTO c SELECT 'subject', biobert_fit(note, subject) FROM notes;
INSERT INTO c SELECT 'yes', biobert_fit(note, yes, '{"C": 10, "balance": true, "features": "words", "seed": 3}') FROM notes;

-- Labels come back as they were: text, or integers (of which 1.0 is one).
SELECT typeof(biobert_predict(classifier, 'a stroke')), biobert_predict(classifier, 'a stroke') FROM c;
SELECT name, round(biobert_predict(classifier, 'a stroke', CASE name WHEN 'yes' THEN 1.0 ELSE 'heart' END), 2) > 0.5 FROM c;
SELECT round(biobert_predict(classifier, 'kinase', 'heart') + biobert_predict(classifier, 'kinase', 'cells'), 9) FROM c WHERE name = 'subject';
SELECT name, label, typeof(label), rows, bias BETWEEN -5 AND 5, words LIKE '%stroke%', words LIKE '%kinase%' FROM c, biobert_classifier(classifier) ORDER BY name, label;
-- All rows as they were learnt from; three of three right.
SELECT sum(biobert_predict(classifier, note) = subject), count(subject) FROM notes, c WHERE name = 'subject' AND note IS NOT NULL;

-- The same bytes for the same rows in any order.
SELECT (SELECT biobert_fit(note, subject) FROM (SELECT * FROM notes ORDER BY note)) = classifier FROM c WHERE name = 'subject';
SELECT hex(substr(classifier, 1, 8)), length(classifier) < 10000 FROM c;

-- Vectors.
CREATE TABLE v(id INTEGER PRIMARY KEY, x BLOB, label);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30) INSERT INTO v SELECT i, biobert_vector(json_array(i % 2 + 0.25, i % 3, 1)), i % 3 FROM n;
INSERT INTO c SELECT 'vectors', biobert_fit(x, label) FROM v;
SELECT sum(biobert_predict(classifier, x) = label), round(avg(biobert_predict(classifier, x, label)), 1) > 0.5 FROM v, c WHERE name = 'vectors';
SELECT label, rows, words FROM c, biobert_classifier(classifier) WHERE name = 'vectors';

-- NULLs, no rows.
SELECT biobert_fit(note, subject) IS NULL FROM notes WHERE id > 6;
SELECT biobert_fit(note, subject) IS NULL FROM notes WHERE 0;
SELECT biobert_predict(NULL, 'a') IS NULL, biobert_predict(classifier, NULL) IS NULL, biobert_predict(classifier, 'a stroke', NULL) FROM c WHERE name = 'subject';
SELECT count(*) FROM biobert_classifier(NULL);

-- An empty text is a label as any other, also the first.
SELECT quote(label), rows FROM biobert_classifier((SELECT biobert_fit(note, iif(id % 2, '', 'b')) FROM notes));

-- What is refused, and how that is said.
SELECT biobert_fit(note, subject) FROM notes WHERE subject = 'heart';
SELECT biobert_fit(x, subject) FROM (SELECT note AS x, subject FROM notes UNION ALL SELECT x, 'heart' FROM v);
SELECT biobert_fit(x, label) FROM (SELECT x, label FROM v UNION ALL SELECT biobert_vector('[1,2]'), 0);
SELECT biobert_fit(note, CAST(subject AS BLOB)) FROM notes;
SELECT biobert_fit(CAST('abcde' AS BLOB), subject) FROM notes;
SELECT biobert_fit(note, subject, '{"c": 1}') FROM notes;
SELECT biobert_fit(note, subject, '{"C": -1}') FROM notes;
SELECT biobert_fit(note, subject, '{"features": "vectors"}') FROM notes;
SELECT biobert_fit(note, subject, '{"seed": ' || id || '}') FROM notes;
SELECT biobert_fit(note, subject, 'C=1') FROM notes;
SELECT biobert_predict(classifier, biobert_vector('[1,2,3]')) FROM c WHERE name = 'subject';
SELECT biobert_predict(classifier, 'text') FROM c WHERE name = 'vectors';
SELECT biobert_predict(classifier, biobert_vector('[1,2]')) FROM c WHERE name = 'vectors';
SELECT biobert_predict(classifier, 'text', 'lungs') FROM c WHERE name = 'subject';
SELECT biobert_predict('text', 'text');
SELECT biobert_predict(x'', 'text');
SELECT biobert_predict(x'62696f62636c6632' || zeroblob(40), 'text');
SELECT biobert_predict(CAST(x'62696f62636c6632' || zeroblob(40) AS BLOB), 'text');
SELECT biobert_predict(substr(classifier, 1, 100), 'text') FROM c WHERE name = 'subject';
SELECT biobert_predict(CAST(substr(classifier, 1, 60) || x'00' || substr(classifier, 62) AS BLOB), 'text') FROM c WHERE name = 'subject';
SELECT * FROM biobert_classifier('text');
SELECT * FROM biobert_classifier(x'00');
