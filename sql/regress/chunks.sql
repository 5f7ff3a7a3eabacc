-- Passages and highlights.
.nullvalue NULL
SELECT chunk, start_byte, end_byte, tokens, start_char, end_char, text
  FROM biobert_chunks('aspirin helps. Stroke is bad. é gene.', 8);
SELECT chunk, tokens, text FROM biobert_chunks('aspirin stroke gene aspirin stroke gene', 4, 1);
SELECT count(*) FROM biobert_chunks('');
SELECT count(*) FROM biobert_chunks('  ' || char(10) || ' ');
SELECT count(*), max(tokens) <= 38 FROM biobert_chunks(replace(hex(zeroblob(500)), '00', 'aspirin '));
SELECT chunk, text FROM biobert_chunks('aspirin stroke', NULL, NULL, 'default');
SELECT count(*) FROM biobert_highlight('aspirin', 'aspirin helps. Stroke is bad. A gene.', 2);
SELECT count(*) FROM biobert_highlight('aspirin', 'aspirin helps. Stroke is bad. A gene.');
SELECT count(*) FROM biobert_highlight('aspirin', '', 3);
SELECT count(*) FROM biobert_highlight('aspirin', 'one sentence', 0);
SELECT rank, substr(t.x, start_char + 1, end_char - start_char) = text, similarity BETWEEN -1 AND 1
  FROM (VALUES ('é first. A second. The third.')) AS v, (SELECT 'é first. A second. The third.' AS x) t,
       biobert_highlight('second', t.x, 9);
SELECT count(*) FROM biobert_highlight(biobert_embed('aspirin'), 'aspirin helps. Stroke is bad.', 9);
