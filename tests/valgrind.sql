-- Most functions once, for tests/valgrind.sh; the results are the regressions' matter.
CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT, embedding BLOB);
INSERT INTO papers(title, abstract) VALUES
  ('Aspirin', 'Aspirin reduced the risk of stroke. The patients were followed for 5 years.'),
  ('Kinases', 'The kinase binds DNA (Fig. 1). Was insulin given? Café, naïve, 中文, 한국, ' || char(0x1F600)),
  ('Nothing', ''), ('Null', NULL);
UPDATE papers SET embedding = biobert_embed(abstract);
SELECT biobert_version(), length(biobert_build());
SELECT biobert_load('tests/golden/models/st_dense', 'dense', '{"max_tokens":16,"normalize":false}');
SELECT biobert_load('tests/golden/models/bin_zip', 'zip'), biobert_load('tests/golden/models/sharded', 'sharded');
SELECT biobert_dimension(biobert_embed(title, 'zip')), biobert_dimension(biobert_embed_query(title, 'dense')) FROM papers;
SELECT title, biobert_similarity('stroke', embedding) AS s FROM papers ORDER BY s DESC;
SELECT biobert_similarity('stroke', abstract), biobert_distance('stroke', abstract, 'l2') FROM papers;
SELECT biobert_dimension(biobert_embed_pair(title, abstract)) FROM papers;
SELECT biobert_vector_json(biobert_slice(biobert_normalize(biobert_mean(embedding, id)), 0, 4)) FROM papers;
SELECT id, biobert_dimension(biobert_mean(embedding) OVER (ORDER BY id ROWS 1 PRECEDING)) FROM papers;
SELECT biobert_vector_json(biobert_vector('[0.5, -1, 2]'));
SELECT biobert_token_count(abstract), biobert_detokenize(biobert_tokenize(abstract)) FROM papers;
SELECT biobert_kmers('ATGCA', 3), biobert_residues('MKUV');
SELECT length(biobert_vocabulary(column1, 20)) FROM (VALUES ('low lower'), ('lowest newest'));
SELECT biobert_plain('<p>CO<sub>2</sub> &amp; p < 0.05</p><!-- x');
SELECT count(*), max(end_char) FROM papers, biobert_tokens(abstract);
SELECT title, chunk, c.text FROM papers, biobert_chunks(abstract, 6, 2) c;
SELECT title, h.text FROM papers, biobert_highlight('side effects', abstract, 1) h;
SELECT count(value) FROM papers, biobert_each(embedding);
SELECT name, sha256, fingerprint, notes FROM biobert_models;
SELECT count(*) FROM biobert_settings;
SELECT count(*) FROM biobert_help;
SELECT biobert_config('threads', 2), biobert_config('threads');
SELECT biobert_unload('dense'), biobert_unload('dense');
