#!/usr/bin/env bash
# medquad.sh medquad_answered.jsonl.gz - the model of a search learns from questions and their answers: MedQuAD
# (Ben Abacha & Demner-Fushman 2019, doi:10.1186/s12859-019-3119-4, CC BY 4.0). The metric is the mean reciprocal
# rank of the answer to a question held out, among all held out. Three minutes on two cores.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
data=${1:?usage: examples/train/medquad.sh medquad_answered.jsonl.gz}
mkdir -p build/examples
# A line an object becomes one array.
zcat -f -- "$data" | sed '1s/^/[/; $!s/$/,/; $s/$/]/' >build/examples/medquad.json
sqlite3 -cmd '.load ./biobert' -cmd '.mode box' <<'SQL'
CREATE TABLE pairs(id INTEGER PRIMARY KEY, question TEXT, answer TEXT);
INSERT INTO pairs(question, answer)
  SELECT value ->> 'question', value ->> 'answer' FROM json_each(readfile('build/examples/medquad.json'))
   WHERE value ->> 'answer' <> '' GROUP BY value ->> 'answer' ORDER BY min(key);
SELECT count(*) FROM pairs;
SELECT epoch, round(loss, 3) AS loss, metric, round(value, 4) AS value, message
  FROM biobert_train('embed', 'SELECT question, answer FROM pairs WHERE id % 4 LIMIT 3000', 'build/examples/medquad',
    '{"epochs": 1, "batch": 8192, "max_tokens": 128, "evaluate": "SELECT question, answer FROM pairs WHERE NOT id % 4 LIMIT 1000"}')
 WHERE metric IS NOT NULL;
SQL
