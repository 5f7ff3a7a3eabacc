-- What is rare about models and about the texts and vectors that go with one: names, what a constant is worth
-- after its model was exchanged, limits of the connection.
.nullvalue NULL
-- A constant's vector is that of the model which its name stands for, row by row.
SELECT biobert_load('tests/golden/models/st_mean', 'other');
CREATE TABLE vectors AS SELECT biobert_embed('gene', 'other') AS v;
SELECT column1, CASE column1 WHEN 1 THEN biobert_embed('gene', 'other') = v
    WHEN 2 THEN biobert_unload('other') AND biobert_load('tests/golden/models/st_cls', 'other') IS NOT NULL
    ELSE biobert_embed('gene', 'other') <> v END
  FROM (VALUES (1), (2), (3)), vectors;
WITH steps(n) AS (VALUES (1), (2), (3))
SELECT n, biobert_similarity('gene', 'cell', 'other') = biobert_similarity('gene', 'cell'), CASE n WHEN 2 THEN biobert_unload('other') AND
  biobert_load('tests/golden/models/st_mean', 'other') IS NOT NULL END FROM steps;

-- Names.
SELECT biobert_load('tests/golden/models/st_mean', printf('%.*c', 300, 'x'));
SELECT biobert_load('tests/golden/models/st_mean', 'other', '{"normalize":false}');
SELECT biobert_load('tests/golden/models/st_cls', 'other');
SELECT * FROM biobert_chunks('a', 6, 2, 'nobody');
SELECT * FROM biobert_tokens('a', 'nobody');
SELECT * FROM biobert_highlight('a', 'b', 1, 'nobody');
SELECT * FROM biobert_hidden_states('a', 1, 'nobody');
SELECT * FROM biobert_attention('a', 1, 1, 'nobody');
SELECT biobert_rerank('a', 'b', 'nobody');
SELECT biobert_embed('a', 'default') = biobert_embed('a');

-- A model for questions that has gone.
SELECT biobert_load('tests/golden/models/st_mean', 'questions');
SELECT biobert_load('tests/golden/models/st_mean', 'two', '{"query_model":"questions"}');
SELECT biobert_unload('questions');
SELECT biobert_similarity('a', 'b', 'two');
SELECT biobert_embed_query('a', 'two');
SELECT * FROM biobert_highlight('a', 'b', 1, 'two');

-- Vectors that cannot be compared, whichever side is wrong.
SELECT biobert_similarity(x'00', x'00000000');
SELECT biobert_similarity(x'00000000', x'00');
SELECT biobert_similarity(x'0000803f', x'0000803f0000803f');
SELECT biobert_similarity(x'0000807f', x'0000803f');
SELECT biobert_similarity(x'0000803f', x'0000807f');
SELECT * FROM biobert_highlight('[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8]', 'One. Two.');
SELECT similarity FROM biobert_highlight(zeroblob(128), 'One. Two.', 1);
SELECT biobert_mean(v, w) FROM (SELECT biobert_vector('[1]') AS v, 1 AS w UNION ALL SELECT biobert_vector('[2]'), 'heavy' UNION ALL SELECT biobert_vector('[3]'), 1);

-- More tokens than a first guess; every token of a vocabulary in a mask's place.
SELECT count(*), count(DISTINCT word) FROM biobert_tokens(replace(hex(zeroblob(400)), '00', 'gene '));
SELECT biobert_load('tests/golden/models/mlm_cased', 'mlm');
SELECT count(*) > 400, count(*) = count(filled), count(*) = count(token), sum(filled LIKE 'a b%') > 0, sum(filled LIKE 'ab%') > 0 FROM biobert_fill_mask('a [MASK]', 100000, 'mlm');
SELECT count(*) > 0 FROM biobert_fill_mask('[MASK]', 100000, 'mlm') WHERE filled = token;
SELECT count(*) > 400 FROM biobert_fill_mask('a' || char(0) || '[MASK]', 100000, 'mlm') WHERE hex(filled) LIKE '6100%';

-- As many models as a connection may have.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200)
SELECT count(biobert_load('tests/golden/models/st_mean', 'copy' || i)) FROM n;

-- Answers longer than the connection's limit.
.limit length 63
SELECT biobert_tokenize(hex(zeroblob(31)));
SELECT biobert_plain(replace(hex(zeroblob(12)),'00','&nGt;'));
