#!/usr/bin/env bash
# pubmedqa.sh ori_pqal.json - does the abstract answer the question with yes, no or maybe? PubMedQA (Jin et
# al. 2019, arXiv:1909.06146; github.com/pubmedqa/pubmedqa, MIT), 500 questions held out as its authors did.
# Minutes on two cores.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
data=${1:?usage: examples/train/pubmedqa.sh ori_pqal.json (from github.com/pubmedqa/pubmedqa)}
mkdir -p build/examples
sqlite3 -cmd '.load ./biobert' -cmd '.mode box' <<SQL
CREATE TABLE questions(id INTEGER PRIMARY KEY, question TEXT, answer TEXT, label TEXT);
INSERT INTO questions SELECT key, value ->> 'QUESTION', value ->> 'LONG_ANSWER', value ->> 'final_decision'
  FROM json_each(readfile('$data'));
SELECT label, count(*) FROM questions GROUP BY label;
-- the conclusion of the abstract beside the question: what the task calls reasoning-free
SELECT epoch, round(loss, 3) AS loss, metric, round(value, 3) AS value, message
  FROM biobert_train('classify', 'SELECT question, answer, label FROM questions WHERE id % 2', 'build/examples/pubmedqa',
    '{"epochs": 8, "batch": 1024, "learning_rate": 1e-4, "evaluate": "SELECT question, answer, label FROM questions WHERE NOT id % 2"}')
 WHERE metric IS NOT NULL;
SQL
