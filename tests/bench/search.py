"""Measures the search index against its peers on the same vectors, k = 10, one thread.

In each round every contestant has its turn; a ratio is taken within a round, and what is printed is
the median over the rounds with the smallest and the largest. `ours/this` is how many times faster
`biobert` was than the row. Processes (filling, first query) are measured by their own processor time,
user and system, because a neighbour on a busy machine makes a wall clock lie; queries by the clock.

Run it by `make bench-search`. The vectors are made: a power-law spectrum, 1,000 clusters, a mean cosine
of 0.2, one in 200 a duplicate.
"""

import argparse
import datetime
import importlib.util
import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import sqlite_c
from report import Report, spread, turns

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build/bench-search"
RESULTS = Path(__file__).with_name("SEARCH_RESULTS.md")
OURS = "biobert"
K, QUERIES, SEED = 10, 100, 7
CLUSTERS, SPECTRUM, SHARED, DUPLICATES = 1000, -0.35, 0.5, 200


# Vectors ------------------------------------------------------------------------------------------

class Vectors:
    """Clusters in a space whose directions matter less and less, moved along one direction that all
    share, turned at random."""

    def __init__(self, n, d):
        self.n, self.d = n, d
        rng = np.random.default_rng(SEED)
        self.spectrum = (np.arange(1, d + 1) ** SPECTRUM).astype("f4")
        self.centres = 0.7 * rng.standard_normal((CLUSTERS, d), dtype="f4") * self.spectrum
        shared = rng.standard_normal(d).astype("f4")
        self.shared = shared / np.linalg.norm(shared)
        self.turn = np.linalg.qr(rng.standard_normal((d, d)))[0].astype("f4")
        block = 100_000
        self.rows = np.concatenate([self.some(min(block, n - i), SEED + 1 + i)
                                    for i in range(0, n, block)])
        twins = rng.integers(n, size=(2, n // DUPLICATES))
        self.rows[twins[0]] = self.rows[twins[1]]
        self.queries = self.some(QUERIES, SEED - 1)

    def some(self, count, seed):
        rng = np.random.default_rng(seed)
        v = self.centres[rng.integers(CLUSTERS, size=count)]
        v = v + 0.9 * rng.standard_normal((count, self.d), dtype="f4") * self.spectrum
        v = (v + self.shared * SHARED * np.sqrt((v ** 2).sum(1).mean())) @ self.turn
        return (v / np.linalg.norm(v, axis=1, keepdims=True)).astype("f4")

    def truth(self, query):
        """Rowids of the nearest, in double precision."""
        scores = np.concatenate([self.rows[i:i + 10_000].astype("f8") @ query.astype("f8")
                                 for i in range(0, self.n, 10_000)])
        return list(np.argsort(-scores, kind="stable")[:K] + 1)

    def database(self):
        """A plain table of them, which every contestant copies from."""
        path = WORK / f"{self.n}x{self.d}.db"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            unfinished.unlink(missing_ok=True)
            db = sqlite3.connect(unfinished)
            db.execute("PRAGMA journal_mode = off")
            for name, rows in (("v", self.rows), ("q", self.queries)):
                db.execute(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, e BLOB)")
                db.executemany(f"INSERT INTO {name} VALUES(?, ?)",
                               ((i, row.tobytes()) for i, row in enumerate(rows, 1)))
            db.commit()
            db.close()
            unfinished.rename(path)
        return path


# Contestants ---------------------------------------------------------------------------------------

def inside(package, name):
    spec = importlib.util.find_spec(package)
    if not spec:
        raise ImportError(f"{package} is not installed")
    return next(Path(spec.submodule_search_locations[0]).rglob(name)).with_suffix("")


class Shell:
    """A database that the sqlite3 shell fills and asks. The subclass says how."""
    before = ""   # once in each connection
    memory = ""   # once before warm queries

    def __init__(self, vectors):
        self.vectors = vectors
        self.source = vectors.database()
        self.path = WORK / f"{vectors.n}x{vectors.d}.{type(self).__name__}.db"

    def cost(self, path, sql):
        """Seconds of processor time of a new process."""
        def used():
            r = resource.getrusage(resource.RUSAGE_CHILDREN)
            return r.ru_utime + r.ru_stime
        begin = used()
        done = subprocess.run(["sqlite3", "-init", os.devnull, "-bail", "-cmd",
                               f".load {self.extension}", str(path), self.before + sql],
                              capture_output=True, text=True)
        if done.returncode or done.stderr:
            raise RuntimeError(done.stderr.strip())
        return used() - begin

    def fill(self):
        self.path.unlink(missing_ok=True)
        return self.cost(self.path, f"ATTACH '{self.source}' AS s; {self.create} BEGIN; "
                                    f"{self.insert} COMMIT;")

    def first(self, number):
        """Of the first query of a process: with it, less the same without."""
        query = self.query.replace("?1", f"(SELECT e FROM q.q WHERE id = {number})")
        attach = f"ATTACH '{self.source}' AS q; "
        return self.cost(self.path, attach + query) - self.cost(self.path, attach)

    def open(self):
        self.db = sqlite_c.Database(self.path, self.extension)
        for sql in filter(str.strip, (self.before + self.memory).split(";")):
            self.db.run(sql)
        self.statement = self.db.prepare(self.query)

    def ask(self, query):
        return self.db.first_column(self.statement, query.tobytes())


class Biobert(Shell):
    extension = ROOT / "build/release/biobert"
    query = f"SELECT rowid FROM t WHERE t MATCH ?1 LIMIT {K};"
    insert = "INSERT INTO t(rowid, vector) SELECT id, e FROM s.v;"

    @property
    def create(self):
        return (f"CREATE VIRTUAL TABLE t USING biobert(title, search='semantic', "
                f"dimension={self.vectors.d});")


class SqliteVec(Shell):
    query = f"SELECT rowid FROM t WHERE e MATCH ?1 AND k = {K};"
    insert = "INSERT INTO t(rowid, e) SELECT id, e FROM s.v;"

    def __init__(self, vectors):
        super().__init__(vectors)
        self.extension = inside("sqlite_vec", "vec0.so")
        self.create = (f"CREATE VIRTUAL TABLE t USING vec0(e float[{vectors.d}] "
                     "distance_metric=cosine);")


class SqliteVector(Shell):
    """sqliteai-vector: an 8-bit copy of an ordinary table; approximate."""
    create = "CREATE TABLE t(id INTEGER PRIMARY KEY, e BLOB);"
    memory = "SELECT vector_quantize_preload('t', 'e');"
    query = f"SELECT rowid FROM vector_quantize_scan('t', 'e', ?1, {K});"

    def __init__(self, vectors):
        super().__init__(vectors)
        self.extension = inside("sqlite_vector", "vector.so")
        setup = (f"SELECT vector_init('t', 'e', 'type=FLOAT32,dimension={vectors.d},"
                 "distance=COSINE');")
        self.insert = f"INSERT INTO t SELECT id, e FROM s.v; {setup} SELECT vector_quantize('t', 'e');"
        self.setup = setup

    def first(self, number):
        self.before = self.setup
        return super().first(number)

    def open(self):
        self.before = self.setup
        super().open()


class Faiss:
    """A flat index in memory: exact, nothing on disk."""

    def __init__(self, vectors):
        import faiss
        faiss.omp_set_num_threads(1)
        self.vectors, self.index = vectors, faiss.IndexFlatIP(vectors.d)

    def open(self):
        self.index.add(self.vectors.rows)

    def ask(self, query):
        return [int(i) + 1 for i in self.index.search(query[None], K)[1][0]]


class Usearch:
    """A graph in memory; approximate. Default settings."""

    def __init__(self, vectors):
        from usearch.index import Index
        self.vectors, self.index = vectors, Index(ndim=vectors.d, metric="cos", dtype="f32")

    def open(self):
        self.index.add(np.arange(1, self.vectors.n + 1), self.vectors.rows, threads=1)

    def ask(self, query):
        return [int(key) for key in self.index.search(query, K, threads=1).keys]


class Hnswlib:
    """A graph in memory; approximate. M = 16, ef = 200 building, 64 asking."""

    def __init__(self, vectors):
        import hnswlib
        self.vectors, self.index = vectors, hnswlib.Index(space="cosine", dim=vectors.d)

    def open(self):
        self.index.init_index(self.vectors.n, M=16, ef_construction=200)
        self.index.set_num_threads(1)
        self.index.add_items(self.vectors.rows, np.arange(1, self.vectors.n + 1))
        self.index.set_ef(64)

    def ask(self, query):
        return [int(i) for i in self.index.knn_query(query, K)[0][0]]


DISKS = {OURS: Biobert, "sqlite-vec": SqliteVec, "sqlite-vector 8-bit, preloaded": SqliteVector}
MEMORY = {"FAISS flat": Faiss}
GRAPHS = {"usearch": Usearch, "hnswlib": Hnswlib}


# Measuring -------------------------------------------------------------------------------------------

def rows_of(values, scale, digits):
    """name, median, ours/this."""
    ours = values[OURS]
    for name, all_rounds in values.items():
        ratios = [theirs / max(mine, 1e-9) for mine, theirs in zip(ours, all_rounds)]
        yield [name, f"{statistics.median(all_rounds) * scale:.{digits}f}", spread(ratios)]


def take_turns(contestants, measure, rounds):
    values = {name: [] for name in contestants}
    for i, name in turns(contestants, rounds):
        values[name].append(measure(contestants[name], i))
    return values


def left_in(makers, vectors, report):
    made = {}
    for name, maker in makers.items():
        try:
            made[name] = maker(vectors)
        except Exception as problem:  # whatever it was, the others can be measured
            report.say(f"left out: {name}: {problem}")
    return made


def measure_filling(disks, vectors, report, rounds):
    values = take_turns(disks, lambda c, i: c.fill(), rounds)
    needed = vectors.n * vectors.d * 3  # f16 and int8
    rows = [[*row, f"{disks[row[0]].path.stat().st_size / 1e6:.1f}",
             f"{disks[row[0]].path.stat().st_size / needed:.3f}"]
            for row in rows_of(values, 1e6 / vectors.n, 2)]
    report.table("Filling: ready vectors, one transaction, own storage",
                 ["", "µs a vector", "ours/this", "file MB", "of f16 + int8"], rows)


def measure_first(disks, report, rounds):
    values = take_turns(disks, lambda c, i: c.first(i + 1), rounds)
    report.table("First query of a new process, less the process without it",
                 ["", "ms", "ours/this"], rows_of(values, 1e3, 1))


def measure_warm(contestants, vectors, report, rounds):
    for contestant in contestants.values():
        contestant.open()
    truth = [vectors.truth(q) for q in vectors.queries[:10]]
    recall = {name: np.mean([len(set(c.ask(q)) & set(t)) / K
                             for q, t in zip(vectors.queries, truth)])
              for name, c in contestants.items()}

    def median_of_queries(contestant, i):
        times = []
        for q in vectors.queries[10 * (i % 10):][:10]:
            begin = time.perf_counter()
            contestant.ask(q)
            times.append(time.perf_counter() - begin)
        return statistics.median(times)

    values = take_turns(contestants, median_of_queries, rounds)
    rows = [[*row, f"{recall[row[0]]:.3f}"] for row in rows_of(values, 1e3, 2)]
    codes = vectors.n * vectors.d
    share = codes / statistics.median(values[OURS]) / read_speed(codes)
    report.table("Warm query, median of ten a round", ["", "ms", "ours/this", "recall@10"], rows)
    report.say(f"\n{OURS} reads its codes ({codes / 1e6:.0f} MB) at {share:.0%} of the speed at which "
               "numpy sums as many bytes.")


def read_speed(size):
    """Bytes a second: the best of some sums over memory."""
    memory = np.ones(size // 8, dtype="u8")
    best = 1e9
    for _ in range(7):
        begin = time.perf_counter()
        np.bitwise_or.reduce(memory)
        best = min(best, time.perf_counter() - begin)
    return size / best


def measure(n, d, args, report):
    report.say(f"\n## {n:,} x {d}, k = {K}")
    vectors = Vectors(n, d)
    disks = left_in(DISKS, vectors, report)
    measure_filling(disks, vectors, report, min(args.rounds, 3))
    measure_first(disks, report, args.rounds)
    memory = left_in(MEMORY | (GRAPHS if args.graphs else {}), vectors, report)
    measure_warm(disks | memory, vectors, report, args.rounds)
    for contestant in disks.values():
        contestant.path.unlink(missing_ok=True)


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", action="append", help="vectors x values; 100000x384, 100000x768")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--graphs", action="store_true", help="approximate graphs, in memory, too")
    parser.add_argument("--write", action="store_true", help=f"append to {RESULTS.name}")
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    report = Report()
    load = os.getloadavg()[0]
    report.say(f"# {datetime.date.today()}: {processor()}, SQLite {sqlite3.sqlite_version}, "
               f"load average {load:.1f}")
    for size in args.size or ["100000x384", "100000x768"]:
        n, d = map(int, size.split("x"))
        measure(n, d, args, report)
    if args.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(report.lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
