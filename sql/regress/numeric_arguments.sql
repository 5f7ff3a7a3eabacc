-- A number is taken as an INTEGER, as a REAL without a fraction and as the text of one, by every
-- function alike; anything else is an error that shows it; NULL is the default.
.nullvalue NULL
SELECT biobert_load('tests/golden/models/mlm_cased', 'mlm'), biobert_load('tests/golden/models/qa', 'qa');
-- Copies of values: a text, a REAL, a text of a REAL, NULL for each table-valued function.
SELECT count(*), (SELECT count(*) FROM biobert_chunks('a b c', 2.0)), (SELECT count(*) FROM biobert_chunks('a b c', ' 2.0 ')),
       (SELECT count(*) FROM biobert_chunks('a b c', NULL)) FROM biobert_chunks('a b c', '2');
SELECT count(*), (SELECT count(*) FROM biobert_chunks('a b c', 2, 1.0)), (SELECT count(*) FROM biobert_chunks('a b c', 2, '1e0')),
       (SELECT count(*) FROM biobert_chunks('a b c', 2, NULL)) FROM biobert_chunks('a b c', 2, '1');
SELECT count(*), (SELECT count(*) FROM biobert_highlight('a', 'One. Two. Three.', 2.0)),
       (SELECT count(*) FROM biobert_highlight('a', 'One. Two. Three.', '2.0')),
       (SELECT count(*) FROM biobert_highlight('a', 'One. Two. Three.', NULL)) FROM biobert_highlight('a', 'One. Two. Three.', '2');
SELECT max(layer), (SELECT max(layer) FROM biobert_hidden_states('a', 1.0)), (SELECT max(layer) FROM biobert_hidden_states('a', '1.0')),
       (SELECT max(layer) FROM biobert_hidden_states('a', NULL)) FROM biobert_hidden_states('a', '1');
SELECT count(*), (SELECT count(*) FROM biobert_attention('a', 1.0, 0.0)), (SELECT count(*) FROM biobert_attention('a', '1.0', '0.0')),
       (SELECT count(*) FROM biobert_attention('a', NULL, NULL)) FROM biobert_attention('a', '1', '0');
SELECT count(*), (SELECT count(*) FROM biobert_fill_mask('a [MASK]', 2.0)), (SELECT count(*) FROM biobert_fill_mask('a [MASK]', '2.0')),
       (SELECT count(*) FROM biobert_fill_mask('a [MASK]', NULL)) FROM biobert_fill_mask('a [MASK]', '2');
SELECT count(*) > 9, (SELECT count(*) > 9 FROM biobert_logits('a', 1.0)), (SELECT count(*) > 9 FROM biobert_logits('a', '1.0')),
       (SELECT count(*) FROM biobert_logits('a', NULL)) FROM biobert_logits('a', '1');
SELECT count(*), (SELECT count(*) FROM biobert_answer('a', 'a gene in a cell', 2.0)), (SELECT count(*) FROM biobert_answer('a', 'a gene in a cell', '2.0')),
       (SELECT count(*) FROM biobert_answer('a', 'a gene in a cell', NULL)) FROM biobert_answer('a', 'a gene in a cell', '2');
CREATE VIRTUAL TABLE s USING biobert(title);
SELECT count(*) > 0, (SELECT count(*) > 0 FROM biobert_sync('s', 2.0)), (SELECT count(*) > 0 FROM biobert_sync('s', '2.0')),
       (SELECT count(*) > 0 FROM biobert_sync('s', NULL)) FROM biobert_sync('s', '2');
-- The same for scalar functions and settings.
SELECT biobert_kmers('ATGCA', 3), biobert_kmers('ATGCA', 3.0), biobert_kmers('ATGCA', '3'), biobert_kmers('ATGCA', '3.0');
SELECT biobert_vector_json(biobert_slice(biobert_vector('[1, 2, 3]'), 1.0, '2'));
SELECT biobert_vector_json(biobert_mean(biobert_vector('[2]'), w)) FROM (SELECT '1' AS w UNION ALL SELECT ' -2.5e0 ' UNION ALL SELECT 3);
SELECT biobert_config('threads', 2), biobert_config('threads', 2.0), biobert_config('threads', '2'), biobert_config('threads', '2.0');
-- Text, number or BLOB in the place of a text.
SELECT (SELECT count(*) FROM biobert_tokens('7')) = (SELECT count(*) FROM biobert_tokens(7)),
       (SELECT count(*) FROM biobert_tokens('7.5')) = (SELECT count(*) FROM biobert_tokens(7.5));
SELECT position, value, typeof(vector) FROM biobert_each(biobert_vector('[0.5]'));
SELECT count(*) FROM biobert_each('0.5');
SELECT count(*) FROM biobert_each(0.5);
SELECT count(*) FROM biobert_classify_pair(1, x'01', 'mlm');
-- What was given is what the hidden columns read, of the type that was given.
SELECT DISTINCT max_tokens, typeof(max_tokens), overlap, typeof(overlap) FROM biobert_chunks('a b c', ' 2 ', 1.0);
-- No integers.
SELECT count(*) FROM biobert_chunks('a', 'many');
SELECT count(*) FROM biobert_chunks('a', '');
SELECT count(*) FROM biobert_chunks('a', '2x');
SELECT count(*) FROM biobert_chunks('a', '0x2');
SELECT count(*) FROM biobert_chunks('a', '2 3');
SELECT count(*) FROM biobert_chunks('a', '2' || char(0));
SELECT count(*) FROM biobert_chunks('a', '.');
SELECT count(*) FROM biobert_chunks('a', '2e');
SELECT count(*) FROM biobert_chunks('a', 2.5);
SELECT count(*) FROM biobert_chunks('a', '2.5');
SELECT count(*) FROM biobert_chunks('a', x'32');
SELECT count(*) FROM biobert_chunks('a', 9e999);
SELECT count(*) FROM biobert_highlight('a', 'b', x'31');
SELECT count(*) FROM biobert_hidden_states('a', 'last');
SELECT count(*) FROM biobert_attention('a', 1, 0.5);
SELECT count(*) FROM biobert_fill_mask('a [MASK]', x'32');
SELECT count(*) FROM biobert_logits('a', 'first');
SELECT count(*) FROM biobert_answer('a', 'b', '1.5');
SELECT count(*) FROM biobert_sync('s', 'all');
SELECT count(*) FROM biobert_sync('s', x'32');
SELECT biobert_config('threads', 2.5);
SELECT biobert_kmers('ATGCA', x'33');
SELECT biobert_mean(biobert_vector('[2]'), 'much');
-- The ends of what 64 bits, and what a REAL, can say exactly.
SELECT (SELECT count(*) FROM biobert_chunks('a', 9223372036854775807)), (SELECT count(*) FROM biobert_chunks('a', '9223372036854775807')),
       (SELECT count(*) FROM biobert_chunks('a', 9007199254740991.0)), (SELECT count(*) FROM biobert_chunks('a', '+1'));
SELECT count(*) FROM biobert_chunks('a', '9223372036854775808');
SELECT count(*) FROM biobert_chunks('a', -9223372036854775808);
SELECT count(*) FROM biobert_chunks('a', '-9223372036854775809');
SELECT count(*) FROM biobert_chunks('a', 1e300) WHERE 1e300 > 9007199254740992;
-- The same in a database of UTF-16, whose values are converted on the way.
.open :memory:
.read '|echo .load $BUILD/biobert'
PRAGMA encoding = 'UTF-16';
CREATE TABLE t(n TEXT, d);
INSERT INTO t VALUES('2', 2.0);
SELECT (SELECT count(*) FROM t, biobert_chunks('a b c', n)), (SELECT count(*) FROM t, biobert_chunks('a b c', d)),
       (SELECT biobert_kmers('ATGCA', n) FROM t), (SELECT max_tokens FROM t, biobert_chunks('a b c', n) LIMIT 1);
