"""check.py - tests/check.h for the clients in Python: a test is a sentence that can be false.

    with test("a bound k is how many rows come"):
        assert len(rows) == 3
    ...
    report()

What clients.sh hands to every client is here too.
"""

import contextlib
import os
import shutil
import sys
import time
import traceback

EXTENSION = os.environ["EXTENSION"]  # the path of biobert.so
QUESTION = os.environ["QUESTION"]
# What the sqlite3 shell answers to the question: the rowids of the best three.
EXPECTED = [int(rowid) for rowid in os.environ["EXPECTED"].split()]

CREATE = (
    "CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED, journal UNINDEXED,"
    " field UNINDEXED, content='papers', content_rowid='id')"
)
CREATE_MANY = "CREATE VIRTUAL TABLE m USING biobert(title, abstract, content='many', content_rowid='id')"
# Statements that do not end in a day; each is long in another place.
ENDLESS = {
    "embedding": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT count(biobert_embed('text ' || i)) FROM n",
    "searching": "SELECT count(*) FROM s('a') x, s('b') y, s('c') z, s('d') w",
    "scanning": "SELECT count(*) FROM s x, s y, s z, s w",
}
# A limit of LIMIT seconds has stopped a statement when it ended before LATE: a machine may be busy.
LIMIT, LATE = 0.2, 5.0

passed = failed = 0


@contextlib.contextmanager
def test(sentence):
    """Counts the block as passed unless it raises; what it raised is printed."""
    global passed, failed
    try:
        yield
        passed += 1
    except Exception:
        failed += 1
        print(f"FAILED: {sentence}")
        lines = [line for line in traceback.format_exc().splitlines() if line.strip(" ^~")]
        for line in lines[-3:]:
            print(f"  {line[:300]}")


@contextlib.contextmanager
def raises(*words):
    """The block must raise an error whose message has all of these words."""
    try:
        yield
    except Exception as error:
        missing = [word for word in words if word not in str(error)]
        assert not missing, f"{type(error).__name__} '{error}' does not say {missing}"
        return
    raise AssertionError(f"no error; one with {words} was expected")


@contextlib.contextmanager
def stopped_in_time():
    """The block must raise an error, and soon after LIMIT."""
    begin = time.monotonic()
    with raises("interrupt"):
        yield
    took = time.monotonic() - begin
    assert took < LATE, f"it took {took:.2f} s to stop after {LIMIT} s"


def database(name):
    """A fresh copy of the database of papers, and its path."""
    path = os.path.join(os.environ["WORK"], name)
    shutil.copy(os.environ["PAPERS"], path)
    return path


def versions(*of):
    print("seen: " + ", ".join(of))


def report():
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)
