#!/usr/bin/env python3
"""Writes classifiers/reference.json: decision values of scikit-learn, p-values of buscarpy.

    python3 -m venv venv && venv/bin/pip install -r tests/golden/requirements_classifiers.txt
    venv/bin/python tests/golden/make_classifiers.py
"""

import json
import pathlib

import numpy
from buscarpy import calculate_h0
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

random = numpy.random.default_rng(20260101)


def logistic(x, y, c, weight=None):
    """Converged, so that decision values differ by rounding alone."""
    model = LogisticRegression(C=c, tol=1e-12, max_iter=100000, class_weight=weight)
    return model.fit(x, y).decision_function(x).reshape(len(y), -1)


def vectors():
    """Multiples of 1/16: the same in float32 and in JSON."""
    rows = numpy.round(random.normal(size=(60, 6)) * 16) / 16
    scores = rows[:, :3] + random.gumbel(size=(60, 3))
    classes = scores.argmax(axis=1)
    two = (classes == 2).astype(int)
    svm = LinearSVC(C=0.5, tol=1e-12, max_iter=1000000, dual=False).fit(rows, two)
    return {
        "rows": rows.tolist(),
        "classes": classes.tolist(),
        "two": two.tolist(),
        "binary": logistic(rows, two, 2.0).tolist(),
        "balanced": logistic(rows, two, 2.0, "balanced").tolist(),
        "multinomial": logistic(rows, classes, 1.0).tolist(),
        "svm_c": 0.5,
        "svm": svm.decision_function(rows).tolist(),
    }


WORDS = ["aspirin", "stroke", "placebo", "the", "of", "Trial", "kinase", "cells", "IL-6", "mice",
         "naïve", "β-blocker", "and", "risk", "in", "patients", "2"]


def texts():
    rows = [" ".join(random.choice(WORDS, size=random.integers(3, 15))) for _ in range(24)]
    labels = [int(i % 3 == 0) for i in range(24)]
    both = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return {
        "rows": rows,
        "labels": labels,
        "logistic": logistic(both.fit_transform(rows), labels, 1.0).tolist(),
        "screened": screened(rows, labels),
    }


def screened(rows, labels):
    """The last eight are unlabelled; pairs weigh half, inclusions 9.8 : 1 in sum."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english", norm=None)
    x = words.fit_transform(rows)
    x = x @ sparse.diags([0.5 if " " in f else 1.0 for f in words.get_feature_names_out()])
    length = numpy.sqrt(x.multiply(x).sum(axis=1)).reshape(-1, 1)
    x = sparse.csr_matrix(x / numpy.where(length > 0, length, 1))
    y = numpy.array(labels[:16])
    weight = numpy.where(y == 1, 9.8 * (y == 0).sum() / (y == 1).sum(), 1.0)
    weight *= len(y) / weight.sum()
    model = LinearSVC(C=0.11, tol=1e-12, max_iter=1000000, dual=False)
    return model.fit(x[:16], y, sample_weight=weight).decision_function(x[16:]).tolist()


def stopping():
    cases = []
    for i in range(20):
        papers = int(random.integers(60, 800))
        read = int(papers * random.uniform(0.2, 0.95))
        likely = numpy.exp(-numpy.arange(read) / random.uniform(5, 80))
        labels = (random.uniform(size=read) < likely).astype(int)
        cases.append({"papers": papers, "labels": "".join(map(str, labels)),
                      "p": float(calculate_h0(labels, papers, recall_target=0.95))})
    return cases


out = pathlib.Path(__file__).parent / "classifiers" / "reference.json"
golden = {"vectors": vectors(), "texts": texts(), "stopping": stopping()}
out.write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")
