-- Tokens, their places, sequences.
.nullvalue NULL
SELECT position, token, start_byte, end_byte, word, start_char, end_char
  FROM biobert_tokens('é aspirin [MASK]');
SELECT token FROM biobert_tokens('') ORDER BY position;
SELECT biobert_token_count('aspirin and stroke'), count(*) FROM biobert_tokens('aspirin and stroke');
SELECT (SELECT json_group_array(id) FROM biobert_tokens('aspirin in stroke')) = biobert_tokenize('aspirin in stroke');
-- spans cut the words out of the text, in bytes and in characters
WITH t(x) AS (VALUES ('α-synuclein é stroke'))
SELECT token, CAST(substr(CAST(x AS BLOB), start_byte + 1, end_byte - start_byte) AS TEXT) AS bytes,
       substr(x, start_char + 1, end_char - start_char) AS characters
  FROM t, biobert_tokens(t.x) WHERE word IS NOT NULL AND token NOT LIKE '##%';
SELECT text, model FROM biobert_tokens('a') LIMIT 1;
SELECT biobert_detokenize(biobert_tokenize('aspirin, stroke [MASK] gene.'));
SELECT biobert_detokenize('[]') = '';
-- a text far beyond the model's maximum
SELECT biobert_token_count(replace(hex(zeroblob(5000)), '00', 'aspirin '));
SELECT biobert_kmers('ATGCA', 3), biobert_kmers('AT', 3) = '', biobert_kmers('', 1) = '', biobert_kmers('αβγ', 2);
SELECT biobert_residues('MKUV'), biobert_residues('') = '', biobert_residues('MK' || char(10) || 'ZB');
SELECT biobert_kmers(hex(zeroblob(600000)), 600000);
