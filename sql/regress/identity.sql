-- Whose vectors an index has: those of the bytes that were in memory, whatever lies on disk now.
-- gelu_new's weights have the size of st_mean's.
.nullvalue NULL
.shell rm -rf build/tmp_identity && mkdir -p build/tmp_identity && cp -r tests/golden/models/st_mean build/tmp_identity/m
.open build/tmp_identity/a.db
.read '|echo .load $BUILD/biobert'
CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT);
INSERT INTO papers VALUES(1, 'aspirin'), (2, 'gene therapy'), (3, 'heart failure');
CREATE VIRTUAL TABLE s USING biobert(title, content='papers');
SELECT biobert_load('build/tmp_identity/m');
-- Another file in the place of the one that was read, before anything asked for its hash.
.shell cp tests/golden/models/gelu_new/model.safetensors build/tmp_identity/new && mv build/tmp_identity/new build/tmp_identity/m/model.safetensors
INSERT INTO s(s) VALUES('sync');
SELECT substr(fingerprint, 1, 8), notes FROM biobert_status('s');
SELECT substr(sha256, 1, 8), substr(fingerprint, 1, 8) FROM biobert_models;
SELECT rowid FROM s('heart failure', 1);
-- The same connection gets the new files by unloading first, or under another name.
SELECT biobert_load('build/tmp_identity/m');
SELECT biobert_load('build/tmp_identity/m', 'new');
SELECT name, substr(sha256, 1, 8), substr(fingerprint, 1, 8) FROM biobert_models ORDER BY name;
SELECT biobert_embed('aspirin') = biobert_embed('aspirin', 'new');
SELECT rowid FROM s('heart failure', 1);
SELECT biobert_unload('default');
SELECT biobert_load('build/tmp_identity/m');
SELECT rowid FROM s('heart failure', 1);
INSERT INTO papers VALUES(4, 'kinase');
INSERT INTO s(s) VALUES('sync');
-- A second connection gets the new files, too, and does not mix.
.open build/tmp_identity/a.db
.read '|echo .load $BUILD/biobert'
SELECT biobert_load('build/tmp_identity/m');
SELECT rowid FROM s('heart failure', 1);
SELECT message FROM biobert_sync('s');
SELECT rowid, vector IS NULL FROM s ORDER BY rowid;
-- Written to in place, with another time.
.shell cat tests/golden/models/st_mean/model.safetensors > build/tmp_identity/m/model.safetensors; touch -d 2001-01-01 build/tmp_identity/m/model.safetensors
SELECT biobert_load('build/tmp_identity/m', 'third');
SELECT name, substr(sha256, 1, 8) FROM biobert_models ORDER BY name;
SELECT biobert_unload('default'), biobert_load('build/tmp_identity/m');
SELECT rowid FROM s('heart failure', 1);
INSERT INTO s(s) VALUES('sync');
SELECT rowid, vector IS NULL FROM s ORDER BY rowid;
-- Precision is no part of it: a session in int8 searches and fills an index of f32, and the reverse.
SELECT biobert_load('build/tmp_identity/m', 'int8', '{"precision":"int8"}');
SELECT count(DISTINCT fingerprint) FROM biobert_models;
SELECT biobert_unload('default'), biobert_load('build/tmp_identity/m', 'default', '{"precision":"int8"}');
SELECT rowid FROM s('heart failure', 1);
INSERT INTO papers VALUES(5, 'liver');
INSERT INTO s(s) VALUES('sync');
SELECT count(*) FROM s('liver', 9);
SELECT notes FROM biobert_status('s');
CREATE VIRTUAL TABLE i USING biobert(title, content='papers');
INSERT INTO i(i) VALUES('sync');
SELECT biobert_unload('default'), biobert_load('build/tmp_identity/m');
SELECT rowid FROM i('heart failure', 1);
SELECT notes FROM biobert_status('i');
INSERT INTO i(i) VALUES('rebuild');
SELECT notes FROM biobert_status('i');
-- What earlier versions recorded of this model, in f32 and in int8, is its own; it is recorded anew with the next text.
UPDATE s_config SET v = '1ad928da5a647101333a1b848baffee481fb7b0651f6fba659f1f477acd714d6' WHERE k = 'fingerprint';
UPDATE i_config SET v = '999385b7b735e92ead59af1745da330ab6ef0f81c4e2f987586d851525874b33' WHERE k = 'fingerprint';
SELECT rowid FROM s('heart failure', 1);
SELECT rowid FROM i('heart failure', 1);
INSERT INTO papers VALUES(6, 'stroke');
INSERT INTO s(s) VALUES('sync');
SELECT substr(fingerprint, 1, 8) FROM biobert_status('s');
-- A mismatch names a difference, of what both have recorded.
UPDATE s_config SET v = '0ad928da5a647101333a1b848baffee481fb7b0651f6fba659f1f477acd714d6' WHERE k = 'fingerprint';
SELECT rowid FROM s('heart failure', 1);
UPDATE s_config SET v = 'weights a59e5f768d633084' || char(10) || 'normalize 1' || char(10) || 'options {"precision":"int8"}' || char(10) WHERE k = 'model';
SELECT rowid FROM s('heart failure', 1);
UPDATE s_config SET v = 'weights a59e5f768d633084' || char(10) || 'normalize 0' || char(10) WHERE k = 'model';
SELECT rowid FROM s('heart failure', 1);
UPDATE s_config SET v = '' WHERE k = 'model';
SELECT rowid FROM s('heart failure', 1);
DELETE FROM s_config WHERE k = 'model';
SELECT rowid FROM s('heart failure', 1);
.open :memory:
.read '|echo .load $BUILD/biobert'
SELECT biobert_load('tests/golden/models/st_mean');
CREATE VIRTUAL TABLE p USING biobert(title);
INSERT INTO p VALUES('aspirin');
SELECT biobert_unload('default'), biobert_load('tests/golden/models/st_mean', 'default', '{"document_prompt":"x: "}');
SELECT rowid FROM p('aspirin');
SELECT biobert_unload('default'), biobert_load('tests/golden/models/st_mean', 'default', '{"normalize":false}');
SELECT rowid FROM p('aspirin');
.shell rm -rf build/tmp_identity
