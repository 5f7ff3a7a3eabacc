"""What the benchmarks share: what is said, and whose turn it is."""

import statistics


class Report:
    """Markdown, printed as it comes and kept for --write."""

    def __init__(self):
        self.lines = []

    def say(self, line=""):
        self.lines.append(line)
        print(line, flush=True)

    def table(self, title, head, rows):
        self.say(f"\n### {title}\n")
        self.say("| " + " | ".join(head) + " |")
        self.say("|" + " --- |" * len(head))
        for row in rows:
            self.say("| " + " | ".join(row) + " |")


def spread(ratios):
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def turns(contestants, rounds):
    """(round from 0, name) in order. Every second round runs backwards, so that nobody always comes
    after the same neighbour."""
    for i in range(rounds):
        for name in list(contestants) if i % 2 == 0 else list(reversed(contestants)):
            yield i, name
