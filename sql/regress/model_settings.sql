-- What a model's files say and SQL shows: the distance of an index, options for files that do not tell.
.nullvalue NULL
.shell rm -rf build/tmp_settings && mkdir -p build/tmp_settings && cp -r tests/golden/models/st_mean build/tmp_settings/dot && cp -r tests/golden/models/st_mean build/tmp_settings/manhattan
.shell for m in dot manhattan; do sed -i "s/cosine/$m/" build/tmp_settings/$m/config_sentence_transformers.json; done
SELECT biobert_load('build/tmp_settings/dot', 'dot'), biobert_load('build/tmp_settings/manhattan', 'manhattan');
SELECT name, notes FROM biobert_models WHERE name <> 'default' ORDER BY 1;

-- An index takes the distance of its model's files, unless it was told another.
ATTACH 'build/tmp_settings/a.db' AS a;
CREATE TABLE a.papers(id INTEGER PRIMARY KEY, title TEXT);
INSERT INTO papers VALUES(1, 'aspirin after stroke'), (2, 'insulin'), (3, 'a vaccine');
CREATE VIRTUAL TABLE a.s USING biobert(title, content='papers', search='semantic', model='dot');
CREATE VIRTUAL TABLE a.told USING biobert(title, content='papers', search='semantic', model='dot', distance='cosine');
CREATE VIRTUAL TABLE a.m USING biobert(title, content='papers', search='semantic', model='manhattan');
CREATE VIRTUAL TABLE a.standard USING biobert(title, content='papers', search='semantic');
SELECT max(message) FROM biobert_sync('s');
SELECT max(message) FROM biobert_sync('told');
SELECT max(message) FROM biobert_sync('m');
SELECT max(message) FROM biobert_sync('standard');
SELECT s.rowid, round(s.distance - biobert_distance('aspirin', p.title, 'dot', 'dot'), 2) = 0.0 FROM s('aspirin') JOIN papers p ON p.id = s.rowid ORDER BY 1;
SELECT told.rowid, round(distance - biobert_distance('aspirin', p.title, 'cosine', 'dot'), 2) = 0.0 FROM told('aspirin') JOIN papers p ON p.id = told.rowid ORDER BY 1;
SELECT m.rowid, round(distance - biobert_distance('aspirin', p.title, 'cosine', 'manhattan'), 2) = 0.0 FROM m('aspirin') JOIN papers p ON p.id = m.rowid ORDER BY 1;
SELECT notes FROM biobert_status('told');
SELECT notes FROM biobert_status('s');
INSERT INTO s(s) VALUES('integrity-check');

-- It is recorded: another connection has it, and an index made before it was keeps cosine.
.shell sqlite3 -batch -init /dev/null build/tmp_settings/a.db ".load ${BUILD:-build/release}/biobert" "SELECT biobert_load('build/tmp_settings/dot', 'dot')" "SELECT s.rowid, round(s.distance - biobert_distance('aspirin', p.title, 'dot', 'dot'), 2) = 0.0 FROM s('aspirin') JOIN papers p ON p.id = s.rowid ORDER BY 1" "INSERT INTO s(s) VALUES('integrity-check')" 2>&1
-- After a reset the model is asked anew; a name that is none of ours is damage.
INSERT INTO s(s) VALUES('reset');
SELECT v FROM s_config WHERE k = 'distance';
SELECT max(message) FROM biobert_sync('s');
SELECT v FROM s_config WHERE k = 'distance';
.shell sqlite3 -batch -init /dev/null build/tmp_settings/a.db "DELETE FROM s_config WHERE k = 'distance'; REPLACE INTO m_config VALUES('distance', 'cosinus')"
.shell sqlite3 -batch -init /dev/null build/tmp_settings/a.db ".load ${BUILD:-build/release}/biobert" "SELECT biobert_load('build/tmp_settings/dot', 'dot'), biobert_load('build/tmp_settings/manhattan', 'manhattan')" "SELECT s.rowid, s.distance > 0 FROM s('aspirin') ORDER BY 1" 2>&1
.shell sqlite3 -batch -init /dev/null build/tmp_settings/a.db ".load ${BUILD:-build/release}/biobert" "SELECT biobert_load('build/tmp_settings/manhattan', 'manhattan')" "SELECT * FROM m('aspirin')" 2>&1 | grep -o 'damaged: the distance'
DETACH a;

-- Options.
SELECT biobert_load('tests/golden/models/st_mean', 'cut', '{"dimension": 8}');
SELECT dimension FROM biobert_models WHERE name = 'cut';
SELECT round(biobert_similarity(biobert_normalize(biobert_slice(biobert_embed('aspirin'), 0, 8)), biobert_embed('aspirin', 'cut')), 5);
SELECT biobert_load('tests/golden/models/st_mean', 'x', '{"dimension": 33}');
SELECT biobert_load('tests/golden/models/st_mean', 'x', '{"dimension": 0}');
SELECT biobert_load('tests/golden/models/st_mean', 'x', '{"task": "answers"}');
SELECT biobert_load('tests/golden/models/two_encoders', 'x', '{"encoder": "query_encoder"}');
SELECT biobert_load('tests/golden/models/two_encoders', 'question', '{"encoder": "question_encoder"}'), biobert_load('tests/golden/models/two_encoders', 'context', '{"encoder": "ctx_encoder"}');
SELECT name, pooling, notes FROM biobert_models WHERE name IN ('question', 'context') ORDER BY 1;
SELECT biobert_embed('ATG', 'question') <> biobert_embed('ATG', 'context');
-- Which of two encoders, and to how many values, is part of what makes a vector.
SELECT count(DISTINCT fingerprint) FROM biobert_models WHERE name IN ('question', 'context', 'default', 'cut');

-- Sequences as FASTA files have them.
SELECT biobert_kmers('>NM_000059.4 BRCA2' || char(10) || 'ATGC' || char(13, 10) || 'ATGC' || char(10), 6);
SELECT biobert_residues('>sp|P1' || char(10) || 'MKU' || char(10) || ';note' || char(10) || 'VL');
SELECT biobert_kmers('>only a header', 1), biobert_residues('>only a header'), biobert_kmers(char(10), 1);
SELECT biobert_kmers('A>C', 3), biobert_kmers('ATG', 4), biobert_kmers('ATG', 3);
.shell rm -rf build/tmp_settings
