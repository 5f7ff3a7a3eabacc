"""Measures this project against its peers on the same weights, texts and threads.

Nothing is compared across runs: in each round every contestant has its turn (A B C A B C ...), a
ratio is taken within a round, and what is printed is the median over the rounds with the smallest
and the largest. A ratio above 1 always means that this project is the faster one.

Run it by `make bench`. BENCH_DB: a database with papers(abstract); without it texts are joined from
examples/literature. BENCH_TEXTS, BENCH_ROUNDS: how many.
"""

import argparse
import contextlib
import csv
import datetime
import os
import platform
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import peers
from report import Report, spread, turns

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build/bench"
MODEL = ROOT / "models/default"
RESULTS = Path(__file__).with_name("RESULTS.md")
OURS = "biobert"
FORWARD_TOKENS = (16, 128, 256, 512)
FORWARD_SECONDS = 1.0  # of a contestant's turn
BUSY = 0.3  # load average above which the numbers are called noise


# What is said ------------------------------------------------------------------------------------

def take_turns(contestants, rounds):
    """{name: measure} -> {name: [value of each round]}."""
    values = {name: [] for name in contestants}
    for i, name in turns(contestants, rounds):
        values[name].append(contestants[name]())
        print(f"  round {i + 1}: {name}: {values[name][-1]:.4g}", file=sys.stderr, flush=True)
    return values


def timed(function, *arguments):
    begin = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - begin


def start_peer(report, kind, *arguments, **options):
    """The peer, or None with a word."""
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
            return kind(*arguments, **options)  # they talk a lot
    except Exception as e:  # whatever is wrong with it, the others go on
        report.say(f"- left out: {kind.__name__} {options or ''}: "
                   f"{type(e).__name__}: {str(e).splitlines()[0][:120] if str(e) else ''}")
        return None


# Texts -------------------------------------------------------------------------------------------

def real_texts(database, count):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    rows = db.execute("SELECT DISTINCT abstract FROM papers WHERE length(abstract) >= 200")
    texts = [text for (text,) in rows]
    random.Random(1).shuffle(texts)
    return texts[:count]


def joined_texts(count):
    """Summaries one after another, cut at a length as abstracts have it: about 240 tokens."""
    with open(ROOT / "examples/literature/literature.csv", encoding="utf-8", newline="") as file:
        summaries = [row["summary"] for row in csv.DictReader(file)]
    draw = random.Random(1)
    texts = []
    for _ in range(count):
        words = " ".join(draw.sample(summaries, 4)).split()
        texts.append(" ".join(words[:draw.randint(120, 240)]))
    return texts


def make_database(texts):
    path = WORK / "texts.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE papers(abstract)")
        db.executemany("INSERT INTO papers VALUES (?)", [(t,) for t in texts])
    db.close()
    return path


# The sqlite3 shell -------------------------------------------------------------------------------

def run_shell(database, script, env=None):
    """What the stock shell prints."""
    child = subprocess.run(["sqlite3", "-batch", "-bail", str(database)], cwd=ROOT, env=env,
                           input=script, stdout=subprocess.PIPE, text=True)
    if child.returncode != 0:
        sys.exit(f"bench: sqlite3 failed on: {script}")
    return child.stdout


def shell_memory(database, script):
    """The largest resident memory of a shell, in MiB. It is asked before it ends: ru_maxrss of a
    child counts the parent's memory at the fork."""
    output = run_shell(database, f"{script}\n.shell grep VmHWM /proc/$PPID/status\n")
    return int(re.search(r"VmHWM:\s+(\d+) kB", output)[1]) / 1024


def shell_seconds(database, query, threads=1, env=None):
    """By the shell's own timer, the model loaded and warm."""
    output = run_shell(database, f""".load ./biobert
SELECT biobert_config('threads', {threads});
SELECT length(biobert_embed('warm'));
.timer on
{query};
""", env)
    return float(re.search(r"Run Time: real ([0-9.]+)", output)[1])


def our_vectors(database, count):
    output = run_shell(database, f""".load ./biobert
SELECT hex(biobert_embed(abstract)) FROM papers LIMIT {count};
""")
    return np.array([np.frombuffer(bytes.fromhex(line), "<f4") for line in output.split()])


# 1. End to end -----------------------------------------------------------------------------------

def agreement(peer, database, texts):
    """The smallest cosine between its vectors and ours, one text at a time."""
    some = texts[:8]
    theirs = np.concatenate([peer.embed([t]) for t in some])
    return float((our_vectors(database, len(some)) * theirs).sum(1).min())


def end_to_end(report, database, texts, rounds):
    query = "SELECT sum(length(biobert_embed(abstract))) FROM papers"
    contestants = {
        OURS: lambda: shell_seconds(database, query),
        f"{OURS}, 2 threads": lambda: shell_seconds(database, query, threads=2),
    }
    cosine = {}
    for kind, options in ((peers.OnnxRuntime, {}), (peers.SentenceTransformers, {}),
                          (peers.CTranslate2, {}), (peers.OnnxRuntime, {"int8": True}),
                          (peers.CTranslate2, {"int8": True})):
        peer = start_peer(report, kind, MODEL, WORK, **options)
        if peer:
            cosine[peer.name] = agreement(peer, database, texts)
            contestants[peer.name] = lambda peer=peer: timed(peer.embed, texts)
    seconds = take_turns(contestants, rounds)
    rows = []
    for name, values in seconds.items():
        ratios = [theirs / ours for ours, theirs in zip(seconds[OURS], values)]
        rows.append([name, f"{len(texts) / statistics.median(values):.1f}",
                     "" if name == OURS else spread(ratios),
                     f"{cosine[name]:.6f}" if name in cosine else ""])
    report.table(f"End to end: {len(texts)} texts, truncated at {peers.MAX_TOKENS} tokens, "
                 "1 thread",
                 ["", "texts/s", "ours/this", "least cosine to ours"], rows)
    report.say(f"\nOurs: `{query}` in the sqlite3 shell. Peers: batches of {peers.BATCH} sorted "
               "by length, tokenizing and pooling included. int8 computes something else.")


# 2. The forward pass -----------------------------------------------------------------------------

class Forward:
    """forward.c, asked over a pipe."""

    def __init__(self, model_dir, threads=1, env=None):
        self.child = subprocess.Popen(
            [ROOT / "build/release/tests/bench/forward", str(model_dir), str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def milliseconds(self, tokens):
        self.child.stdin.write(f"{tokens} {FORWARD_SECONDS}\n")
        self.child.stdin.flush()
        return float(self.child.stdout.readline())

    def close(self):
        self.child.stdin.close()
        self.child.wait()


def peer_milliseconds(peer, tokens):
    peer.forward(tokens)
    values, end = [], time.perf_counter() + FORWARD_SECONDS
    while not values or time.perf_counter() < end:
        values.append(timed(peer.forward, tokens) * 1e3)
    return statistics.median(values)


def flop(tokens, layers, hidden, ffn):
    """Of the matrix products; everything else is left out."""
    return tokens * (2 * layers * (4 * hidden**2 + 2 * hidden * ffn) + 4 * layers * tokens * hidden)


def probe(report):
    """What a core can do; returns the peak in GFLOP/s, or None where it is not known."""
    output = subprocess.run([ROOT / "build/release/tests/bench/peak"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    rates = {name: float(rate) for name, rate in (line.split() for line in output.splitlines())}
    peak = max((v for k, v in rates.items() if k.startswith("fma")), default=None)
    report.table("This core: multiply-adds from registers, and our matrix products alone",
                 ["", "GFLOP/s", "of peak"],
                 [[k, f"{v:.0f}", f"{v / peak:.0%}" if peak else ""] for k, v in rates.items()])
    return peak


def forward_pass(report, title, model_dir, shape, peak, rounds):
    ours = {OURS: Forward(model_dir), f"{OURS}, 2 threads": Forward(model_dir, threads=2)}
    peer = start_peer(report, peers.OnnxRuntime, model_dir, WORK)
    rows = []
    for tokens in FORWARD_TOKENS:
        contestants = {name: lambda f=f: f.milliseconds(tokens) for name, f in ours.items()}
        if peer:
            contestants[peer.name] = lambda: peer_milliseconds(peer, tokens)
        ms = take_turns(contestants, rounds)
        for name, values in ms.items():
            median = statistics.median(values)
            rate = flop(tokens, *shape) / median * 1e-6
            ratios = [theirs / own for own, theirs in zip(ms[OURS], values)]
            rows.append([str(tokens), name, f"{median:.2f}", f"{tokens / median * 1e3:.0f}",
                         f"{rate:.0f}", f"{rate / peak:.0%}" if peak else "",
                         "" if name == OURS else spread(ratios)])
    for f in ours.values():
        f.close()
    report.table(f"Forward pass of one text, {title}",
                 ["tokens", "", "ms", "tokens/s", "GFLOP/s", "of one core's peak", "ours/this"],
                 rows)


# 3. A new process --------------------------------------------------------------------------------

# What a script that embeds one text with onnxruntime has to do, and no more.
PEER_PROCESS = f"""
import sys, pathlib; sys.path.insert(0, {str(Path(__file__).parent)!r})
import peers
from report import Report, spread, turns
peers.OnnxRuntime(pathlib.Path({str(MODEL)!r}), pathlib.Path({str(WORK)!r})).embed(['aspirin'])
"""


def new_process(report, database, rounds):
    first = ".load ./biobert\nSELECT length(biobert_embed('aspirin'));\n"
    contestants = {OURS: lambda: timed(run_shell, ":memory:", first) * 1e3,
                   "the shell alone": lambda: timed(run_shell, ":memory:", "SELECT 1;\n") * 1e3}
    command = [sys.executable, "-c", PEER_PROCESS]
    if subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0:
        contestants["Python, onnxruntime f32"] = (
            lambda: timed(lambda: subprocess.run(command, check=True)) * 1e3)
    ms = take_turns(contestants, rounds)
    report.table("First embedding of a new process: start, load the model, embed one word",
                 ["", "ms", "least", "most"],
                 [[name, *(f"{f(values):.0f}" for f in (statistics.median, min, max))]
                  for name, values in ms.items()])

    def embed_many(rows):
        return f""".load ./biobert
SELECT biobert_config('threads', 1);
SELECT sum(length(biobert_embed(text))) FROM
  (SELECT value || ' ' || abstract AS text FROM generate_series(1, 1000), papers LIMIT {rows});
"""

    bare = shell_memory(":memory:", "SELECT 1;")
    rows = [["the shell alone", f"{bare:.0f}", ""]]
    for count in (1, 100, 1000):
        memory = shell_memory(database, embed_many(count))
        rows.append([f"{count} texts", f"{memory:.0f}", f"{memory - bare:.0f}"])
    report.table("Largest resident memory of the shell, 1 thread",
                 ["", "MiB", "over the bare shell"], rows)


# 4. Tokens ---------------------------------------------------------------------------------------

def tokenizing(report, database, texts, rounds):
    peer = start_peer(report, peers.Tokenizers, MODEL, WORK)
    repeats = max(1, 2000 // len(texts))  # enough for the shell's timer, which shows milliseconds
    query = (f"SELECT sum(biobert_token_count(abstract)) FROM generate_series(1, {repeats}) "
             "CROSS JOIN papers")
    contestants = {OURS: lambda: shell_seconds(database, query)}
    if peer:
        contestants[peer.name] = lambda: timed(
            lambda: [peer.count(texts) for _ in range(repeats)])
    output = run_shell(database, ".load ./biobert\n"
                          "SELECT sum(biobert_token_count(abstract)) FROM papers;\n")
    tokens = int(output)
    if peer and peer.count(texts) != tokens:
        report.say(f"- {peer.name} counts {peer.count(texts)} tokens, we {tokens}: "
                   "not the same work")
    seconds = take_turns(contestants, rounds)
    rows = []
    for name, values in seconds.items():
        ratios = [theirs / ours for ours, theirs in zip(seconds[OURS], values)]
        rows.append([name, f"{tokens * repeats / statistics.median(values) / 1e6:.2f}",
                     "" if name == OURS else spread(ratios)])
    report.table(f"Tokenizing: {len(texts)} whole texts, {tokens} tokens, 1 thread",
                 ["", "million tokens/s", "ours/this"], rows)


# The run -----------------------------------------------------------------------------------------

def describe(report, texts):
    info = {}
    if os.path.exists("/proc/cpuinfo"):
        for line in open("/proc/cpuinfo", encoding="utf-8"):
            key, _, value = line.partition(":")
            info.setdefault(key.strip(), value.strip())
    flags = info.get("flags", info.get("Features", "")).split()
    wanted = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8",
              "asimd", "asimddp", "i8mm")
    name = info.get("model name", platform.machine())
    sets = " ".join(f for f in wanted if f in flags)
    cores = len(os.sched_getaffinity(0))
    build = run_shell(":memory:", ".load ./biobert\nSELECT biobert_build();\n")
    report.say(f"\n## {datetime.date.today()}: {name}, {sets}\n")
    report.say(f"- {cores} cores to use; CPU family {info.get('cpu family', '?')}, "
               f"model {info.get('model', '?')}")
    report.say(f"- `{build.strip()}`")
    if os.getloadavg()[0] > BUSY:
        report.say(f"- load average {os.getloadavg()[0]:.1f} at the start: other programs were "
                   "running, take the numbers for noise")
    words = statistics.median(len(t.split()) for t in texts)
    origin = "abstracts" if os.environ.get("BENCH_DB") else "joined from examples/literature"
    report.say(f"- {len(texts)} texts, {words:.0f} words in the median, {origin}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="append to RESULTS.md")
    parser.add_argument("--only", default="1234", help="sections: 1 end to end, 2 forward pass, "
                        "3 new process, 4 tokens")
    arguments = parser.parse_args()
    count = int(os.environ.get("BENCH_TEXTS", 256))
    rounds = int(os.environ.get("BENCH_ROUNDS", 5))
    source = os.environ.get("BENCH_DB")
    WORK.mkdir(parents=True, exist_ok=True)
    texts = real_texts(source, count) if source else joined_texts(count)
    database = make_database(texts)

    report = Report()
    describe(report, texts)
    if "1" in arguments.only:
        end_to_end(report, database, texts, rounds)
    if "2" in arguments.only:
        peak = probe(report)
        forward_pass(report, "all-MiniLM-L6-v2", MODEL, (6, 384, 1536), peak, rounds)
        base = start_peer(report, peers.make_base, WORK, MODEL)
        if base:
            forward_pass(report, "BERT-base (random weights)", base, (12, 768, 3072), peak, rounds)
    if "3" in arguments.only:
        new_process(report, database, rounds)
    if "4" in arguments.only:
        tokenizing(report, database, texts, rounds)
    if arguments.write:
        with open(RESULTS, "a", encoding="utf-8") as file:
            file.write("\n".join(report.lines) + "\n")
        print(f"bench: appended to {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
