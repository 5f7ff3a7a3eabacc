-- Relations between a chemical and a protein: inhibits, activates, or none. Seconds on two cores.
--
--     sqlite3 < examples/train/relations.sql
--
-- The sentences are made of patterns and names, as in ChemProt's five classes in the small (Krallinger
-- et al. 2017); the names of the sentences held out do not occur in those that are learnt from. Names
-- are replaced by @CHEMICAL$ and @GENE$, as BioBERT's authors did.
.load ./biobert
.mode box
CREATE TABLE sentences(id INTEGER PRIMARY KEY, sentence TEXT, relation TEXT);
INSERT INTO sentences(sentence, relation)
WITH patterns(pattern, relation) AS (VALUES
    ('@CHEMICAL$ is a potent inhibitor of @GENE$ in %s.', 'inhibits'),
    ('The activity of @GENE$ in %s was blocked by @CHEMICAL$.', 'inhibits'),
    ('@CHEMICAL$ reduced @GENE$ signalling of %s.', 'inhibits'),
    ('In %s, @GENE$ was suppressed after @CHEMICAL$.', 'inhibits'),
    ('@CHEMICAL$ activates @GENE$ in %s.', 'activates'),
    ('Treatment of %s with @CHEMICAL$ increased the activity of @GENE$.', 'activates'),
    ('@GENE$ of %s is stimulated by @CHEMICAL$.', 'activates'),
    ('@CHEMICAL$, an agonist of @GENE$, was given to %s.', 'activates'),
    ('@CHEMICAL$ had no effect on @GENE$ in %s.', 'none'),
    ('Neither @CHEMICAL$ nor placebo changed @GENE$ in %s.', 'none'),
    ('@GENE$ of %s was measured before @CHEMICAL$ was given.', 'none'),
    ('%s expressing @GENE$ were stored in @CHEMICAL$.', 'none')),
  places(place) AS (VALUES ('rat liver'), ('human platelets'), ('HeLa cells'), ('patients with asthma'), ('mouse neurons'),
    ('cultured macrophages'), ('zebrafish'), ('isolated mitochondria'), ('tumour biopsies'), ('healthy volunteers'))
SELECT replace(pattern, '%s', place), relation FROM patterns, places ORDER BY length(place) * 7 % 11, pattern;
-- Held out: a pattern of each relation that no row to learn from has.
CREATE VIEW held_out AS SELECT sentence, relation FROM sentences
  WHERE sentence LIKE 'In %' OR sentence LIKE '%agonist%' OR sentence LIKE 'Neither%';
SELECT relation, count(*), min(sentence) AS one_of_them FROM sentences GROUP BY relation;

.print From the default model; patterns that are held out were never seen.
SELECT epoch, round(loss, 3) AS loss, metric, round(value, 3) AS value, message
  FROM biobert_train('classify', 'SELECT * FROM (SELECT sentence, relation FROM sentences EXCEPT SELECT * FROM held_out)',
    'build/examples/relations', '{"epochs": 6, "batch": 512, "learning_rate": 1e-4, "evaluate": "SELECT * FROM held_out"}')
 WHERE metric IS NOT NULL;
