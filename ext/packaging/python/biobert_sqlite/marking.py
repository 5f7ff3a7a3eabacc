"""Which sentence of a text to show for a question, and which words of it are the question's.

By words alone: this runs no model, so a page of results costs microseconds. The sentence that answers by its
meaning is reading.sentences().
"""

import re
from typing import List, Optional, Sequence, Tuple

#: (kind, text); kind: "" plain, "word" of the question, "sentence" that answers, "answer" both.
Piece = Tuple[str, str]
#: (start, end) in characters, or none.
Span = Optional[Tuple[int, int]]

#: Words that say nothing about what is asked.
STOP = frozenset(
    "a an and are as at be by can did do does for from has have how in into is it its not of on or than that the "
    "there this to was were what when where which who why will with".split()
)
#: Two words are forms of one where they share this many letters, and no more than ENDING are left of either.
STEM, ENDING = 4, 3
#: Characters of the neighbouring text that are shown on each side of a sentence.
CONTEXT = 160

_WORD = re.compile(r"[^\W_]+")
# Abbreviations that end no sentence; a space and a capital, a figure or a quotation begin the next one.
_END = re.compile(
    r"(?:(?<!vs\.)(?<!al\.)(?<!e\.g\.)(?<!i\.e\.)(?<!ca\.)(?<!Fig\.)(?<!No\.)(?<!Dr\.)"
    r"(?<=[.!?])|(?<=[.!?][)\]\"'”’]))\s+(?=[\"'“‘(\[]?[A-Z0-9])|\n+"
)


def question_words(text: str) -> List[str]:
    """The words of a question that say something, in lower case."""
    return list(dict.fromkeys(w for w in map(str.lower, _WORD.findall(text)) if w not in STOP))[:32]


def _shared(a: str, b: str) -> int:
    count = 0
    for x, y in zip(a, b):
        if x != y:
            break
        count += 1
    return count


def _alike(a: str, b: str) -> bool:
    if a == b:
        return True
    if a[:STEM] != b[:STEM]:
        return False
    shared = _shared(a, b)
    return shared >= STEM and len(a) - shared <= ENDING and len(b) - shared <= ENDING


def split(text: str) -> List[Tuple[int, int]]:
    """The sentences of a text, as (start, end) in characters."""
    spans, begin = [], 0
    for end in _END.finditer(text):
        spans.append((begin, end.start()))
        begin = end.end()
    spans.append((begin, len(text)))
    return [(start, end) for start, end in spans if text[start:end].strip()]


def best_sentence(text: str, words: Sequence[str], within: Span = None) -> Span:
    """The first of the sentences with the most words of the question, of those that reach into `within`
    where one of them has any; None: no sentence has any."""
    best, most = None, (False, 0)
    for start, end in split(text):
        of_sentence = {w.lower() for w in _WORD.findall(text, start, end)}
        count = sum(any(_alike(w, s) for s in of_sentence) for w in words)
        inside = within is None or (start < within[1] and end > within[0])
        if count and (inside, count) > most:
            best, most = (start, end), (inside, count)
    return best


def place(passage: str, title: str, text: str) -> Span:
    """Where a passage, which has the title in front of it, stands in the text; None: not in it."""
    rest = passage[len(title) :] if title and passage.startswith(title) else passage
    rest = rest.lstrip(" .\n")
    start = text.find(rest) if rest else -1
    return (start, start + len(rest)) if start >= 0 else None


def _mark_words(text: str, words: Sequence[str], plain: str, strong: str) -> List[Piece]:
    pieces: List[Piece] = []
    at = 0
    for match in _WORD.finditer(text):
        word = match[0].lower()
        if word in STOP or not any(_alike(w, word) for w in words):
            continue
        if match.start() > at:
            pieces.append((plain, text[at : match.start()]))
        pieces.append((strong, match[0]))
        at = match.end()
    if at < len(text):
        pieces.append((plain, text[at:]))
    return pieces


def mark(text: str, words: Sequence[str], sentence: Span) -> List[Piece]:
    """The whole text in pieces, in its order."""
    start, end = sentence or (0, 0)
    return [
        *_mark_words(text[:start], words, "", "word"),
        *_mark_words(text[start:end], words, "sentence", "answer"),
        *_mark_words(text[end:], words, "", "word"),
    ]


def excerpt(text: str, words: Sequence[str], sentence: Span) -> List[Piece]:
    """The sentence with the text around it, in pieces; without one, the beginning of the text."""
    start, end = sentence or (0, 0)
    begin, stop = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    if not sentence:
        stop = min(len(text), 2 * CONTEXT)
    if begin:
        begin = text.find(" ", begin, start) + 1 or start
    if stop < len(text):
        stop = text.rfind(" ", end, stop) if text.rfind(" ", end, stop) > 0 else stop
    pieces = mark(text[begin:stop], words, (start - begin, end - begin) if sentence else None)
    return ([("", "… ")] if begin else []) + pieces + ([("", " …")] if stop < len(text) else [])
