-- biobert_vocabulary(): a WordPiece vocabulary of the texts of all rows.
.mode list
.nullvalue NULL
CREATE TABLE t(id INTEGER PRIMARY KEY, text);
INSERT INTO t(text) VALUES ('low low low low low'), ('lower lower'), (NULL),
  ('newest Newest newest newest newest newest'), ('widest, widest. [SEP] widest'), (12), (12.0);
SELECT biobert_vocabulary(text, 40) FROM t;
SELECT 'the same in another order', biobert_vocabulary(text, 30) =
  (SELECT biobert_vocabulary(text, 30) FROM (SELECT text FROM t ORDER BY id DESC)) FROM t;
SELECT 'tokens', json_group_array(value) FROM (SELECT value FROM
  json_each('["' || replace(rtrim((SELECT biobert_vocabulary(text, 12, '{"min_count": 5}') FROM t), char(10)), char(10), '","') || '"]'));
SELECT 'cased', instr(biobert_vocabulary(text, 100, '{"lowercase": false, "min_count": 1}'), char(10) || 'N') > 0 FROM t;
-- Groups, FILTER.
SELECT id % 2, length(biobert_vocabulary(text, 20)) FROM t GROUP BY id % 2;
SELECT length(biobert_vocabulary(text, 20) FILTER (WHERE id = 1)) FROM t;
-- DNA: every k-mer is a word, and a token once it is joined.
SELECT replace(biobert_vocabulary(biobert_kmers('ATGCATGCATGC', 3), 30), char(10), ' ');
-- No rows and no texts: NULL; rows without a word: the special tokens.
SELECT biobert_vocabulary(text, 10) FROM t WHERE 0;
SELECT biobert_vocabulary(NULL, 10), biobert_vocabulary('a', NULL), biobert_vocabulary('a a', 20, NULL) = biobert_vocabulary('a a', 20);
SELECT replace(biobert_vocabulary(column1, 10), char(10), ' ') FROM (VALUES (''), (' '), (x'0d'), ('a'));
SELECT replace(biobert_vocabulary(column1, 10), char(10), ' ') FROM (VALUES (''), (' '), ('a'));
-- What is refused.
SELECT biobert_vocabulary('a', 0);
SELECT biobert_vocabulary('a', -1);
SELECT biobert_vocabulary('a', 1000000000);
SELECT biobert_vocabulary('a', 1e300);
SELECT biobert_vocabulary('a', 'many');
SELECT biobert_vocabulary('a', 10, '{"min_count": 0}');
SELECT biobert_vocabulary('a', 10, '{"min_counts": 1}');
SELECT biobert_vocabulary('a', 10, '[1]');
SELECT biobert_vocabulary('a', 10, '{');
SELECT biobert_vocabulary('a', 10, x'7b7d');
SELECT biobert_vocabulary(x'00', 10);
SELECT biobert_vocabulary('a', 6 + id) FROM t;
SELECT biobert_vocabulary('a', 10, '{"min_count": ' || id || '}') FROM t;
SELECT biobert_vocabulary('a');
SELECT biobert_vocabulary(text, 10) OVER (ORDER BY id) FROM t;
-- Innocuous: in a view of a schema that is not trusted.
PRAGMA trusted_schema = OFF;
CREATE VIEW v AS SELECT biobert_vocabulary(text, 9) AS vocabulary FROM t;
SELECT length(vocabulary) FROM v;
-- Too long for this connection.
.limit length 100
SELECT biobert_vocabulary(text, 40) FROM t;
