-- Loading, names, options.
.nullvalue NULL
SELECT name, is_default, architecture, task, layers, hidden, heads, vocabulary, max_tokens, dimension, pooling,
       normalize, lowercase, precision, bytes > 0, labels, notes FROM biobert_models;
SELECT biobert_load('tests/golden/models/st_cls', 'cls');
SELECT biobert_load('tests/golden/models/st_cls', 'cls', '{}');
SELECT name, dimension, pooling FROM biobert_models ORDER BY name;
SELECT biobert_load('tests/golden/models/mlm_cased', 'cased', '{"pooling": "cls+mean", "normalize": true}');
SELECT dimension, pooling, normalize, lowercase, notes FROM biobert_models WHERE name = 'cased';
SELECT biobert_load('tests/golden/models/token_cls', 'ner');
SELECT task, labels IS NOT NULL FROM biobert_models WHERE name = 'ner';
SELECT length(sha256), length(fingerprint) FROM biobert_models WHERE name = 'cls';
SELECT biobert_load('tests/golden/models/bin_zip', 'zip'), length(biobert_embed('aspirin', 'zip'));
-- a query model of the same dimension
SELECT biobert_load('tests/golden/models/bin_zip', 'article', '{"query_model": "cls"}');
SELECT biobert_embed_query('aspirin', 'article') = biobert_embed_query('aspirin', 'cls'),
       biobert_embed('aspirin', 'article') = biobert_embed('aspirin', 'zip');
SELECT biobert_load('tests/golden/models/bin_zip', 'article2', '{"query_model": "nosuch"}');
SELECT biobert_load('tests/golden/models/st_dense', 'dense', '{"query_model": "cls"}');
-- bad options
SELECT biobert_load('tests/golden/models/st_cls', 'x', '{"pooling": "avg"}');
SELECT biobert_load('tests/golden/models/st_cls', 'x', '{"pool": "mean"}');
SELECT biobert_load('tests/golden/models/st_cls', 'x', '[]');
SELECT biobert_load('tests/golden/models/st_cls', 'x', '{"max_tokens": 600}');
SELECT biobert_load('tests/golden/models/st_cls', 'x', '{"max_tokens": 2}');
SELECT biobert_load('tests/golden/models/st_cls', 'x', '{"normalize": 1}');
SELECT biobert_load('tests/golden/models/st_cls', 'x', '{"precision": "f64"}');
SELECT biobert_load('tests/golden/models/st_cls', 'x', '{"normalize": true');
SELECT biobert_load('tests/golden/models/st_cls', '');
SELECT biobert_load('tests/golden/models/mlm_cased', 'x', '{"pooling": "pooler"}');
SELECT biobert_load('tests/golden/models/st_weighted', 'x') IS NULL;
SELECT biobert_load('nonexistent/owner/name');
SELECT biobert_load('owner/name', 'x');
SELECT biobert_load('Makefile', 'x');
SELECT biobert_load('tests', 'x') IS NULL;
SELECT biobert_load('', 'x');
SELECT biobert_unload('cls'), biobert_unload('cls');
SELECT biobert_embed('aspirin', 'cls');
