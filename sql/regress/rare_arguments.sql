-- Arguments that nobody gives often: empty, of another type, from other functions; NULL in any place.
.nullvalue NULL
-- Vectors of no values, and of values that JSON writes in many ways.
SELECT hex(biobert_vector('[]')), biobert_vector_json(x'');
SELECT biobert_similarity(x'', x''), biobert_distance(x'', x'', 'l2');
SELECT biobert_vector_json(biobert_vector(char(9, 13, 10, 32) || '[1 , 2]' || char(10)));
SELECT biobert_vector_json(biobert_normalize(x'')), biobert_vector_json(biobert_slice(x'', 0, 0)), biobert_slice(NULL, 0, 1);
SELECT biobert_vector_json(biobert_slice(biobert_vector('[1,2,3]'), 1, 1)), biobert_slice(biobert_vector('[1]'), 0, 2);
SELECT biobert_vector_json(biobert_mean(biobert_vector('[1,2]'))), biobert_mean(NULL), biobert_vector_json(biobert_mean(x''));
SELECT biobert_mean(v) FROM (SELECT biobert_vector('[1]') AS v UNION ALL SELECT biobert_vector('[1,2]'));
SELECT biobert_mean('text');
SELECT biobert_similarity(biobert_vector('[1,0]'), biobert_vector('[-1,0]')), biobert_similarity(biobert_vector('[0,0]'), biobert_vector('[1,0]'));
SELECT biobert_distance(biobert_vector('[3,4]'), biobert_vector('[-3,-4]')), biobert_distance(biobert_vector('[0,0]'), biobert_vector('[0,0]'), 'cosine');
SELECT biobert_distance(NULL, biobert_vector('[1]')), biobert_distance(biobert_vector('[1]'), NULL), biobert_similarity(NULL, 'a');
SELECT biobert_distance(biobert_vector('[1]'), biobert_vector('[1,2]'));
SELECT biobert_distance(biobert_vector('[1]'), biobert_vector('[1]'), 'far');
SELECT biobert_distance(biobert_vector('[1]'), biobert_vector('[1]'), NULL) = 0;
SELECT biobert_similarity(x'00', 'a');
SELECT biobert_similarity('a', x'0000803F');
SELECT biobert_similarity('a', '[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8]');
SELECT biobert_similarity('a', 'a', 'nobody');

-- One text against many: the constant one is embedded once, whichever side it is on.
SELECT count(DISTINCT round(biobert_similarity('stroke', t), 5) = round(biobert_similarity(t, 'stroke'), 5)) FROM (SELECT 'aspirin' AS t UNION ALL SELECT 'heart' UNION ALL SELECT 'stroke');
SELECT min(biobert_distance('stroke', t) = biobert_distance('stroke', biobert_embed(t))) FROM (SELECT 'aspirin' AS t UNION ALL SELECT 'heart');

-- Names.
SELECT biobert_embed('a', '');
SELECT biobert_embed('a', 'no body');
SELECT biobert_embed('a', 'a name that is longer than what a message shows of it, and so is cut off somewhere in the middle of it');
SELECT biobert_embed('a', char(1) || 'x');
SELECT biobert_embed('a', x'00');
SELECT biobert_embed('a', CAST(x'6100' AS TEXT));
SELECT biobert_embed(NULL, 'nobody'), biobert_embed(NULL);
SELECT biobert_load('tests/golden/models/st_mean', NULL), biobert_load('tests/golden/models/st_mean', NULL, NULL);
SELECT biobert_load('tests/golden/models/st_mean', '');
SELECT biobert_load('tests/golden/models/st_mean', 'x', 5);
SELECT biobert_load('tests/golden/models/st_mean', 'x', '{"normalize":true}') IS NOT NULL, biobert_load('tests/golden/models/st_mean', 'x', '{"normalize":true}') IS NOT NULL;
SELECT biobert_load(NULL, 'x');
SELECT biobert_unload('nobody'), biobert_unload(NULL);

-- Tokens and text.
SELECT biobert_detokenize('[]') = '', biobert_detokenize(NULL), biobert_detokenize('[1.5]');
SELECT biobert_detokenize('[101, "x"]');
SELECT biobert_tokenize(''), biobert_tokenize(NULL);
SELECT biobert_kmers('', 3), biobert_kmers(NULL, 3), biobert_kmers('ATG', NULL), biobert_residues(''), biobert_residues(NULL), biobert_residues('MU');
SELECT biobert_plain(''), biobert_plain(NULL), biobert_plain('<p>a</p>');
SELECT biobert_token_count(''), biobert_token_count(NULL);

-- Settings.
SELECT biobert_config('nothing');
SELECT biobert_config(NULL);
SELECT biobert_config('threads', NULL) = biobert_config('threads');
SELECT biobert_config('threads', 'many');
SELECT biobert_config('threads', '');
SELECT biobert_config('memory_limit', 0);
SELECT biobert_config('memory_limit', '9999999999999999999');
SELECT biobert_config('memory_limit', 1073741824) = 1073741824, typeof(biobert_config('memory_limit')), typeof(biobert_config('cpu'));
SELECT biobert_config('locked', 2);
SELECT biobert_config('locked', 0);

-- Every column of every table, and rows of a text that has none.
SELECT count(*) FROM (SELECT rowid, * FROM biobert_tokens(''));
SELECT count(*), count(rowid) FROM (SELECT rowid, * FROM biobert_chunks('a b c', 5, 0));
SELECT count(*) FROM biobert_chunks(NULL);
SELECT * FROM biobert_chunks('a', 2);
SELECT * FROM biobert_chunks('a', 5, 5);
SELECT count(*), count(rowid) FROM (SELECT rowid, * FROM biobert_highlight('One. Two.', 'two', 5));
SELECT count(*) FROM biobert_highlight('One. Two.', biobert_embed('two'), 1);
SELECT count(*) FROM biobert_highlight('One. Two.', '[1,2,3,4,5,6,7,8]', 1);
SELECT count(*) FROM biobert_highlight('One.', NULL);
SELECT count(*) FROM biobert_highlight(NULL, 'two');
SELECT count(*) > 0, count(rowid) > 0 FROM (SELECT rowid, * FROM biobert_settings);
SELECT count(*), count(rowid) FROM (SELECT rowid, * FROM biobert_models);
