"""Retrieval quality of the search index: nDCG@10 of every mode on collections given by argument.

    python3 tests/recall/quality.py --pubmedqa FOLDER --medquad FOLDER

For each collection one index is made by biobert.so in the sqlite3 shell, under build/recall/, and
asked every question. `semantic` must equal a brute-force scan in double precision over the stored
vectors (1e-6), ids and order; the exit status says so. --rules compares fusion rules outside of
the index, from its own distances and BM25, and shows that the index follows its rule. Only Python's
standard library and the sqlite3 shell are needed. README.md here has what was measured.
"""

import argparse
import collections
import gzip
import json
import math
import os
import sqlite3
import struct
import subprocess
import sys
from operator import mul
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build/recall"
DEPTH = 10
MODES = {  # name: the condition that asks for it
    "lexical": "mode = 'lexical'",
    "semantic": "mode = 'semantic'",
    "hybrid without feedback": "mode = 'hybrid' AND feedback = 0",
    "hybrid": "mode = 'hybrid'",
}
FEEDBACK_WEIGHT, FEEDBACK_ROWS = 0.3, 3


# Collections: documents {id: text}, questions [(text, ids that answer it)] -------------------------

def pubmedqa(folder, limit):
    """A question and the abstract (without its conclusion) that it was asked of."""
    records = json.loads((Path(folder) / "ori_pqal.json").read_text(encoding="utf-8"))
    documents, questions = {}, []
    for number, record in enumerate(list(records.values())[:limit], 1):
        documents[number] = " ".join(record["CONTEXTS"])
        questions.append((record["QUESTION"], {number}))
    return documents, questions


def medquad(folder, limit):
    """A question and its answers: every k-th record, so that all sources are there; equal answers
    are one document, equal questions one question."""
    path = Path(folder) / "medquad_answered.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    step = max(1, len(records) // limit) if limit else 1
    ids, answers = {}, collections.defaultdict(set)
    for record in records[::step]:
        text = " ".join(record["answer"].split())
        answers[record["question"]].add(ids.setdefault(text, len(ids) + 1))
    return {number: text for text, number in ids.items()}, list(answers.items())


# The index ---------------------------------------------------------------------------------------

class Index:
    def __init__(self, name, documents, questions, args):
        self.args = args
        self.path = WORK / f"{name}.db"
        if self.path.exists() and not args.keep:
            self.path.unlink()
        if not self.path.exists():
            self.fill(documents, questions)

    def fill(self, documents, questions):
        db = sqlite3.connect(self.path)
        db.execute("CREATE TABLE documents(id INTEGER PRIMARY KEY, text TEXT)")
        db.execute("CREATE TABLE questions(id INTEGER PRIMARY KEY, text TEXT)")
        db.executemany("INSERT INTO documents VALUES(?, ?)", documents.items())
        db.executemany("INSERT INTO questions VALUES(?, ?)",
                       [(n, text) for n, (text, _) in enumerate(questions)])
        db.commit()
        db.close()
        self.ask("CREATE VIRTUAL TABLE s USING biobert(text, content=documents, content_rowid=id);"
                 "SELECT max(done), max(failed) FROM biobert_sync('s');"
                 "CREATE TABLE vectors AS SELECT id, biobert_embed_query(text) AS v FROM questions;")

    def ask(self, sql):
        """Rows of text, as the shell prints them."""
        load = ("CREATE TEMP TABLE loaded AS SELECT biobert_load("
                f"""'{self.args.model}', 'default', '{{"precision":"{self.args.precision}"}}');""")
        command = [self.args.sqlite3, "-init", os.devnull, "-bail", "-cmd",
                   f".load {self.args.extension}", "-cmd", load, str(self.path)]
        done = subprocess.run(command, input=sql, text=True, capture_output=True)
        if done.returncode or done.stderr:
            sys.exit(f"quality: {done.stderr.strip() or 'sqlite3 failed'}")
        return [line.split("|") for line in done.stdout.splitlines()]

    def rankings(self, count, condition, columns="rank", limit=DEPTH):
        """For each question the rows in order: [(id, columns...)]."""
        statement = ("SELECT {n}, rowid, {columns} FROM s WHERE s MATCH (SELECT text FROM questions "
                     "WHERE id = {n}) AND {condition} LIMIT {limit};")
        sql = "\n".join(statement.format(n=n, columns=columns, condition=condition, limit=limit)
                        for n in range(count))
        found = [[] for _ in range(count)]
        for n, row, *rest in self.ask(sql):
            found[int(n)].append((int(row), *(float(x) if x else None for x in rest)))
        return found

    def query_vectors(self):
        return {int(k): unit(struct.unpack(f"<{len(h) // 8}f", bytes.fromhex(h)))
                for k, h in self.ask("SELECT id, hex(v) FROM vectors;")}

    def stored_vectors(self):
        """{id: [a vector of length 1 for each passage]}, straight out of the shadow tables, whose
        bytes ext/search/shadow_tables.c describes."""
        db = sqlite3.connect(self.path)
        n, = db.execute("SELECT v FROM s_config WHERE k = 'dimension'").fetchone()
        blocks = dict(db.execute("SELECT id, v FROM s_full"))
        found = collections.defaultdict(list)
        for cid, used, live, ids in db.execute("SELECT cid, n, live, ids FROM s_chunks ORDER BY cid"):
            for slot in range(used):
                if live[slot // 8] >> slot % 8 & 1:
                    key, = struct.unpack_from("<q", ids, 8 * slot)
                    block = blocks[cid * 16 + slot // 16]
                    factor, *values = struct.unpack_from(f"<f{n}e", block, slot % 16 * (4 + 2 * n))
                    found[key].append(unit([factor * x for x in values]))
        db.close()
        return found


# Measures ------------------------------------------------------------------------------------------

def ndcg(ranking, relevant):
    gain = sum(1 / math.log2(place + 2)
               for place, row in enumerate(ranking[:DEPTH]) if row in relevant)
    best = sum(1 / math.log2(place + 2) for place in range(min(DEPTH, len(relevant))))
    return gain / best


def mean_ndcg(rankings, questions):
    return sum(ndcg(r, relevant) for r, (_, relevant) in zip(rankings, questions)) / len(questions)


def dot(a, b):
    return sum(map(mul, a, b))


def unit(v):
    length = math.sqrt(dot(v, v))
    return [x / length for x in v] if length else list(v)


def similarities(query, stored):
    """Of each document: that of its best passage, which its distance is of, and that of the first."""
    best, first = {}, {}
    for key, passages in stored.items():
        scores = [dot(query, v) for v in passages]
        best[key], first[key] = max(scores), scores[0]
    return best, first


def of_documents(query, stored):
    """What hybrid mode ranks by."""
    best, first = similarities(query, stored)
    return {key: (best[key] + first[key]) / 2 for key in best}


def brute_force(index, questions):
    """How many answers of `semantic` are not those of a scan over the stored vectors. Rows
    whose distances are within 1e-6 may swap."""
    stored, asked = index.stored_vectors(), index.query_vectors()
    found = index.rankings(len(questions), MODES["semantic"], "distance")
    wrong = 0
    for n, ranking in enumerate(found):
        truth = {key: 1 - s for key, s in similarities(asked[n], stored)[0].items()}
        order = sorted(truth, key=lambda key: (truth[key], key))[:DEPTH]
        same = [row for row, _ in ranking] == order or all(
            abs(truth[row] - truth[best]) <= 1e-6 and abs(distance - truth[row]) <= 1e-6
            for (row, distance), best in zip(ranking, order))
        wrong += not same or len(ranking) != len(order)
    return wrong


# Fusion rules ---------------------------------------------------------------------------------------

def standard(cosines):
    mean = sum(cosines.values()) / len(cosines)
    deviation = math.sqrt(sum((c - mean) ** 2 for c in cosines.values()) / len(cosines))
    return mean, deviation or 1.0


def z_rule(weight):
    def fuse(cosines, words):
        mean, deviation = standard(cosines)
        return {key: weight * (c - mean) / deviation / 6 + (1 - weight) * words.get(key, 0.0)
                for key, c in cosines.items()}
    return fuse


def cosine_rule(weight):
    return lambda cosines, words: {key: weight * c + (1 - weight) * words.get(key, 0.0)
                                   for key, c in cosines.items()}


def reciprocal_ranks(cosines, words):
    score = collections.Counter()
    for side in (cosines, words):
        for place, key in enumerate(sorted(side, key=side.get, reverse=True)[:200], 1):
            score[key] += 1 / (60 + place)
    return score


RULES = {
    "0.7 cosine + 0.3 bm25/max": cosine_rule(0.7),
    "0.5 z/6 + 0.5 bm25/max": z_rule(0.5),
    "0.6 z/6 + 0.4 bm25/max": z_rule(0.6),
    "0.7 z/6 + 0.3 bm25/max": z_rule(0.7),
    "reciprocal ranks, k=60": reciprocal_ranks,
}


def top(scores, count):
    return sorted(scores, key=lambda key: (-scores[key], key))[:count]


def moved_query(query, rows, stored):
    """The query moved toward the mean of the rows' best passages."""
    best = [max(stored[row], key=lambda v: dot(query, v)) for row in rows]
    mean = [sum(column) / len(rows) for column in zip(*best)]
    return unit([q + FEEDBACK_WEIGHT * m for q, m in zip(query, mean)])


def compare_rules(index, questions):
    """{rule: (nDCG, nDCG with feedback by vectors)}, and how many rankings of the index without feedback
    are not its rule's."""
    stored, asked = index.stored_vectors(), index.query_vectors()
    lexical = index.rankings(len(questions), MODES["lexical"], "bm25", len(stored))
    ours = index.rankings(len(questions), MODES["hybrid without feedback"])
    plain, fed, differ = collections.defaultdict(list), collections.defaultdict(list), 0
    for n in range(len(questions)):
        cosines = of_documents(asked[n], stored)
        best = min((b for _, b in lexical[n]), default=-1.0)
        words = {row: b / best for row, b in lexical[n]}
        for name, rule in RULES.items():
            scores = rule(cosines, words)
            plain[name].append(top(scores, DEPTH))
            if name.startswith("0.6") or name.startswith("0.7 c"):
                moved = moved_query(asked[n], top(scores, FEEDBACK_ROWS), stored)
                again = of_documents(moved, stored)
                fed[name].append(top(rule(again, words), DEPTH))
        differ += [row for row, _ in ours[n]] != plain["0.6 z/6 + 0.4 bm25/max"][n]
    table = {name: (mean_ndcg(plain[name], questions),
                    mean_ndcg(fed[name], questions) if fed[name] else None) for name in RULES}
    return table, differ


# Saying it ------------------------------------------------------------------------------------------

def measure(name, documents, questions, args):
    index = Index(name, documents, questions, args)
    print(f"\n### {name}: {len(documents)} documents, {len(questions)} questions\n", flush=True)
    print(f"| mode | nDCG@{DEPTH} |\n| --- | --- |")
    for mode, condition in MODES.items():
        rankings = index.rankings(len(questions), condition)
        rows = [[row for row, _ in ranking] for ranking in rankings]
        print(f"| {mode} | {mean_ndcg(rows, questions):.4f} |", flush=True)
    if args.rules:
        print(f"\n| rule | nDCG@{DEPTH} | with feedback by vectors |\n| --- | --- | --- |")
        table, differ = compare_rules(index, questions)
        for rule, (plain, fed) in table.items():
            print(f"| {rule} | {plain:.4f} | {f'{fed:.4f}' if fed else ''} |")
        print(f"\n{differ} of {len(questions)} hybrid answers without feedback are not its rule's, computed anew")
    checked = questions[:args.check]
    wrong = brute_force(index, checked)
    print(f"\n{wrong} of {len(checked)} semantic answers differ from brute force", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pubmedqa", metavar="FOLDER", help="with ori_pqal.json")
    parser.add_argument("--medquad", metavar="FOLDER", help="with medquad_answered.jsonl.gz")
    parser.add_argument("--limit", type=int, default=2000, help="documents of a collection, about")
    parser.add_argument("--check", type=int, default=300, help="questions compared with brute force")
    parser.add_argument("--rules", action="store_true", help="compare fusion rules (slow)")
    parser.add_argument("--keep", action="store_true", help="use the index of the last run")
    parser.add_argument("--sqlite3", default="sqlite3", help="the shell")
    parser.add_argument("--extension", default=ROOT / "build/release/biobert.so")
    parser.add_argument("--model", default=ROOT / "models/default")
    parser.add_argument("--precision", default="f32", help="f32 or int8")
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for name, load in (("pubmedqa", pubmedqa), ("medquad", medquad)):
        if getattr(args, name):
            wrong += measure(name, *load(getattr(args, name), args.limit), args)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
