-- Tasks: masked words, entities, answers, labels, reranking, the encoder laid open.
.nullvalue NULL
-- a function that needs a head takes the default if it has it (st_mean has none), ...
SELECT * FROM biobert_fill_mask('a [MASK]');
SELECT * FROM biobert_answer('which', 'a b');
SELECT * FROM biobert_entities('a b');
SELECT * FROM biobert_classify('a b');
SELECT * FROM biobert_classify_pair('a', 'b');
SELECT * FROM biobert_logits('a b', 0);
SELECT biobert_rerank('a', 'b');
-- ... else the only loaded model that has it, ...
SELECT biobert_load('tests/golden/models/mlm_cased', 'mlm'), biobert_load('tests/golden/models/token_cls', 'ner'),
       biobert_load('tests/golden/models/qa', 'qa'), biobert_load('tests/golden/models/seq_cls', 'reranker');
SELECT mask, position, rank, token, id, round(score, 3), round(logit, 2), filled FROM biobert_fill_mask('The [MASK] is a [MASK].', 2);
SELECT entity, label, round(score, 3), start_byte, end_byte, start_char, end_char
  FROM biobert_entities('β-catenin 😀 aspirin and stroke with COVID-19');
SELECT rank, answer, round(score, 3), start_byte, end_byte, start_char, end_char
  FROM biobert_answer('Which receptor?', 'é: the EGFR kinase, not insulin, is a receptor 😀 for IL-6.', 2);
SELECT label, round(score, 3) FROM biobert_classify('aspirin');
SELECT round(biobert_rerank('aspirin', 'stroke'), 3);
-- ... where a cross-encoder is no classifier as long as there is another, ...
SELECT biobert_load('tests/golden/models/relations', 'relations');
SELECT label, round(score, 3) FROM biobert_classify('aspirin');
SELECT label, round(score, 3) FROM biobert_classify_pair('aspirin', 'stroke');
-- ... and the error names them when there are several, or none
SELECT biobert_load('tests/golden/models/multi_label', 'topics');
SELECT * FROM biobert_classify('aspirin');
SELECT label, round(score, 3) FROM biobert_classify('aspirin', 'topics');
SELECT biobert_load('tests/golden/models/cross_encoder', 'other');
SELECT biobert_rerank('aspirin', 'stroke');
SELECT round(biobert_rerank('aspirin', 'stroke', 'other'), 3);
SELECT biobert_rerank('aspirin', 'stroke', 'relations');
SELECT * FROM biobert_entities('a', 'qa');
SELECT * FROM biobert_answer('a', 'b', 1, 'nosuch');
SELECT biobert_rerank('aspirin', 'stroke', 'nosuch');
-- "no answer" is for models that learned it
SELECT biobert_load('tests/golden/models/qa', 'squad2', '{"no_answer": true}');
SELECT rank, answer, start_byte, end_byte FROM biobert_answer('Which receptor?', 'EGFR kinase', 9, 'squad2') WHERE answer = '';
SELECT count(*) FROM biobert_answer('Which receptor?', 'EGFR kinase', 9, 'qa') WHERE answer = '';
-- NULL and empty; k
SELECT count(*) FROM biobert_fill_mask(NULL);
SELECT count(*) FROM biobert_fill_mask('no mask');
SELECT count(*) FROM biobert_fill_mask('');
SELECT count(*) FROM biobert_fill_mask('a [MASK]', 0);
SELECT count(*) FROM biobert_fill_mask('a [MASK]', NULL, NULL);
SELECT count(*) = (SELECT count(*) FROM biobert_logits('a', 0)) FROM biobert_fill_mask('a [MASK]', 999999);
SELECT count(*) FROM biobert_entities(NULL);
SELECT count(*) FROM biobert_entities('');
SELECT count(*) FROM biobert_answer('a', NULL, 1, 'qa');
SELECT count(*) FROM biobert_answer('', '', 1, 'qa');
SELECT rank, answer FROM biobert_answer('a', '', 3, 'squad2');
SELECT count(*) FROM biobert_classify(NULL, 'topics');
SELECT count(*) FROM biobert_classify('', 'topics');
SELECT count(*) FROM biobert_classify_pair('a', NULL, 'topics');
SELECT biobert_rerank(NULL, 'a', 'other'), biobert_rerank('a', NULL, 'other');
SELECT typeof(biobert_rerank('', '', 'other')), typeof(biobert_rerank(1, 2.5, 'other'));
-- bad arguments
SELECT * FROM biobert_fill_mask('a [MASK]', -1);
SELECT * FROM biobert_fill_mask('a [MASK]', 'many');
SELECT * FROM biobert_fill_mask(x'00');
SELECT * FROM biobert_fill_mask;
SELECT * FROM biobert_logits('a b');
SELECT * FROM biobert_logits('a b', 4);
SELECT * FROM biobert_hidden_states('a', 4);
SELECT * FROM biobert_attention('a', 0);
SELECT * FROM biobert_attention('a', 4);
SELECT * FROM biobert_attention('a', 1, 4);
SELECT * FROM biobert_answer('a', x'00', 1, 'qa');
SELECT * FROM biobert_answer('a', 'b', -1, 'qa');
SELECT biobert_rerank('a', x'00', 'other');
-- softmax: the labels of a text sum to 1, those of a multi-label model need not
SELECT round(sum(score), 6) FROM biobert_classify('aspirin', 'relations');
SELECT abs(sum(score) - 1) > 0.01 FROM biobert_classify('aspirin', 'topics');
SELECT round(sum(score), 6) FROM biobert_fill_mask('a [MASK]', 999999);
-- the encoder laid open: last layer by default; rows of attention sum to 1
SELECT position, token, layer, biobert_dimension(vector) FROM biobert_hidden_states('aspirin in stroke');
SELECT DISTINCT layer FROM biobert_hidden_states('aspirin', 0);
SELECT a.vector = b.vector FROM biobert_hidden_states('aspirin') a JOIN biobert_hidden_states('aspirin', 3) b USING (position);
SELECT count(*), count(DISTINCT layer), count(DISTINCT head), min(layer), min(head) FROM biobert_attention('aspirin in stroke');
SELECT count(*), count(DISTINCT layer), count(DISTINCT head) FROM biobert_attention('aspirin in stroke', NULL, 2);
SELECT max(abs(total - 1)) < 1e-6 FROM (SELECT sum(weight) AS total FROM biobert_attention('aspirin in stroke') GROUP BY layer, head, from_position);
SELECT from_token, to_token FROM biobert_attention('aspirin in stroke', 1, 0) WHERE from_position = 1;
SELECT sum(a.weight <> b.weight) FROM biobert_attention('aspirin in stroke') a
  JOIN biobert_attention('aspirin in stroke', 2, 3) b USING (layer, head, from_position, to_position);
-- a text longer than the model: cut for the encoder, whole for entities and answers
SELECT count(*) FROM biobert_hidden_states(replace(hex(zeroblob(500)), '00', 'aspirin '));
SELECT max(end_byte) > 3900 FROM biobert_entities(replace(hex(zeroblob(500)), '00', 'aspirin '));
SELECT max(end_byte) > 3900 FROM biobert_answer('end?', replace(hex(zeroblob(500)), '00', 'aspirin ') || 'the end', 50, 'qa');
-- sequences, end to end
SELECT biobert_load('tests/golden/models/kmers', 'dna'), biobert_load('tests/golden/models/residues', 'protein');
SELECT label, round(score, 3) FROM biobert_classify(biobert_kmers('ATGCATTTGACCAGG', 3), 'dna');
SELECT token, round(score, 3) FROM biobert_fill_mask(replace(biobert_residues('MKUV'), 'X', '[MASK]'), 2, 'protein');
SELECT group_concat(token, ' ') FROM biobert_tokens(biobert_kmers('ATGCA', 3), 'dna');
SELECT name, task, labels FROM biobert_models ORDER BY name;
