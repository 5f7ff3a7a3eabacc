-- Training: what is refused, a run, what it writes, and the same run again.
.nullvalue NULL
.shell rm -rf build/tmp_train && mkdir -p build/tmp_train
SELECT biobert_load('tests/golden/models/relations', 'start'), biobert_load('tests/golden/models/st_cls', 'teacher');
CREATE TABLE papers(id INTEGER PRIMARY KEY, abstract TEXT, decision TEXT);
INSERT INTO papers WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
  SELECT i, 'aspirin study number ' || i || ' of disease ' || char(97 + i % 7), iif(i % 3, 'include', 'exclude') FROM n;
-- the arguments
SELECT * FROM biobert_train('classify', 'SELECT 1');
SELECT * FROM biobert_train('translate', 'SELECT abstract FROM papers', 'build/tmp_train/x');
SELECT * FROM biobert_train('classify', 'SELECT nosuch FROM papers', 'build/tmp_train/x');
SELECT * FROM biobert_train('classify', 'DELETE FROM papers', 'build/tmp_train/x');
SELECT * FROM biobert_train('classify', 'SELECT 1; SELECT 2', 'build/tmp_train/x');
SELECT * FROM biobert_train('classify', '', 'build/tmp_train/x');
SELECT * FROM biobert_train('classify', 'SELECT abstract FROM papers', 'build/tmp_train/x', '{"model": "start"}');
SELECT * FROM biobert_train('classify', 'SELECT abstract, decision FROM papers', 'build/tmp_train/x', '{"model": "nosuch"}');
SELECT * FROM biobert_train('classify', 'SELECT abstract, decision FROM papers', 'build/tmp_train/x', '{"epoch": 1}');
SELECT * FROM biobert_train('classify', 'SELECT id, decision FROM papers', 'build/tmp_train/x', '{"model": "start"}');
SELECT * FROM biobert_train('classify', 'SELECT abstract, decision FROM papers WHERE id < 0', 'build/tmp_train/x', '{"model": "start"}');
SELECT * FROM biobert_train('classify', 'SELECT abstract, decision FROM papers', 'build/tmp_train/x',
  '{"model": "start", "evaluate": "SELECT abstract, decision FROM papers WHERE id = 7"}');
SELECT * FROM biobert_train('distil', 'SELECT abstract FROM papers', 'build/tmp_train/x', '{"model": "start"}');
SELECT * FROM biobert_train(NULL, 'SELECT 1', 'build/tmp_train/x');
-- not from a view or a trigger of a file
CREATE VIEW v AS SELECT * FROM biobert_train('classify', 'SELECT abstract, decision FROM papers', 'build/tmp_train/x');
SELECT * FROM v;
-- a run; every step is a row, every epoch one more
SELECT step, steps, epoch, loss > 0, learning_rate, tokens_per_second > 0, eta_seconds >= 0, metric, value BETWEEN 0 AND 1, message
  FROM biobert_train('classify', 'SELECT abstract, decision FROM papers WHERE id <= 16', 'build/tmp_train/screener',
    '{"model": "start", "epochs": 2, "batch": 150, "evaluate": "SELECT abstract, decision FROM papers WHERE id > 16"}')
 WHERE metric IS NOT NULL OR step <= 2;
.shell ls build/tmp_train build/tmp_train/screener
SELECT biobert_load('build/tmp_train/screener', 'screener');
SELECT task, labels FROM biobert_models WHERE name = 'screener';
SELECT count(*), sum(score) BETWEEN 0.99999 AND 1.00001 FROM biobert_classify('aspirin', 'screener');
-- the same again trains nothing; other arguments are refused
SELECT step, steps, loss, metric, message FROM biobert_train('classify', 'SELECT abstract, decision FROM papers WHERE id <= 16',
  'build/tmp_train/screener', '{"model": "start", "epochs": 2, "batch": 150, "evaluate": "SELECT abstract, decision FROM papers WHERE id > 16"}');
SELECT * FROM biobert_train('classify', 'SELECT abstract, decision FROM papers', 'build/tmp_train/screener', '{"model": "start"}');
SELECT * FROM biobert_train('classify', 'SELECT abstract, decision FROM papers', 'tests/golden/models/relations', '{"model": "start"}');
-- NULLs are counted; a run that is left goes on
UPDATE papers SET decision = NULL WHERE id = 3;
SELECT step, message FROM biobert_train('classify', 'SELECT abstract, decision FROM papers', 'build/tmp_train/left', '{"model": "start", "batch": 150}') LIMIT 2;
SELECT step, message FROM biobert_train('classify', 'SELECT abstract, decision FROM papers', 'build/tmp_train/left', '{"model": "start", "batch": 150}') LIMIT 1;
-- a new model with its own vocabulary
SELECT max(step), min(loss) > 0 FROM biobert_train('mlm', 'SELECT biobert_kmers(''ATGCATGCAATG'', 3) FROM papers', 'build/tmp_train/dna',
  json_object('steps', 2, 'config', json_object('layers', 1, 'hidden', 16, 'heads', 2, 'intermediate', 32,
    'vocabulary', '[PAD]
[UNK]
[CLS]
[SEP]
[MASK]
atg
tgc
gca
cat
caa
aat
')));
SELECT biobert_load('build/tmp_train/dna', 'dna'), biobert_token_count('ATG TGC', 'dna');
-- another model's vectors
SELECT step, round(loss, 4) > 0, message FROM biobert_train('distil', 'SELECT abstract FROM papers', 'build/tmp_train/pupil',
  '{"model": "start", "teacher": "teacher", "steps": 1}');
-- where models may not be loaded, none is made: for good in this process, so it comes last
SELECT biobert_config('locked', 1);
SELECT * FROM biobert_train('mlm', 'SELECT abstract FROM papers', 'build/tmp_train/x', '{"model": "start"}');
.shell ls build/tmp_train
