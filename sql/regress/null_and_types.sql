-- NULL in a required argument gives NULL, in an optional one its default; numbers are their text;
-- a BLOB is no text.
.nullvalue NULL
SELECT biobert_embed(NULL), biobert_embed(NULL, 'nosuch'), biobert_embed_query(NULL);
SELECT biobert_embed_pair(NULL, 'a'), biobert_embed_pair('a', NULL);
SELECT biobert_similarity(NULL, 'a'), biobert_similarity('a', NULL), biobert_distance(NULL, NULL);
SELECT biobert_token_count(NULL), biobert_tokenize(NULL), biobert_detokenize(NULL);
SELECT biobert_vector(NULL), biobert_vector_json(NULL), biobert_dimension(NULL), biobert_normalize(NULL);
SELECT biobert_slice(NULL, 0, 1), biobert_slice(biobert_vector('[1]'), NULL, 1);
SELECT biobert_kmers(NULL, 3), biobert_kmers('ATG', NULL), biobert_residues(NULL);
SELECT biobert_load(NULL), biobert_unload(NULL), biobert_config(NULL);
SELECT count(*) FROM biobert_tokens(NULL);
SELECT count(*) FROM biobert_chunks(NULL);
SELECT count(*) FROM biobert_highlight(NULL, 'a');
SELECT count(*) FROM biobert_each(NULL);
SELECT biobert_embed('aspirin', NULL) = biobert_embed('aspirin');
SELECT biobert_distance('aspirin', 'stroke', NULL) = biobert_distance('aspirin', 'stroke', 'cosine');
SELECT biobert_embed(12.5) = biobert_embed('12.5'), biobert_token_count(7) = biobert_token_count('7');
SELECT length(biobert_embed('')), biobert_token_count(''), biobert_tokenize('');
SELECT biobert_embed(x'00');
SELECT biobert_token_count(zeroblob(3));
SELECT biobert_embed_pair('a', x'01');
SELECT biobert_kmers(x'41', 1);
-- ill-formed UTF-8 counts as U+FFFD, which cleaning drops: it joins its neighbours
SELECT biobert_tokenize(CAST(x'6173ff7069' AS TEXT)) = biobert_tokenize('aspi');
-- a NUL is dropped, and does not end the text
SELECT biobert_tokenize('as' || char(0) || 'pirin') = biobert_tokenize('aspirin');
