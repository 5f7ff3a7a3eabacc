#!/usr/bin/env python3
"""Classifiers and screening: figures for SCREENING_RESULTS.md.

    python tests/bench/screening.py fit         biobert_fit() beside scikit-learn (of
                                                requirements_classifiers.txt)
    python tests/bench/screening.py screening   work saved on reviews that were judged

REVIEWS is a database with papers(id, title, abstract) and screening(review, paper, included), such as one
made of the Synergy or Cohen collections; an index of its papers is made beside it, which takes a while.
Times are of one thread, in CPU seconds.
"""

import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("BUILD", "build/release")
EIGHT = ("UrinaryIncontinence OralHypoglycemics Triptans ADHD AtypicalAntipsychotics "
         "CalciumChannelBlockers ProtonPumpInhibitors Bannach-Brown_2019").split()


def shell(path, sql):
    """The answer of the sqlite3 shell, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = ["sqlite3", "-batch", "-init", "/dev/null", "-cmd", f".load {BUILD}/biobert", path, sql]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return answer.strip(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def fit_vectors(rows, dimension, classes, seed=1):
    import numpy
    from sklearn.linear_model import LogisticRegression

    random = numpy.random.default_rng(seed)
    x = random.normal(size=(rows, dimension)).astype("<f4")
    x /= numpy.linalg.norm(x, axis=1, keepdims=True)
    scores = x @ random.normal(size=(dimension, classes)) * 3 + random.gumbel(size=(rows, classes))
    y = scores.argmax(axis=1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vectors.db")
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE t(x BLOB, y INTEGER)")
            db.executemany("INSERT INTO t VALUES(?, ?)", [(v.tobytes(), int(k)) for v, k in zip(x, y)])
        _, ours = shell(path, "SELECT length(biobert_fit(x, y)) FROM t")
    before = time.process_time()
    LogisticRegression(C=1.0, max_iter=1000).fit(x.astype(float), y)
    theirs = time.process_time() - before
    print(f"| fit, {rows:,} × {dimension}, {classes} labels | {ours:.2f} s with probabilities | "
          f"{theirs:.2f} s without |")


def fit_texts(path):
    sql = ("SELECT length(biobert_fit(title || ' ' || abstract, included)) FROM (SELECT title, abstract, included "
           "FROM papers JOIN screening ON paper = id LIMIT 10000)")
    size, seconds = shell(f"file:{path}?mode=ro", sql)
    print(f"| fit, 10,000 abstracts | {seconds:.2f} s, a BLOB of {int(size):,} bytes | |")


def index_reviews(path, folder):
    """A copy with an index and a table of labels a review."""
    copy = os.environ.get("REVIEWS_INDEX") or os.path.join(folder, "reviews.db")
    if not os.path.exists(copy):
        with sqlite3.connect(copy) as db:
            db.execute("ATTACH ? AS r", (path,))
            db.execute("CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT)")
            db.execute("INSERT INTO papers SELECT id, title, abstract FROM r.papers")
        subprocess.run([f"{BUILD}/biobert", "index", "-q", copy], check=True)
    with sqlite3.connect(copy) as db:
        db.execute("ATTACH ? AS r", (path,))
        reviews = [name for name, in db.execute("SELECT DISTINCT review FROM r.screening ORDER BY 1")]
        for name in reviews:
            db.execute(f'CREATE TABLE IF NOT EXISTS "labels {name}" AS SELECT paper, included FROM r.screening '
                       "WHERE review = ?", (name,))
    return copy, reviews


def simulate(db, review, features):
    command = [f"{BUILD}/biobert", "screen", db, "--simulate", f"labels {review}", "--features", features, "--json"]
    rows = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True,
                                                        text=True).stdout.splitlines()]
    return tuple(statistics.mean(row[key] for row in rows) for key in ("wss_95", "recall_10"))


def print_group(db, title, reviews):
    print(f"\n{title}\n\n| features | WSS@95 | recall at 10 % |", *(f" {name} |" for name in reviews), sep="")
    print("|---|---|---|" + "---|" * len(reviews))
    for features in ("auto", "words", "vectors", "both"):
        results = [simulate(db, name, features) for name in reviews]
        print(f"| {features} | {statistics.mean(r[0] for r in results):.3f} | "
              f"{statistics.mean(r[1] for r in results):.3f} |", *(f" {r[0]:.3f} |" for r in results), sep="")


def time_ranking(path, papers=10000):
    with sqlite3.connect(path) as db:
        total = db.execute("SELECT count(*) FROM papers").fetchone()[0]
        index = db.execute("SELECT name FROM sqlite_schema WHERE sql LIKE '%USING biobert%'").fetchone()[0]
    _, seconds = shell(path, "CREATE TEMP TABLE l AS SELECT id, id % 10 = 0 FROM papers LIMIT 1000; "
                             f"SELECT count(*) FROM biobert_screen('{index}', 'temp.l')")
    print(f"| a ranking of {total:,} papers by 1,000 labels | {seconds:.2f} s; {papers:,}: "
          f"{seconds * papers / total:.2f} s |")


def main():
    part, reviews = sys.argv[1], os.environ.get("REVIEWS")
    if part == "fit":
        fit_vectors(10000, 384, 2)
        fit_vectors(10000, 384, 5)
        if reviews:
            fit_texts(reviews)
    elif part == "screening" and reviews:
        with tempfile.TemporaryDirectory() as folder:
            db, names = index_reviews(reviews, folder)
            time_ranking(db)
            print_group(db, "The eight reviews by which the rules were chosen", [n for n in names if n in EIGHT])
            others = [n for n in names if n not in EIGHT]
            if others:
                print_group(db, "Other reviews, which had no part in it", others)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
