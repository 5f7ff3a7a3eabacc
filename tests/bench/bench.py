"""Measures this project against its peers on the same weights, texts and threads.

Nothing is compared across runs: in each round every contestant has its turn (A B C A B C ...), a
ratio is taken within a round, and what is printed is the median over the rounds with the smallest
and the largest. A ratio above 1 always means that this project is the faster one. A peer is
compared with ours of its precision, f32 or int8; "best peer" is the fastest of each round.

Run it by `make bench`. BENCH_DB: a database with papers(abstract); without it texts are joined from
examples/literature. BENCH_TEXTS, BENCH_ROUNDS: how many. BENCH_ACCURACY: texts of section 5.
BENCH_CPU=avx2: sections 1 and 2 as on a machine that has no more than AVX2, with the peers that
can be held to it.
"""

import argparse
import contextlib
import csv
import datetime
import itertools
import os
import platform
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np

import peers
from report import Report, spread, turns

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build/bench"
MODEL = ROOT / "models/default"
RESULTS = Path(__file__).with_name("RESULTS.md")
PRECISIONS = ("f32", "int8")
OURS = {precision: f"biobert {precision}" for precision in PRECISIONS}
CPU = os.environ.get("BENCH_CPU")  # a value of our setting `cpu`
HELD = {"avx2": {"CT2_FORCE_CPU_ISA": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2",
                 "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}}
ENCODERS = ((peers.CTranslate2,) if CPU else
            (peers.OnnxRuntime, peers.CTranslate2, peers.LlamaCpp))  # in both precisions
FORWARD_SECONDS = 0.4  # of a contestant's turn
# (tokens, texts) of the forward pass.
MINILM_SHAPES = ((16, 1), (128, 1), (512, 1), (128, 32), (512, 8))
BASE_SHAPES = ((16, 1), (128, 1), (512, 1), (128, 8), (512, 4))
TWO_TOKENS = 300  # of a text, where two threads are compared with one
PEER_ACCURACY = 500  # texts that a peer embeds in section 5
BUSY = 0.3  # load average above which the numbers are called noise


class Contestant(NamedTuple):
    measure: Callable[[], float]
    precision: str
    peer: bool = True


# What is said ------------------------------------------------------------------------------------

def take_turns(contestants, rounds):
    """{name: Contestant} -> {name: [value of each round]}, the best peers added."""
    values = {name: [] for name in contestants}
    for i, name in turns(contestants, rounds):
        values[name].append(contestants[name].measure())
        print(f"  round {i + 1}: {name}: {values[name][-1]:.4g}", file=sys.stderr, flush=True)
    for precision in PRECISIONS:
        of_peers = [values[name] for name, c in contestants.items()
                    if c.peer and c.precision == precision]
        if of_peers:
            values[f"best peer {precision}"] = [min(of_round) for of_round in zip(*of_peers)]
    return values


def our_share(values, name, contestants):
    """How many times faster ours of its precision is; empty for ours itself."""
    if name in OURS.values():
        return ""
    precision = contestants[name].precision if name in contestants else name.split()[-1]
    return spread([theirs / ours for ours, theirs in zip(values[OURS[precision]], values[name])])


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


def start_encoders(report, model_dir, precisions=PRECISIONS, **options):
    """[(precision, peer)] of those that there are."""
    started = [(precision, start_peer(report, kind, model_dir, WORK, int8=precision == "int8",
                                      **options))
               for precision in precisions for kind in ENCODERS]
    return [(precision, peer) for precision, peer in started if peer]


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


def make_database(texts, name):
    path = WORK / name
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE papers(abstract)")
        db.executemany("INSERT INTO papers VALUES (?)", [(t,) for t in texts])
    db.close()
    return path


# The sqlite3 shell -------------------------------------------------------------------------------

def run_shell(database, script):
    """What the stock shell prints."""
    child = subprocess.run(["sqlite3", "-batch", "-bail", str(database)], cwd=ROOT,
                           input=script, stdout=subprocess.PIPE, text=True)
    if child.returncode != 0:
        sys.exit(f"bench: sqlite3 failed on: {script}")
    return child.stdout


def load(precision, threads=1, model_dir=MODEL):
    return f""".load ./biobert
{f"SELECT biobert_config('cpu', '{CPU}');" if CPU else ""}
SELECT biobert_config('threads', {threads});
SELECT biobert_load('{model_dir}', 'default', '{{"precision":"{precision}"}}');
"""


def shell_seconds(database, query, precision="f32", threads=1):
    """By the shell's own timer, the model loaded and warm."""
    output = run_shell(database, f"""{load(precision, threads)}
SELECT length(biobert_embed('warm'));
.timer on
{query};
""")
    return float(re.search(r"Run Time: real ([0-9.]+)", output)[1])


def our_vectors(database, count, precision, threads=1):
    output = run_shell(database, f"""{load(precision, threads)}
SELECT hex(biobert_embed(abstract)) FROM papers LIMIT {count};
""")
    vectors = output.split()[-count:]  # before them is what loading says
    return np.array([np.frombuffer(bytes.fromhex(line), "<f4") for line in vectors])


# 1. End to end -----------------------------------------------------------------------------------

def cosines(a, b):
    a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (a, b))
    return (a * b).sum(1)


def choose_batch(peer, texts):
    """The size that it is fastest with: on one core that is seldom the usual one."""
    def seconds(size):
        peer.batch = size
        return timed(peer.embed, texts)

    peer.embed(texts)  # warm
    if hasattr(peer, "batch"):
        peer.batch = min(peers.BATCHES, key=seconds)
        peer.name += f", batches of {peer.batch}"


def end_to_end(report, database, texts, rounds):
    query = "SELECT sum(length(biobert_embed(abstract))) FROM papers"
    contestants, vectors = {}, {}
    for threads, precision in itertools.product((1, 2), PRECISIONS):
        name = OURS[precision] + (f", {threads} threads" if threads > 1 else "")
        contestants[name] = Contestant(
            lambda p=precision, t=threads: shell_seconds(database, query, p, t), precision, False)
    torch = start_peer(report, peers.SentenceTransformers, MODEL, WORK)
    for precision, peer in [("f32", torch)] * bool(torch) + start_encoders(report, MODEL):
        choose_batch(peer, texts[:max(peers.BATCHES)])
        vectors[peer.name] = peer.embed(texts)
        contestants[peer.name] = Contestant(lambda peer=peer: timed(peer.embed, texts), precision)
    exact = our_vectors(database, len(texts), "f32")
    vectors[OURS["int8"]] = our_vectors(database, len(texts), "int8")
    seconds = take_turns(contestants, rounds)
    rows = []
    for name, values in seconds.items():
        cosine = cosines(vectors[name], exact) if name in vectors else None
        rows.append([name, f"{len(texts) / statistics.median(values):.1f}",
                     our_share(seconds, name, contestants),
                     *(("", "") if cosine is None else
                       (f"{cosine.mean():.6f}", f"{cosine.min():.6f}"))])
    report.table(f"End to end: {len(texts)} texts, truncated at {peers.MAX_TOKENS} tokens, "
                 "1 thread",
                 ["", "texts/s", "ours/this", "mean cosine to our f32", "least"], rows)
    report.say(f"\nOurs: `{query}` in the sqlite3 shell. Peers: texts sorted by length, in "
               f"batches of {', '.join(map(str, peers.BATCHES))}, whichever is fastest "
               "(llama.cpp: one by one), tokenizing and pooling included.")


# 2. The forward pass -----------------------------------------------------------------------------

class Forward:
    """forward.c, asked over a pipe."""

    def __init__(self, model_dir, precision, threads=1):
        self.child = subprocess.Popen(
            [ROOT / "build/release/tests/bench/forward", str(model_dir), str(threads), precision,
             *([CPU] if CPU else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def milliseconds(self, tokens, texts, seconds=FORWARD_SECONDS):
        self.child.stdin.write(f"{tokens} {texts} {seconds}\n")
        self.child.stdin.flush()
        return float(self.child.stdout.readline())

    def prepare(self, tokens, texts):
        """Gets the memory for the shape."""
        self.milliseconds(tokens, texts, 0)

    def close(self):
        self.child.stdin.close()
        self.child.wait()


class PeerForward:
    """The same of a peer."""

    def __init__(self, peer):
        self.peer = peer
        self.at_once = 1

    def run(self, tokens, texts):
        for _ in range(texts // self.at_once):
            self.peer.forward(tokens, self.at_once)

    def prepare(self, tokens, texts):
        """Gets the memory, and sees what is faster: the batch as one, or text by text."""
        def seconds(at_once):
            self.at_once = at_once
            self.run(tokens, texts)
            return timed(self.run, tokens, texts)

        self.at_once = min({1, texts}, key=seconds)

    def milliseconds(self, tokens, texts, seconds=FORWARD_SECONDS):
        values, end = [], time.perf_counter() + seconds
        while not values or time.perf_counter() < end:
            values.append(timed(self.run, tokens, texts) * 1e3)
        return statistics.median(values)


def flop(tokens, layers, hidden, ffn):
    """Of the matrix products; everything else is left out."""
    return tokens * (2 * layers * (4 * hidden**2 + 2 * hidden * ffn) + 4 * layers * tokens * hidden)


def probe(report):
    """What a core can do; returns the peak of f32 in GFLOP/s, or None where it is not known."""
    output = subprocess.run([ROOT / "build/release/tests/bench/peak", *([CPU] if CPU else [])],
                            check=True, stdout=subprocess.PIPE, text=True).stdout
    rates = {name: float(rate) for name, rate in (line.split() for line in output.splitlines())}
    peaks = {"f32": [v for k, v in rates.items() if k.startswith("fma_")],
             "int8": [v for k, v in rates.items() if k.startswith("int8_a")]}
    rows = []
    for name, rate in rates.items():
        known = peaks["int8" if name.startswith("int8") else "f32"]
        rows.append([name, f"{rate:.0f}", f"{rate / max(known):.0%}" if known else ""])
    report.table("This core: multiply-adds from registers, and our matrix products alone; int8 "
                 "with quantising, bias and scales", ["", "GFLOP/s", "of peak"], rows)
    return max(peaks["f32"], default=None)


def forward_pass(report, title, model_dir, layers, peak, shapes, rounds):
    asked = {OURS[p]: (p, Forward(model_dir, p)) for p in PRECISIONS}
    torch = start_peer(report, peers.Torch, model_dir, WORK)
    for precision, peer in [("f32", torch)] * bool(torch) + start_encoders(report, model_dir):
        asked[peer.name] = (precision, PeerForward(peer))
    cells = {}
    for tokens, texts in shapes:
        contestants = {
            name: Contestant(lambda f=f: f.milliseconds(tokens, texts), precision,
                             name not in OURS.values())
            for name, (precision, f) in asked.items()}
        for _, f in asked.values():
            f.prepare(tokens, texts)
        ms = take_turns(contestants, rounds)
        for name, values in ms.items():
            median = statistics.median(values)
            rate = texts * flop(tokens, *layers) / median * 1e-6
            note = our_share(ms, name, contestants) or f"{rate:.0f} GFLOP/s"
            if name == OURS["f32"] and peak:
                note += f" ({rate / peak:.0%})"
            cells.setdefault(name, []).append(f"{median:.2f}, {note}")
    for name in OURS.values():
        asked[name][1].close()
    report.table(f"Forward pass, {title}, 1 thread: milliseconds; of ours GFLOP/s (of this core's "
                 "peak), of a peer ours/this",
                 ["", *(f"{texts} x {tokens} tokens" if texts > 1 else f"{tokens} tokens"
                        for tokens, texts in shapes)],
                 [[name, *row] for name, row in cells.items()])
    report.say("\nA batch of a peer is one call or a call a text, whichever is faster.")


def two_threads(report, title, model_dir, bulk, rounds):
    """What the second thread gives: within a text, and where each has texts of its own."""
    rows = []
    for precision in PRECISIONS:
        asked = {threads: Forward(model_dir, precision, threads) for threads in (1, 2)}
        for texts in (1, bulk):
            contestants = {
                f"{OURS[precision]}, {texts} x {TWO_TOKENS}, threads {threads}":
                    Contestant(lambda f=f: f.milliseconds(TWO_TOKENS, texts), precision, False)
                for threads, f in asked.items()}
            for f in asked.values():
                f.prepare(TWO_TOKENS, texts)
            one, two = take_turns(contestants, rounds).values()
            rows.append([f"{OURS[precision]}, " + ("one text" if texts == 1 else f"{texts} texts"),
                         *(f"{texts * 1e3 / statistics.median(v):.1f}" for v in (one, two)),
                         spread([a / b for a, b in zip(one, two)])])
        for f in asked.values():
            f.close()
    report.table(f"Two threads, {title}, texts of {TWO_TOKENS} tokens",
                 ["", "texts/s, 1 thread", "texts/s, 2 threads", "2 threads/1 thread"], rows)


# 3. A new process --------------------------------------------------------------------------------

def first_embedding(report, base, rounds):
    """Ours and the peers', none of which is given more than it needs."""
    contestants = {"the shell alone": Contestant(
        lambda: timed(run_shell, ":memory:", "SELECT 1;\n") * 1e3, "f32", False)}
    for title, model_dir in (("MiniLM", MODEL), ("BERT-base", base)):
        for precision in PRECISIONS if model_dir else ():
            script = load(precision, model_dir=model_dir) + "SELECT length(biobert_embed('a'));\n"
            contestants[f"{OURS[precision]}, {title}"] = Contestant(
                lambda script=script: timed(run_shell, ":memory:", script) * 1e3, precision, False)
    for precision, kind in itertools.product(PRECISIONS, ENCODERS):
        command = peer_command(kind, precision)
        if subprocess.run(command, capture_output=True).returncode == 0:  # and its files are there
            contestants[f"Python, {kind.__name__} {precision}, MiniLM"] = Contestant(
                lambda command=command: timed(
                    lambda: subprocess.run(command, check=True, capture_output=True)) * 1e3,
                precision)
    ms = take_turns(contestants, rounds)
    report.table("First embedding of a new process: start, load the model, embed one word",
                 ["", "ms", "least", "most"],
                 [[name, *(f"{f(ms[name]):.0f}" for f in (statistics.median, min, max))]
                  for name in contestants])


def peer_command(kind, precision, *database_and_count):
    return [sys.executable, peers.__file__, kind.__name__, str(MODEL), str(WORK), precision,
            *map(str, database_and_count)]


# Asked of a process before it ends: ru_maxrss of a child counts the parent's memory at the fork.
STATUS = ".shell cat /proc/$PPID/status\n"


def megabytes(status):
    """(the most that was resident, what is at the end)"""
    return [int(re.search(rf"{key}:\s+(\d+) kB", status)[1]) / 1024 for key in ("VmHWM", "VmRSS")]


def shell_memory(database, precision, model_dir, count):
    return megabytes(run_shell(database, f"""{load(precision, model_dir=model_dir)}
SELECT sum(length(biobert_embed(text))) FROM
  (SELECT value || ' ' || abstract AS text FROM generate_series(1, 1000), papers LIMIT {count});
{STATUS}"""))


def peer_memory(database, kind, precision, count):
    child = subprocess.run(peer_command(kind, precision, database, count), capture_output=True,
                           text=True)
    return megabytes(child.stdout) if child.returncode == 0 else None


def memory(report, database, base):
    """No time is taken here, so that two at a time may run."""
    shell = megabytes(run_shell(":memory:", STATUS))
    python = megabytes(subprocess.run(
        [sys.executable, "-c", "print(open('/proc/self/status').read())"],
        stdout=subprocess.PIPE, text=True).stdout)
    asked = []
    with ThreadPoolExecutor(2) as pool:
        for title, model_dir in (("MiniLM", MODEL), ("BERT-base", base)):
            for precision, count in itertools.product(PRECISIONS, (1, 100) if model_dir else ()):
                asked.append([f"{OURS[precision]}, {title}", count, shell, pool.submit(
                    shell_memory, database, precision, model_dir, count)])
        for precision, kind in itertools.product(PRECISIONS, ENCODERS):
            for count in (1, 100):
                asked.append([f"Python, {kind.__name__} {precision}, MiniLM", count, python,
                              pool.submit(peer_memory, database, kind, precision, count)])
    rows = [[name, "", f"{most:.0f}", f"{end:.0f}", ""]
            for name, (most, end) in (("the shell alone", shell), ("Python alone", python))]
    for name, count, bare, answer in asked:
        if answer.result():
            most, end = answer.result()
            rows.append([name, str(count), f"{most:.0f}", f"{end:.0f}", f"{most - bare[0]:.0f}"])
    report.table("Resident memory, MiB, 1 thread; the texts one by one",
                 ["", "texts", "at most", "at the end", "at most, over the bare program"], rows)


# 4. Tokens ---------------------------------------------------------------------------------------

def tokenizing(report, database, texts, rounds):
    peer = start_peer(report, peers.Tokenizers, MODEL, WORK)
    repeats = max(1, 2000 // len(texts))  # enough for the shell's timer, which shows milliseconds
    query = (f"SELECT sum(biobert_token_count(abstract)) FROM generate_series(1, {repeats}) "
             "CROSS JOIN papers")
    contestants = {OURS["f32"]: Contestant(lambda: shell_seconds(database, query), "f32", False)}
    if peer:
        contestants[peer.name] = Contestant(
            lambda: timed(lambda: [peer.count(texts) for _ in range(repeats)]), "f32")
    output = run_shell(database, ".load ./biobert\n"
                          "SELECT sum(biobert_token_count(abstract)) FROM papers;\n")
    tokens = int(output)
    if peer and peer.count(texts) != tokens:
        report.say(f"- {peer.name} counts {peer.count(texts)} tokens, we {tokens}: "
                   "not the same work")
    seconds = take_turns(contestants, rounds)
    rows = [["biobert" if name == OURS["f32"] else name,
             f"{tokens * repeats / statistics.median(seconds[name]) / 1e6:.2f}",
             our_share(seconds, name, contestants)] for name in contestants]
    report.table(f"Tokenizing: {len(texts)} whole texts, {tokens} tokens, 1 thread",
                 ["", "million tokens/s", "ours/this"], rows)


# 5. Accuracy -------------------------------------------------------------------------------------

def nearest(vectors):
    """The index of each one's nearest other."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    return similarity.argmax(1)


def accuracy(report, texts):
    """int8 against our f32. Nothing is timed, so both cores work."""
    database = make_database(texts, "accuracy.db")
    exact = our_vectors(database, len(texts), "f32", threads=2)
    ours = our_vectors(database, len(texts), "int8", threads=2)
    some = texts[:PEER_ACCURACY]
    vectors = [(OURS["int8"], ours)]
    if len(some) < len(texts):
        vectors.append((OURS["int8"], ours[:len(some)]))
    for _, peer in start_encoders(report, MODEL, ["int8"], threads=2):
        # One by one, where all of them are most exact.
        vectors.append((peer.name, np.concatenate([peer.embed([text]) for text in some])))
    rows = []
    for name, these in vectors:
        those = exact[:len(these)]
        cosine = cosines(these, those)
        rows.append([name, str(len(these)), f"{cosine.mean():.6f}", f"{cosine.min():.6f}",
                     f"{(nearest(these) == nearest(those)).mean():.1%}"])
    report.table("Accuracy of int8: against our f32, texts one by one",
                 ["", "texts", "mean cosine", "least", "same nearest neighbour among them"], rows)


# The run -----------------------------------------------------------------------------------------

def few(rounds):
    """Of what takes seconds a turn."""
    return rounds // 2 + 1


def describe(report, texts, rounds):
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
    build = run_shell(":memory:", f"{load('f32')}SELECT biobert_build();\n").splitlines()[-1]
    report.say(f"\n## {datetime.date.today()}: {name}, "
               + (f"all held to {CPU}\n" if CPU else f"{sets}\n"))
    report.say(f"- {cores} cores to use; CPU family {info.get('cpu family', '?')}, "
               f"model {info.get('model', '?')}")
    report.say(f"- `{build}`")
    if os.getloadavg()[0] > BUSY:
        report.say(f"- load average {os.getloadavg()[0]:.1f} at the start: other programs were "
                   "running, take the numbers for noise")
    words = statistics.median(len(t.split()) for t in texts)
    origin = "abstracts" if os.environ.get("BENCH_DB") else "joined from examples/literature"
    report.say(f"- {len(texts)} texts, {words:.0f} words in the median, {origin}; "
               f"{rounds} rounds, with BERT-base {few(rounds)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="append to RESULTS.md")
    parser.add_argument("--only", default="12345", help="sections: 1 end to end, 2 forward pass, "
                        "3 new process, 4 tokens, 5 accuracy")
    arguments = parser.parse_args()
    if CPU:
        if CPU not in HELD:
            sys.exit(f"bench: BENCH_CPU is one of: {', '.join(HELD)}")
        os.environ.update(HELD[CPU])  # read by the peers when they are imported
        arguments.only = "".join(set("12") & set(arguments.only))
    count = int(os.environ.get("BENCH_TEXTS", 96))
    rounds = int(os.environ.get("BENCH_ROUNDS", 5))
    source = os.environ.get("BENCH_DB")
    WORK.mkdir(parents=True, exist_ok=True)
    texts = real_texts(source, count) if source else joined_texts(count)
    database = make_database(texts, "texts.db")

    report = Report()
    describe(report, texts, rounds)
    base = None
    if set("23") & set(arguments.only):
        base = start_peer(report, peers.make_base, WORK, MODEL)
    if "1" in arguments.only:
        end_to_end(report, database, texts, rounds)
    if "2" in arguments.only:
        peak = probe(report)
        for title, model_dir, layers, shapes, bulk, times in (
                ("all-MiniLM-L6-v2", MODEL, (6, 384, 1536), MINILM_SHAPES, 16, rounds),
                ("BERT-base (random weights)", base, (12, 768, 3072), BASE_SHAPES, 4, few(rounds))):
            if model_dir:
                forward_pass(report, title, model_dir, layers, peak, shapes, times)
                two_threads(report, title, model_dir, bulk, times)
    if "3" in arguments.only:
        first_embedding(report, base, rounds)
        memory(report, database, base)
    if "4" in arguments.only:
        tokenizing(report, database, texts, rounds)
    if "5" in arguments.only:
        wanted = int(os.environ.get("BENCH_ACCURACY", 5000))
        accuracy(report, real_texts(source, wanted) if source else texts)
    if arguments.write:
        with open(RESULTS, "a", encoding="utf-8") as file:
            file.write("\n".join(report.lines) + "\n")
        print(f"bench: appended to {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
