#!/usr/bin/env python3
"""Branch coverage of core/ and ext/, from the counters that a MODE=cov build has written.

    python3 tests/coverage/branches.py BUILD

gcc counts every edge of every condition as a branch, and so does this: of `if (a && b)` there are
four. The edges of an inline function in a header are taken if they are taken in any file that
includes it. Only what this processor cannot run is left out (ISA, below), and that is said.

Exits with 1 if a branch is not taken, unreached.txt does not say why, and fewer than LIMIT percent
of the branches are taken; or if unreached.txt names a line that is not there.
"""
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIMIT = 95.0

# What Linux calls the instructions that a file of kernels is compiled for. Debian's gcc for x86
# compiles no line of isa_neon.c, so it has no branches there.
ISA = {
    "core/kernels/isa_avx2.c": ["avx2", "fma", "f16c"],
    "core/kernels/isa_avx512.c": ["avx512f", "avx512bw", "avx512dq", "avx512vl"],
    "core/kernels/isa_avxvnni.c": ["avx_vnni"],
    "core/kernels/isa_avx512vnni.c": ["avx512_vnni"],
}


def cannot_run():
    """{file: the instructions that this processor lacks}"""
    words = set(Path("/proc/cpuinfo").read_text().split())
    lacking = {file: [flag for flag in flags if flag not in words] for file, flags in ISA.items()}
    return {file: flags for file, flags in lacking.items() if flags}


def gcov(build):
    """What gcov says about each object file of the build, as parsed JSON."""
    counters = sorted(str(note.with_suffix(".gcda")) for note in Path(build).rglob("*.gcno"))
    # A file that never ran has no counters, or those of an older build: gcov says so on stderr, and
    # all its counts are 0.
    run = subprocess.run(
        [os.environ.get("GCOV", "gcov"), "--json-format", "--stdout", "--branch-probabilities"]
        + counters,
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return [json.loads(line) for line in run.stdout.splitlines() if line]


def count(build, left_out):
    """{(file, line, function): [how often each edge was taken]} of core/ and ext/

    What a file of `left_out` includes is left out with it: its tiles are those of its instructions.
    """
    edges = defaultdict(list)
    for unit in gcov(build):
        paths = [os.path.relpath(os.path.join(unit["current_working_directory"], source["file"]),
                                 ROOT) for source in unit["files"]]
        if not left_out.isdisjoint(paths):
            continue
        for path, source in zip(paths, unit["files"]):
            if not path.startswith(("core/", "ext/")):
                continue
            for line in source["lines"]:
                if line["branches"]:
                    merged = edges[path, line["line_number"], line.get("function_name", "-")]
                    counts = [branch["count"] for branch in line["branches"]]
                    merged += [0] * (len(counts) - len(merged))
                    for i, times in enumerate(counts):
                        merged[i] += times
    return edges


def read_reasons(path):
    """{(file, function, text of the line): reason}: unreached.txt says itself how it is written."""
    reasons, reason, place = {}, "", None
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        indent, text = len(line) - len(line.lstrip()), line.strip()
        if indent == 0:
            reason = text if place else f"{reason} {text}".strip()
            place = None
        elif indent == 2:
            place = text.split()
        else:
            reasons[place[0], place[1], text] = reason
    return reasons


def percent(taken, of):
    return f"{100 * taken / of:6.1f} %" if of else "     - %"


def table(title, rows):
    print(f"\n{title:<36} branches  taken")
    for name, (of, taken) in rows:
        print(f"{name:<36} {of:8d} {taken:6d} {percent(taken, of)}")


def sums(edges, name_of):
    total = defaultdict(lambda: [0, 0])
    for (file, _, _), counts in edges.items():
        total[name_of(file)][0] += len(counts)
        total[name_of(file)][1] += sum(times > 0 for times in counts)
    return sorted(total.items())


class Sources:
    """The lines of the sources, read once."""

    def __init__(self):
        self.files = {}

    def lines(self, file):
        if file not in self.files:
            path = ROOT / file
            self.files[file] = [line.strip() for line in path.read_text().splitlines()] \
                if path.exists() else []
        return self.files[file]


def show(title, untaken, sources):
    print(f"\n{title}: {sum(c.count(0) for c in untaken.values())} branches, {len(untaken)} lines")
    for (file, line, function), counts in sorted(untaken.items()):
        print(f"{file}:{line}: {function}: {counts.count(0)} of {len(counts)}: "
              f"{sources.lines(file)[line - 1]}")


def main():
    left_out = cannot_run()
    edges = count(sys.argv[1], left_out.keys())
    reasons, sources = read_reasons(HERE / "unreached.txt"), Sources()

    untaken = {place: counts for place, counts in edges.items() if 0 in counts}
    known = {place: counts for place, counts in untaken.items()
             if (place[0], place[2], sources.lines(place[0])[place[1] - 1]) in reasons}
    unknown = {place: counts for place, counts in untaken.items() if place not in known}
    show("Not taken, for a reason that unreached.txt gives", known, sources)
    show("Not taken, and not in unreached.txt", unknown, sources)

    table("File", sums(edges, lambda file: file))
    table("Folder", sums(edges, os.path.dirname))
    for file, flags in sorted(left_out.items()):
        print(f"left out: {file}: this processor has no {', '.join(flags)}")
    [(_, (of, taken))] = sums(edges, lambda file: "core/ and ext/")
    listed = sum(counts.count(0) for counts in known.values())
    print(f"\n{taken} of {of} branches taken: {percent(taken, of).strip()}; without those that "
          f"unreached.txt lists: {percent(taken, of - listed).strip()}")

    wrong = []
    if unknown and 100 * taken < LIMIT * of:
        wrong.append(f"fewer than {LIMIT:g} % of the branches are taken")
    wrong += [f"unreached.txt: {file} has no line in {function}(): {text}"
              for file, function, text in reasons if text not in sources.lines(file)]
    for line in wrong:
        print("FAILED:", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
