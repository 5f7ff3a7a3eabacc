-- Vectors as BLOBs and as JSON, and arithmetic on them.
.nullvalue NULL
SELECT hex(biobert_vector('[1, -2.5]')), hex(biobert_vector(' [ ] ')), typeof(biobert_vector('[]'));
SELECT biobert_vector_json(biobert_vector('[0.1, -0.25, 1e-45, 3.4028235e38, 1, 100000]'));
SELECT biobert_vector_json(x''), biobert_dimension(x''), biobert_dimension(biobert_vector('[1, 2, 3]'));
SELECT biobert_vector_json(biobert_normalize(biobert_vector('[3, 4]')));
SELECT biobert_vector_json(biobert_normalize(biobert_vector('[0, 0]')));
SELECT biobert_vector_json(biobert_slice(biobert_vector('[1, 2, 3]'), 1, 3)),
       hex(biobert_slice(biobert_vector('[1, 2, 3]'), 3, 3)),
       typeof(biobert_slice(biobert_vector('[1, 2, 3]'), 0, 0));
SELECT position, value FROM biobert_each(biobert_vector('[1, 2.5]'));
SELECT biobert_distance(biobert_vector('[1, 0]'), biobert_vector('[0, 1]')),
       biobert_distance(biobert_vector('[0, 0]'), biobert_vector('[3, 4]'), 'l2'),
       biobert_distance(biobert_vector('[1, 2]'), biobert_vector('[3, 4]'), 'dot'),
       round(biobert_similarity(biobert_vector('[1, 1]'), biobert_vector('[-2, -2]')), 9);
-- a vector of length 0 has no direction
SELECT biobert_similarity(biobert_vector('[0, 0]'), biobert_vector('[1, 1]')),
       biobert_distance(biobert_vector('[0, 0]'), biobert_vector('[1, 1]')),
       biobert_distance(biobert_vector('[0, 0]'), biobert_vector('[1, 1]'), 'dot');

-- biobert_mean: weights may be negative, NULLs are skipped
CREATE TABLE v(id INTEGER PRIMARY KEY, vector BLOB, weight);
INSERT INTO v(vector, weight) VALUES
  (biobert_vector('[1, 2]'), 1), (biobert_vector('[3, 4]'), -0.5), (NULL, 3), (biobert_vector('[5, 5]'), NULL);
SELECT biobert_vector_json(biobert_mean(vector)) FROM v;
SELECT biobert_vector_json(biobert_mean(vector, weight)) FROM v WHERE id <= 2;
SELECT biobert_mean(vector) FROM v WHERE 0;
SELECT biobert_mean(vector, 0) FROM v;
SELECT biobert_vector_json(biobert_mean(vector, CASE id WHEN 1 THEN 1 WHEN 2 THEN -1 ELSE 0 END)) FROM v;
SELECT id, biobert_vector_json(biobert_mean(vector) OVER (ORDER BY id ROWS 1 PRECEDING)) FROM v;
SELECT id, biobert_vector_json(biobert_mean(vector, weight) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)) FROM v;
SELECT biobert_mean(vector, 'x') FROM v;
SELECT biobert_mean(vector, 9e999) FROM v;
SELECT biobert_mean(value) FROM (SELECT x'0000803f' AS value UNION ALL SELECT x'0000803f0000803f');
-- vectors and their arithmetic are allowed in indexes, checks and generated columns
CREATE TABLE checked(v BLOB CHECK (biobert_dimension(v) = 2), n INT GENERATED ALWAYS AS (biobert_dimension(v)));
INSERT INTO checked(v) VALUES (biobert_vector('[1, 2]'));
INSERT INTO checked(v) VALUES (biobert_vector('[1]'));
SELECT n FROM checked;
CREATE INDEX by_length ON checked(biobert_dimension(v));
