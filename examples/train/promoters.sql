-- DNA from scratch: a vocabulary of 3-mers, a small BERT trained on sequences without labels, then
-- promoters told from other sequences. Half a minute on two cores.
--
--     sqlite3 < examples/train/promoters.sql
--
-- The sequences are synthetic: random letters, in promoters with the boxes TTGACA and TATAAT of
-- bacteria (Pribnow 1975, doi:10.1073/pnas.72.3.784), 17 letters apart, one letter of each changed.
-- Half of the others have both boxes in the wrong order.
.load ./biobert
.mode box
CREATE TABLE dna(id INTEGER PRIMARY KEY, sequence TEXT, label TEXT);
-- Random numbers that are the same on every machine: a linear congruential generator (Knuth).
INSERT INTO dna(id, sequence, label)
WITH RECURSIVE
  random(i, x) AS (
    SELECT 0, 20260101
    UNION ALL SELECT i + 1, (x * 1103515245 + 12345) & 2147483647 FROM random WHERE i < 62 * 1200),
  letters(id, at, letter) AS (SELECT i / 62, i % 62, substr('ACGT', 1 + (x >> 16) % 4, 1) FROM random),
  sequences(id, letters) AS (SELECT id, group_concat(letter, '') FROM letters GROUP BY id HAVING count(*) = 62),
  boxes(id, letters, first, second) AS (
    SELECT id, letters,
      -- a letter of each box is the random one that was there
      substr('TTGACA', 1, id % 6) || substr(letters, 62, 1) || substr('TTGACA', id % 6 + 2),
      substr('TATAAT', 1, id % 5) || substr(letters, 61, 1) || substr('TATAAT', id % 5 + 2)
      FROM sequences)
SELECT id,
  CASE id % 4
    WHEN 0 THEN substr(letters, 1, 60)
    WHEN 1 THEN substr(letters, 1, 12) || second || substr(letters, 19, 17) || first || substr(letters, 42, 19)
    ELSE substr(letters, 1, 12) || first || substr(letters, 19, 17) || second || substr(letters, 42, 19) END,
  iif(id % 4 < 2, 'other', 'promoter')
  FROM boxes;
SELECT label, count(*), min(sequence) AS one_of_them FROM dna GROUP BY label;

.print A model of two layers learns the language of the sequences.
SELECT epoch, round(loss, 3) AS loss, metric, round(value, 2) AS value, message
  FROM biobert_train('mlm', 'SELECT biobert_kmers(sequence, 3) FROM dna WHERE id % 5', 'build/examples/dna',
    (SELECT json_object('epochs', 3, 'learning_rate', 1e-3,
        'evaluate', 'SELECT biobert_kmers(sequence, 3) FROM dna WHERE NOT id % 5',
        'config', json_object('layers', 2, 'hidden', 64, 'heads', 4, 'intermediate', 256, 'positions', 64,
          'vocabulary', biobert_vocabulary(biobert_kmers(sequence, 3), 100))) FROM dna))
 WHERE metric IS NOT NULL;

.print Promoters, told by it: a fifth of the sequences is held out.
SELECT biobert_load('build/examples/dna', 'dna');
SELECT epoch, round(loss, 3) AS loss, metric, round(value, 3) AS value, message
  FROM biobert_train('classify', 'SELECT biobert_kmers(sequence, 3), label FROM dna WHERE id % 5', 'build/examples/promoters',
    '{"model": "dna", "epochs": 12, "learning_rate": 1e-3,
      "evaluate": "SELECT biobert_kmers(sequence, 3), label FROM dna WHERE NOT id % 5"}')
 WHERE metric IS NOT NULL;
