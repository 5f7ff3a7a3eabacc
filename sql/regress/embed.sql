-- The same vector however it is asked for.
CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT);
INSERT INTO papers(title, abstract) VALUES ('aspirin', 'aspirin in stroke'), ('gene', 'a gene of the tumor cell'),
  ('empty', ''), ('none', NULL);
SELECT id, length(biobert_embed(abstract)), biobert_dimension(biobert_embed(abstract)) FROM papers;
SELECT count(DISTINCT hex(biobert_embed('aspirin'))) FROM papers;
SELECT biobert_embed('aspirin') = biobert_embed('aspirin', 'default');
-- st_mean has prompts: a query is not a document
SELECT biobert_embed('aspirin') = biobert_embed_query('aspirin');
SELECT abs(biobert_similarity(biobert_embed_query('aspirin'), biobert_embed('stroke')) - biobert_similarity('aspirin', 'stroke')) < 1e-9;
SELECT abs(biobert_similarity('aspirin', 'stroke') + biobert_distance('aspirin', 'stroke') - 1) < 1e-12;
SELECT abs(biobert_similarity(biobert_embed('aspirin'), biobert_embed('aspirin')) - 1) < 1e-9;
-- a unit vector
SELECT abs(biobert_distance(biobert_embed('aspirin'), biobert_slice(biobert_embed('aspirin'), 0, 32), 'dot') + 1) < 1e-6;
SELECT biobert_embed_pair('aspirin', 'stroke') <> biobert_embed('aspirin stroke'), length(biobert_embed_pair('', ''));
-- truncation: what lies behind the maximum does not count
SELECT biobert_embed(replace(hex(zeroblob(100)), '00', 'aspirin ')) = biobert_embed(replace(hex(zeroblob(200)), '00', 'aspirin '));
-- a column of embeddings in a table that exists
ALTER TABLE papers ADD COLUMN embedding BLOB;
UPDATE papers SET embedding = biobert_embed(title || '. ' || abstract) WHERE abstract <> '';
SELECT id, typeof(embedding) FROM papers;
SELECT id FROM papers WHERE embedding IS NOT NULL ORDER BY biobert_similarity(biobert_embed('aspirin. aspirin in stroke'), embedding) DESC LIMIT 1;
-- usable in the user's own trigger, refused in an index
CREATE TRIGGER embed_new AFTER INSERT ON papers BEGIN
  UPDATE papers SET embedding = biobert_embed(new.abstract) WHERE id = new.id;
END;
INSERT INTO papers(title, abstract) VALUES ('new', 'tumor');
SELECT id, length(embedding) FROM papers WHERE title = 'new';
CREATE INDEX bad ON papers(biobert_embed(abstract));
