#!/usr/bin/env python3
"""Compares our tokenizer with Hugging Face's `tokenizers` on random Unicode strings.

For each string ids, byte offsets and word indexes must be equal; exits with 1 on any
difference. It needs the library, so it is no part of the ordinary test run, where
tokenizer_cases.jsonl stands in for it: run it after changes to core/text and for new versions
of `tokenizers`.

    python compare_tokenizer.py PROGRAM [--count N] [--seed S] [--cased VOCAB]
        [--uncased VOCAB] [--added COUNT] [--model FOLDER] [--hard hard_strings.jsonl]
        [--squad question_tokens.json]

PROGRAM is tokens_of.c, built.
"""
import argparse
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from array import array
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece

HERE = Path(__file__).resolve().parent
BATCH = 50_000  # strings given to our program at a time: bounds the memory, nothing else
MAX_SHOWN = 20
MAX_UNANSWERED = 0.01  # of the strings: more would be no comparison

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

# ---- Strings -----------------------------------------------------------------------------

WORDS = """
the of and in with patients p53 TNF-alpha IL-6 interleukin-1β β-catenin NF-κB mRNA miR-21-5p
immunohistochemistry deoxyribonucleic pneumonoultramicroscopicsilicovolcanoconiosis HbA1c
SARS-CoV-2 CYP2D6*4 c.68-7T>A p.(Arg1443*) 37°C 5µM 10⁻⁶ Ca²⁺ CO₂ naïve Sjögren Ménière
cafe\u0301 A\u030angstro\u0308m don't it's e.g. (95%CI,1.2–3.4) N-(4-hydroxyphenyl)acetamide
ΟΔΟΣ Άλφα İstanbul STRAẞE \u212b \u2126 \u212a ﬁbrosis ½ № ™ ß ı ſ ǅ
""".split()
NEAR_SPECIALS = [
    *SPECIALS, "[mask]", "[Mask]", "[MASK", "MASK]", "[ MASK ]", "[[MASK]]", "[MA\u200bSK]",
    "[\u00adMASK]", "[MASK\u0301]", "[MASK]\u0301", "[SEP][SEP]", "[CLSS]", "[UNK]x", "x[PAD]",
    "[", "]", "##", "##ing", "#", "［MASK］", "[MA SK]", "\u0301[MASK]", "[MASK]\u3000",
]
# White space of every kind, what clean_text removes of it, and what only looks like it.
SPACES = [chr(c) for c in (*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, 0x180E,
                           *range(0x2000, 0x2010), 0x2028, 0x2029, 0x202F, 0x205F, 0x2060,
                           0x3000, 0xFEFF)]
# Marks of many combining classes (0, 1, 7, 8, 9, 10.., 202, 214, 216, 220, 230, 240), some of
# them newer than the tables of the reference, some that are no Mn.
MARKS = [chr(c) for c in (*range(0x300, 0x370), 0x483, 0x488, 0x5B0, 0x5C1, 0x64B, 0x651, 0x670,
                          0x7FD, 0x898, 0x93C, 0x94D, 0xBCD, 0xE38, 0xEB8, 0xF71, 0xF72, 0xF74,
                          0x1037, 0x135F, 0x1AB0, 0x1ABF, 0x1AC1, 0x1BE6, 0x1DC0, 0x1DF6,
                          0x1DFB, 0x20D0, 0x20DD, 0x20E3, 0x302A, 0x3099, 0x309A, 0xA66F, 0xA6F0,
                          0xFB1E, 0xFE20, 0xFE0F, 0x10376, 0x110BA, 0x1BC9E, 0x1D165, 0x1D16D,
                          0x1D1AA, 0x1E130, 0x1E8D0, 0x1E944, 0xE0100)]
CONTROLS = [chr(c) for c in (*range(0x00, 0x20), *range(0x7F, 0xA0), 0xAD, 0x600, 0x61C, 0x6DD,
                             0x70F, 0x890, 0x8E2, 0x180E, *range(0x200B, 0x2010),
                             *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xFFF9,
                             0xFFFB, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0xE000, 0xF8FF, 0x110BD,
                             0x110CD, 0x13430, 0x1BCA0, 0x1D173, 0xE0001, 0xE0041, 0xF0000,
                             0x10FFFD)]
CJK_EDGES = (0x2E80, 0x3005, 0x3007, 0x33FF, 0x3400, 0x4DBF, 0x4DC0, 0x4E00, 0x9FA5, 0x9FFF,
             0xF900, 0xFAFF, 0xFB00, 0x20000, 0x2A6DF, 0x2A6E0, 0x2A700, 0x2B73F, 0x2B740,
             0x2B81F, 0x2B820, 0x2B91F, 0x2B920, 0x2CEAF, 0x2CEB0, 0x2F800, 0x2FA1F, 0x2FA20)
BLOCKS = [(0x21, 0x7E), (0xA0, 0x24F), (0x250, 0x2FF), (0x370, 0x3FF), (0x400, 0x52F),
          (0x530, 0x6FF), (0x700, 0x8FF), (0x900, 0xDFF), (0xE00, 0x10FF), (0x1200, 0x1CFF),
          (0x1D00, 0x1FFF), (0x2000, 0x2BFF), (0x2C00, 0x2FFF), (0x3000, 0x33FF),
          (0xA000, 0xABFF), (0xF900, 0xFFFF), (0x10000, 0x10FFF), (0x11000, 0x1FFFF),
          (0x1F000, 0x1FAFF)]


def scalar(rng):
    """Any Unicode scalar value: a surrogate is none."""
    code = rng.randrange(0x110000 - 0x800)
    return chr(code if code < 0xD800 else code + 0x800)


def several(rng, pool, most):
    return "".join(rng.choices(pool, k=rng.randint(1, most)))


def from_block(rng, _pieces):
    first, last = rng.choice(BLOCKS)
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 5)))


def hangul(rng, _pieces):
    first, last = rng.choice([(0xAC00, 0xD7A3), (0x1100, 0x11FF)])
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 4)))


def ideographs(rng, _pieces):
    if rng.random() < 0.5:
        return chr(rng.choice(CJK_EDGES))
    return "".join(chr(rng.randint(0x4E00, 0x9FFF)) for _ in range(rng.randint(1, 3)))


def marked(rng, _pieces):
    """A letter under many marks: decomposing sorts them, however long the run."""
    letter = rng.choice("aeoAcsıIøλСक가한ﬁ中 .")
    return letter + several(rng, MARKS, 40 if rng.random() < 0.05 else 4)


def of_vocabulary(rng, pieces):
    """Pieces glued together: words that the search really finds something in."""
    return several(rng, pieces, 4)


def at_the_limit(rng, pieces):
    """A word of about 100 characters: at 101 it becomes [UNK]."""
    unit = rng.choice(["a", "acgt", "é", "e\u0301", "한", "\u200ba", "Ⅷ", *pieces[:50]])
    length = rng.randint(95, 105) // max(1, len(unit))
    return unit * length


KINDS = [  # (weight, makes a part of a string)
    (6, lambda rng, _: rng.choice(WORDS)),
    (6, of_vocabulary),
    (4, lambda rng, _: " "),
    (2, lambda rng, _: several(rng, SPACES, 3)),
    (3, lambda rng, _: rng.choice(NEAR_SPECIALS)),
    (4, lambda rng, _: scalar(rng)),
    (4, from_block),
    (3, marked),
    (1, lambda rng, _: several(rng, MARKS, 3)),
    (2, lambda rng, _: several(rng, CONTROLS, 3)),
    (2, hangul),
    (2, ideographs),
    (0.1, at_the_limit),
]


def random_string(rng, pieces):
    makers = rng.choices([make for _, make in KINDS], [weight for weight, _ in KINDS],
                         k=rng.randint(1, 8))
    return "".join(make(rng, pieces) for make in makers)


def random_batches(count, seed, pieces):
    """A batch has a seed of its own, so that one that fails can be made again alone."""
    for start in range(0, count, BATCH):
        rng = random.Random(f"{seed}/{start}")
        yield [random_string(rng, pieces) for _ in range(min(BATCH, count - start))]


def hard_strings(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file if line.strip()]


# ---- The two sides -----------------------------------------------------------------------


def read_vocabulary(path):
    """As tokenizers itself reads it: trailing white space off, of equal lines the last."""
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines[-1] == "":
        lines.pop()
    return {line.rstrip(): i for i, line in enumerate(lines)}


def reference_tokenizer(vocabulary, lowercase):
    """What transformers' BertTokenizer builds."""
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


def byte_offsets(text):
    """at[i]: where character i begins in UTF-8. Python counts characters, C bytes."""
    at, total = [0], 0
    for c in text:
        code = ord(c)
        total += 1 + (code > 0x7F) + (code > 0x7FF) + (code > 0xFFFF)
        at.append(total)
    return at


def packed(text, encoding):
    """The answer that tokens_of.c has to give for this string, byte for byte."""
    at = None if text.isascii() else byte_offsets(text)
    answer = array("I", [len(encoding.ids)])
    first, last = 0, 0
    for token, (start, end), word in zip(encoding.ids, encoding.offsets, encoding.word_ids):
        if at:
            start, end = at[start], at[end]
        # The reference may find a token in white space that the one before it has taken;
        # our places do not go back there.
        first, last = max(first, start), max(last, end)
        answer.extend((token, first, last, word))
    return answer.tobytes()


def reference_answer(tokenizer, text):
    """None where the library itself fails: it panics ("AddedVocabulary bad split") where two
    added tokens of different normalisation claim the same white space."""
    try:
        return packed(text, tokenizer.encode(text, add_special_tokens=False))
    except BaseException as error:  # pyo3's PanicException is no Exception
        if type(error).__name__ != "PanicException":
            raise
        return None


def reference_answers(tokenizer, texts):
    try:
        encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return [reference_answer(tokenizer, text) for text in texts]
    return [packed(text, encoding) for text, encoding in zip(texts, encodings)]


def model_folder(parent, vocabulary, lowercase):
    """What our program reads: the files of a model that say how it tokenizes."""
    (parent / "vocab.txt").write_bytes(vocabulary.read_bytes())
    (parent / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": lowercase}))
    (parent / "config.json").write_text(json.dumps({"model_type": "bert"}))
    return parent


def our_answers(program, folder, texts):
    """Runs the program over all texts and cuts its output into one answer for each."""
    asked = b"".join(struct.pack("<I", len(data)) + data
                     for data in (text.encode("utf-8") for text in texts))
    done = subprocess.run([program, folder], input=asked, stdout=subprocess.PIPE, check=True)
    answers, at = [], 0
    while at < len(done.stdout):
        (count,) = struct.unpack_from("<I", done.stdout, at)
        end = at + 4 + 16 * count
        answers.append(done.stdout[at:end])
        at = end
    if len(answers) != len(texts):
        sys.exit(f"{program}: {len(answers)} answers to {len(texts)} strings")
    return answers


# ---- Comparing ---------------------------------------------------------------------------


def readable(tokenizer, answer):
    return " ".join(f"{tokenizer.id_to_token(token)}[{start},{end})w{word}" for
                    token, start, end, word in struct.iter_unpack("<iIIi", answer[4:]))


class Comparison:
    """One tokenizer and the folder from which our program reads the same one; counts the
    differences and shows the first ones."""

    def __init__(self, name, program, tokenizer, folder):
        self.name, self.program, self.folder = name, program, folder
        self.tokenizer = tokenizer
        self.pieces = [token.removeprefix("##") for token in sorted(tokenizer.get_vocab())]
        self.compared = self.different = self.unanswered = 0

    def show(self, text, expected, got):
        self.different += 1
        if self.different <= MAX_SHOWN:
            print(f"{self.name}: {ascii(text)}\n  expected {expected}\n  got      {got}")

    def strings(self, texts):
        ours = our_answers(self.program, self.folder, texts)
        for text, expected, got in zip(texts, reference_answers(self.tokenizer, texts), ours):
            if expected is None:
                self.unanswered += 1
            elif got != expected:
                self.show(text, readable(self.tokenizer, expected),
                          readable(self.tokenizer, got))
        self.compared += len(texts)

    def recorded(self, path):
        """SQuAD's questions with the pieces that somebody else recorded: a check of the
        library that all the others trust."""
        questions = json.loads(Path(path).read_text(encoding="utf-8"))
        texts = [question["original"] for question in questions]
        for question, got in zip(questions, our_answers(self.program, self.folder, texts)):
            pieces = [self.tokenizer.id_to_token(token)
                      for token, *_ in struct.iter_unpack("<iIIi", got[4:])]
            if pieces != question["wordpiece"]:
                self.show(question["original"], question["wordpiece"], pieces)
        self.compared += len(texts)


def of_vocabulary_file(name, program, vocabulary, lowercase, parent):
    tokenizer = reference_tokenizer(read_vocabulary(vocabulary), lowercase)
    return Comparison(name, program, tokenizer, model_folder(parent, vocabulary, lowercase))


def of_model(program, folder):
    """Of a tokenizer.json: its added tokens too. A truncation or padding that is baked into
    the file is a call's, not the model's: transformers ignores them as well."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Comparison(str(folder), program, tokenizer, folder)


def overlapping_tokens(tokenizer, count, rng):
    """Added tokens that begin, end and contain one another, of every flag. None is spelled
    as another once normalised: the reference finds any of those."""
    # Sorted: the reference lists its vocabulary in another order in each process.
    pieces = [token.removeprefix("##") for token in sorted(tokenizer.get_vocab())] + WORDS
    made, seen = [], set()
    while len(made) < count:
        known = rng.choice(made).content if made and rng.random() < 0.6 else ""
        content = rng.choice([known, known[1:], known[:-1], ""]) + rng.choice(
            [rng.choice(pieces), rng.choice("ab c-+é中\u0301ΣI"), known])
        content = rng.choice([content, content.upper(), content.title()])[:60]
        form = tokenizer.normalizer.normalize_str(content)
        if not form or form in seen or tokenizer.token_to_id(content) is not None:
            continue
        seen.add(form)
        flags = {name: rng.random() < 0.2 for name in ("single_word", "lstrip", "rstrip")}
        made.append(AddedToken(content, normalized=rng.random() < 0.5,
                               special=rng.random() < 0.3, **flags))
    return made


def of_added_tokens(program, vocabulary, count, seed, parent):
    """The uncased vocabulary with many added tokens, out of a tokenizer.json."""
    tokenizer = reference_tokenizer(read_vocabulary(vocabulary), True)
    tokenizer.add_tokens(overlapping_tokens(tokenizer, count, random.Random(seed)))
    tokenizer.save(str(parent / "tokenizer.json"))
    (parent / "config.json").write_text(json.dumps({"model_type": "bert"}))
    return Comparison(f"{count} added tokens", program, tokenizer, parent)


def compare(side, options):
    if options.hard:
        side.strings(hard_strings(options.hard))
    if options.squad and side.name == "uncased":
        side.recorded(options.squad)
    for texts in random_batches(options.count, options.seed, side.pieces):
        side.strings(texts)
    if side.unanswered > side.compared * MAX_UNANSWERED:
        sys.exit(f"{side.name}: the reference answered {side.unanswered} strings with a panic")
    unanswered = f"{side.unanswered} without a reference, " if side.unanswered else ""
    print(f"{side.name}: {side.compared} strings, {unanswered}{side.different} different")
    return side.different


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", help="tokens_of.c, built")
    parser.add_argument("--count", type=int, default=1_000_000,
                        help="random strings for each vocabulary (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--added", type=int, default=2000,
                        help="tokens that are added to the uncased vocabulary (%(default)s)")
    models = HERE / "models"
    parser.add_argument("--cased", type=Path, default=models / "mlm_cased" / "vocab.txt")
    parser.add_argument("--uncased", type=Path, default=models / "st_mean" / "vocab.txt")
    parser.add_argument("--model", type=Path,
                        help="folder with a tokenizer.json, instead of the vocabularies")
    parser.add_argument("--hard", help="file of {\"text\": ...} lines, compared as well")
    parser.add_argument("--squad", help="file of [{\"original\":, \"wordpiece\": [...]}], for "
                                        "the vocabulary of bert-base-uncased")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    return options


def main():
    options = arguments()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as uncased, tempfile.TemporaryDirectory() as cased, \
            tempfile.TemporaryDirectory() as added:
        if options.model:
            sides = [of_model(options.program, options.model)]
        else:
            sides = [of_vocabulary_file("uncased", options.program, options.uncased, True,
                                        Path(uncased)),
                     of_vocabulary_file("cased", options.program, options.cased, False,
                                        Path(cased)),
                     of_added_tokens(options.program, options.uncased, options.added,
                                     options.seed, Path(added))]
        different = [compare(side, options) for side in sides]
    sys.exit(1 if any(different) else 0)


if __name__ == "__main__":
    main()
