#!/usr/bin/env python3
"""analysis.py - what `make bench-analysis` measures (analysis.sh says how it is called). A function a part; each gives
rows for ANALYSIS_RESULTS.md. Times are CPU seconds of one thread."""
import argparse
import collections
import datetime
import itertools
import math
import pathlib
import platform
import re
import sqlite3
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
NEIGHBOURS, TOPICS, WORDS, CHECKED = 15, 30, 10, 4000


def connect(path):
    db = sqlite3.connect(path)
    db.enable_load_extension(True)
    db.load_extension(str(ROOT / 'build/release/biobert'))
    db.execute("SELECT biobert_config('threads', 1)").fetchone()
    return db


def made_up(path, rows=20000, dimension=384, groups=200):
    """Groups around random middles, in 20 dimensions of 384, as texts of some fields lie."""
    random = np.random.default_rng(1)
    basis = random.normal(size=(20, dimension))
    middles = random.normal(size=(groups, 20))
    flat = middles[random.integers(0, groups, rows)] + 0.5 * random.normal(size=(rows, 20))
    vectors = (flat @ basis + 0.3 * random.normal(size=(rows, dimension))).astype('<f4')
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    db = connect(path)
    db.execute('CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)')
    db.executemany('INSERT INTO t VALUES(?, ?)', ((i + 1, v.tobytes()) for i, v in enumerate(vectors)))
    db.execute(f"CREATE VIRTUAL TABLE made_up USING biobert(content='t', vectors='v', dimension={dimension}, store='f32')")
    db.execute("INSERT INTO made_up(made_up) VALUES('sync')")
    db.commit()
    db.close()
    return 'made_up'


def timed(function):
    begun = time.process_time()
    return function(), time.process_time() - begun


def vectors_of(db, index):
    rows = db.execute(f'SELECT vector FROM "{index}" WHERE vector IS NOT NULL ORDER BY rowid').fetchall()
    vectors = np.array([np.frombuffer(v, '<f4') for v, in rows])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def trustworthiness(vectors, places, k=NEIGHBOURS):
    """Of CHECKED rows at even distances: Venna and Kaski 2001, by cosine."""
    from sklearn.neighbors import NearestNeighbors
    count = len(vectors)
    checked = np.arange(0, count, max(1, count // CHECKED))
    near = NearestNeighbors(n_neighbors=k + 1).fit(places).kneighbors(places[checked], return_distance=False)
    lost = 0
    for row, others in zip(checked, near):
        similarity = vectors @ vectors[row]
        similarity[row] = 2
        own = similarity[[o for o in others if o != row][:k]]
        ranks = (similarity[None, :] > own[:, None]).sum(1)
        lost += np.maximum(ranks - k, 0).sum()
    return 1 - 2 * lost / (len(checked) * k * (2 * count - 3 * k - 1))


def kept(neighbours, places, k=NEIGHBOURS):
    """The part of the neighbours that are neighbours on the map."""
    from sklearn.neighbors import NearestNeighbors
    near = NearestNeighbors(n_neighbors=k + 1).fit(places).kneighbors(places, return_distance=False)
    return np.mean([len(set(a) & (set(b) - {i})) / k for i, (a, b) in enumerate(zip(neighbours, near))])


def map_peers(vectors, neighbours, similarity):
    """Each gets the neighbours that we found: their time is without finding them, ours with it."""
    import openTSNE
    import umap
    from openTSNE import affinity, nearest_neighbors
    count = len(vectors)
    itself = np.arange(count)[:, None]
    distance = np.maximum(0, 1 - similarity)
    knn = (np.hstack([itself, neighbours[:, :-1]]), np.hstack([np.zeros((count, 1)), distance[:, :-1]]).astype('f4'), None)

    def by_umap():
        return umap.UMAP(n_neighbors=NEIGHBOURS, metric='cosine', precomputed_knn=knn, random_state=1, n_jobs=1).fit_transform(vectors)

    def by_tsne(affinities):
        start = openTSNE.initialization.pca(vectors, random_state=1)
        return np.asarray(openTSNE.TSNE(n_jobs=1, initialization=start).fit(affinities=affinities, initialization=start))

    found = nearest_neighbors.PrecomputedNeighbors(neighbours, np.sqrt(2 * distance))
    by_umap()  # compiles it
    yield 'umap-learn', by_umap
    yield 'openTSNE, perplexity 5', lambda: by_tsne(affinity.PerplexityBasedNN(knn_index=found, perplexity=5))
    yield 'openTSNE, uniform', lambda: by_tsne(affinity.Uniform(knn_index=found, k_neighbors=NEIGHBOURS))


def map_part(db, index):
    vectors = vectors_of(db, index)
    rows = db.execute('SELECT rowid, neighbour, similarity FROM biobert_neighbours(?, ?) ORDER BY rowid, rank',
                      (index, NEIGHBOURS)).fetchall()
    number = {rowid: i for i, rowid in enumerate(sorted({r[0] for r in rows}))}
    neighbours = np.array([number[r[1]] for r in rows]).reshape(-1, NEIGHBOURS)
    similarity = np.array([r[2] for r in rows]).reshape(-1, NEIGHBOURS)
    table = [['map', 'CPU s', 'trustworthiness', 'neighbours kept'], ['---'] * 4]

    def row(name, places, seconds):
        table.append([name, f'{seconds:.1f}', f'{trustworthiness(vectors, places):.4f}', f'{kept(neighbours, places):.3f}'])
        print(*table[-1], flush=True)

    places, seconds = timed(lambda: np.array(
        db.execute('SELECT x, y FROM biobert_map(?) WHERE x IS NOT NULL ORDER BY rowid', (index,)).fetchall()))
    row('biobert_map(), with its neighbours', places, seconds)
    for name, run in map_peers(vectors, neighbours, similarity):
        row(name, *timed(run))
    return f'{len(vectors):,} documents, {NEIGHBOURS} neighbours', table


def coherence(topics, texts):
    """Normalised pointwise mutual information of all pairs of a topic's words in one document."""
    wanted = {w for words in topics for w in words}
    having = collections.defaultdict(set)
    for i, words in enumerate(texts):
        for w in words & wanted:
            having[w].add(i)
    means = []
    for words in topics:
        values = []
        for a, b in itertools.combinations(words, 2):
            both = len(having[a] & having[b]) / len(texts)
            apart = len(having[a]) * len(having[b]) / len(texts) ** 2
            values.append(math.log(both / apart) / -math.log(both) if 0 < both < 1 else both * 2 - 1)
        means.append(np.mean(values))
    return np.mean(means)


def by_bertopic(texts, clusters, left_out):
    """c-TF-IDF as BERTopic has it (Grootendorst 2022), over scikit-learn's default words."""
    from sklearn.feature_extraction.text import CountVectorizer
    joined = [' '.join(t for t, c in zip(texts, clusters) if c == k) for k in range(max(clusters) + 1)]
    vectorizer = CountVectorizer(stop_words=left_out)
    counts = vectorizer.fit_transform(joined).toarray().astype(float)
    frequency = counts / counts.sum(1, keepdims=True)
    scores = frequency * np.log(1 + counts.sum(1).mean() / counts.sum(0))
    names = vectorizer.get_feature_names_out()
    return [[names[i] for i in np.argsort(-s, kind='stable')[:WORDS]] for s in scores]


def topics_part(db, index):
    clusters = dict(db.execute('SELECT rowid, cluster FROM biobert_clusters(?, ?)', (index, TOPICS)))
    rows = [r for r in db.execute(f'SELECT rowid, document FROM "{index}" ORDER BY rowid') if clusters.get(r[0]) is not None]
    texts, of = [r[1] or '' for r in rows], [clusters[r[0]] for r in rows]
    sets = [set(re.findall(r'\w+', t.lower())) for t in texts]
    table = [['words of topics', 'coherence (NPMI)'], ['---'] * 2]
    ours, seconds = timed(lambda: db.execute('SELECT words FROM biobert_topics(?, ?, 0, ?)', (index, TOPICS, WORDS)).fetchall())
    named = [[f'biobert_topics(), {seconds:.1f} CPU s with the clusters', [w.lower().split(', ') for w, in ours]],
             ["BERTopic's formula", by_bertopic(texts, of, None)],
             ["BERTopic's formula, English stop words left out", by_bertopic(texts, of, 'english')]]
    for name, words in named:
        table.append([name, f'{coherence(words, sets):.3f}'])
        print(*table[-1], flush=True)
    return f'{len(texts):,} documents in {TOPICS} clusters', table


PARTS = {'map': map_part, 'topics': topics_part}


def processor():
    for line in open('/proc/cpuinfo'):
        if line.startswith('model name'):
            return line.split(':')[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--database')
    parser.add_argument('--index')
    parser.add_argument('--write', action='store_true')
    parser.add_argument('parts', nargs='*', metavar='PART')
    given = parser.parse_args()
    parts = given.parts or list(PARTS)
    with tempfile.TemporaryDirectory(dir=ROOT / 'build') as folder:
        path, index = given.database, given.index
        if not path:
            path = folder + '/made_up.db'
            index = made_up(path)
            parts = [p for p in parts if p != 'topics']
        db = connect(path)
        text = f'\n## {datetime.date.today()}: {processor()}\n'
        for part in parts:
            says, table = PARTS[part](db, index)
            text += f'\n{"Made-up vectors" if not given.database else pathlib.Path(path).stem}: {says}\n\n'
            text += ''.join('| ' + ' | '.join(row) + ' |\n' for row in table)
        db.close()
    print(text)
    if given.write:
        with open(HERE / 'ANALYSIS_RESULTS.md', 'a') as file:
            file.write(text)


main()
