-- Molecules as SMILES: which of them carry a group that toxicologists look for. Seconds on two cores.
--
--     sqlite3 < examples/train/toxicity.sql
--
-- The molecules are synthetic, put together of fragments, and so are the labels: a molecule is
-- "alert" if it has a nitro group, an epoxide or a hydrazine (structural alerts of Ashby & Tennant
-- 1988, doi:10.1016/0165-1218(88)90114-0). What is shown is the mechanics, not toxicology.
.load ./biobert
.mode box
CREATE TABLE molecules(id INTEGER PRIMARY KEY, smiles TEXT, label TEXT);
INSERT INTO molecules(smiles, label)
WITH cores(core) AS (VALUES ('c1ccccc1'), ('c1ccncc1'), ('C1CCCCC1'), ('c1ccc2ccccc2c1'), ('c1ccsc1'), ('C1CCNCC1'), ('c1ccoc1')),
  chains(chain) AS (VALUES (''), ('C'), ('CC'), ('CO'), ('C(=O)N'), ('C(=O)O'), ('CN'), ('S(=O)(=O)N')),
  ends(ending, label) AS (VALUES ('[N+](=O)[O-]', 'alert'), ('C1CO1', 'alert'), ('NN', 'alert'), ('N(C)C', 'none'),
    ('C(=O)OC', 'none'), ('C(F)(F)F', 'none'), ('Cl', 'none'), ('C#N', 'none'), ('OC', 'none'))
SELECT chain || core || ending, label FROM cores, chains, ends ORDER BY (length(core) * 31 + length(chain) * 17 + length(ending)) % 23, 1;
SELECT label, count(*), min(smiles) AS one_of_them FROM molecules GROUP BY label;

.print A model of two layers, from scratch, with a vocabulary of its own; a quarter is held out.
SELECT epoch, round(loss, 3) AS loss, metric, round(value, 3) AS value, message
  FROM biobert_train('classify', 'SELECT smiles, label FROM molecules WHERE id % 4', 'build/examples/toxicity',
    (SELECT json_object('epochs', 30, 'learning_rate', 1e-3, 'batch', 1024,
        'evaluate', 'SELECT smiles, label FROM molecules WHERE NOT id % 4',
        'config', json_object('layers', 2, 'hidden', 64, 'heads', 4, 'intermediate', 128, 'positions', 64,
          'lowercase', json('false'), 'vocabulary', biobert_vocabulary(smiles, 60, '{"lowercase": false}')))
       FROM molecules))
 WHERE metric IS NOT NULL AND epoch % 6 = 0;
SELECT biobert_load('build/examples/toxicity', 'toxicity');
SELECT smiles, label, (SELECT c.label || ' ' || round(c.score, 2) FROM biobert_classify(smiles, 'toxicity') c LIMIT 1) AS told
  FROM molecules WHERE NOT id % 4 LIMIT 5;
