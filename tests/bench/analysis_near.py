#!/usr/bin/env python3
"""analysis_near.py - biobert_neighbours(), biobert_duplicates() and biobert_clusters() beside FAISS's flat index
and scikit-learn's KMeans, on one thread, in one run; exactness against products in float64.

    python3 tests/bench/analysis_near.py [ROWS [VECTORS.f32]]      (pip install numpy faiss-cpu scikit-learn)

VECTORS.f32: float32 [n, 384], of which ROWS (100,000) are made by adding noise with their covariance; without it, from
random middles. Times are CPU seconds; ours are those of the SQL statement in the sqlite3 shell, with the reading of the
index. Results are printed as a table for ANALYSIS_RESULTS.md."""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

os.environ.update(OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1')
import numpy as np  # noqa: E402

DIMENSION, K, CLUSTERS, THRESHOLD, CHECKED = 384, 15, 100, 0.95, 500


def make_vectors(rows, path):
    random = np.random.default_rng(1)
    if path:
        base = np.fromfile(path, np.float32).reshape(-1, DIMENSION)
    else:
        middles = random.standard_normal((200, DIMENSION)) * np.linspace(2, 0.1, DIMENSION)
        base = middles[random.integers(0, 200, 20000)]
        base = base + random.standard_normal(base.shape) * np.linspace(1.5, 0.1, DIMENSION)
        base = (base / np.linalg.norm(base, axis=1, keepdims=True)).astype(np.float32)
    spread = np.linalg.cholesky(np.cov(base.T) + 1e-9 * np.eye(DIMENSION)).astype(np.float32)
    noise = random.standard_normal((rows, DIMENSION)).astype(np.float32) @ spread.T
    size = random.uniform(0.2, 0.9, (rows, 1)).astype(np.float32)
    made = base[random.integers(0, len(base), rows)] + size * noise
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


class Index:
    """An index of vectors in a file, asked by the shell with the extension of this checkout."""

    def __init__(self, vectors, folder):
        self.path = os.path.join(folder, 'bench.db')
        database = sqlite3.connect(self.path)
        database.execute('CREATE TABLE v(id INTEGER PRIMARY KEY, v BLOB)')
        database.executemany('INSERT INTO v VALUES(?, ?)', ((i, row.tobytes()) for i, row in enumerate(vectors)))
        database.commit()
        database.close()
        self.ask("CREATE VIRTUAL TABLE s USING biobert(content='v', content_rowid='id', vectors='v', store='f32'); "
                 "INSERT INTO s(s) VALUES('sync')")

    def ask(self, sql, cpu=None):
        """The rows, and CPU seconds of the last statement."""
        before = "SELECT biobert_config('threads', 1)" + (f", biobert_config('cpu', '{cpu}')" if cpu else '')
        out = subprocess.run(['sqlite3', '-batch', '-init', '/dev/null', '-cmd', '.load build/release/biobert',
                              '-cmd', '.output /dev/null', '-cmd', before, '-cmd', '.output', '-cmd', '.timer on',
                              self.path], input=sql + ';', capture_output=True, text=True, check=True).stdout
        times = re.findall(r'user ([\d.]+) sys ([\d.]+)', out)
        rows = [line.split('|') for line in out.splitlines() if line and not line.startswith('Run Time')]
        return rows, sum(map(float, times[-1]))


def faiss_neighbours(vectors):
    import faiss
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(DIMENSION)
    index.add(vectors)
    begun = time.process_time()
    index.search(vectors, K + 1)
    return time.process_time() - begun


def check_neighbours(vectors, rows):
    """How many of some documents have other neighbours than a comparison in float64 gives."""
    found = {}
    for row, neighbour in rows:
        found.setdefault(int(row), []).append(int(neighbour))
    full, wrong = vectors.astype(np.float64), 0
    full /= np.linalg.norm(full, axis=1, keepdims=True)
    for i in np.linspace(0, len(vectors) - 1, CHECKED).astype(int):
        similarity = full @ full[i]
        similarity[i] = -2
        wrong += found[i] != list(np.argsort(-similarity, kind='stable')[:K])
    return wrong


def objectives(vectors, labels):
    """Squared distances to the means, and 1 - cosine to their directions, in sum."""
    full = vectors.astype(np.float64)
    lengths = [(np.linalg.norm(full[labels == j].sum(0)), (labels == j).sum()) for j in np.unique(labels)]
    return len(full) - sum(x * x / n for x, n in lengths), len(full) - sum(x for x, n in lengths)


def sklearn_clusters(vectors, seed):
    from sklearn.cluster import KMeans
    begun = time.process_time()
    made = KMeans(CLUSTERS, n_init=1, random_state=seed).fit(vectors)
    return time.process_time() - begun, objectives(vectors, made.labels_)


def line(*cells):
    print('| ' + ' | '.join(f'{c:.4g}' if isinstance(c, float) else str(c) for c in cells) + ' |', flush=True)


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    vectors = make_vectors(rows, sys.argv[2] if len(sys.argv) > 2 else None)
    cpus = sys.argv[3:] or [None]
    with tempfile.TemporaryDirectory() as folder:
        index = Index(vectors, folder)
        reading = index.ask('SELECT count(vector) FROM s')[1]
        line('what', 'seconds', 'of the peer', 'exact?')
        line('---', '---', '---', '---')
        line('reading the index', reading, '', '')
        faiss = faiss_neighbours(vectors)
        line(f'FAISS IndexFlatIP, k = {K}', faiss, 1, '')
        for cpu in cpus:
            name = cpu or 'widest'
            seconds = index.ask(f"SELECT count(*) FROM biobert_neighbours('s', {K})", cpu)[1]
            pairs, near = index.ask(f"SELECT count(*) FROM biobert_duplicates('s', {THRESHOLD})", cpu)
            line(f'biobert_neighbours, {name}', seconds, seconds / faiss, '')
            line(f'biobert_duplicates, {name}: {pairs[0][0]} pairs', near, f'{near / seconds:.3g} of the neighbours', '')
        found = index.ask(f"SELECT rowid, neighbour FROM biobert_neighbours('s', {K})")[0]
        line(f'of {CHECKED} documents with other neighbours', '', '', check_neighbours(vectors, found))
        for seed in (0, 1):
            peer, theirs = sklearn_clusters(vectors, seed)
            labels, ours = index.ask(f"SELECT cluster FROM biobert_clusters('s', {CLUSTERS}, {seed}) ORDER BY rowid")
            mine = objectives(vectors, np.array([int(x[0]) for x in labels]))
            line(f'KMeans, seed {seed}: inertia {theirs[0]:.1f}, 1 - cosine {theirs[1]:.1f}', peer, 1, '')
            line(f'biobert_clusters, seed {seed}: {mine[0]:.1f}, {mine[1]:.1f}', ours, ours / peer, '')


main()
