#!/usr/bin/env python3
"""Writes tokenizer files as each generation of transformers does, and what is read from them.

Needs no torch. Run once in an environment of each requirements_tokenizers_*.txt, the older
first: tokenizers/<name>/ is what a user of that release has after save_pretrained(), and
expected.json in it what the fast tokenizer of 4.57 (of 5, for what that wrote) makes of it.

    python make_tokenizers.py
"""
import json
import os
import shutil
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import transformers  # noqa: E402
from transformers import AddedToken, BertTokenizer, BertTokenizerFast  # noqa: E402

OUT = Path(__file__).resolve().parent / "tokenizers"
RELEASE = tuple(int(part) for part in transformers.__version__.split(".")[:2])
WORDS = """
[PAD] [unused1] [unused2] [UNK] [CLS] [SEP] [MASK] the gene drug covid ca a b c d ##a ##b ##c
##d ##e ##g ##r ##u x 1 19 2 ##1 ##9 ##2 - + [ ] < > . ##s ##id vi ##vi co
""".split()
TEXTS = [
    "COVID-19 covid-19 xCOVID-19x",
    "Ca2+ ca2+ aCa2+ Ca2+.",
    "the [DRUG] [drug] a[DRUG]b  [GENE]  [gene] [unused1] [UNUSED1] [unused2]",
    "x  [MASK] [mask]  The drug",
]


def added(tokenizer):
    """What people add after training: names, and markers of entities."""
    tokenizer.add_tokens(["COVID-19", AddedToken("Ca2+", single_word=True, normalized=False)])
    tokenizer.add_special_tokens({"additional_special_tokens": ["[DRUG]", "[unused1]"]})


def of_constructor(folder):
    """Special tokens as arguments; they get their ids when the folder is read."""
    return BertTokenizer(folder / "vocab.txt", mask_token=AddedToken("[MASK]", lstrip=True),
                         additional_special_tokens=["[GENE]", AddedToken("[DRUG]", rstrip=True)])


def start(name, words=WORDS):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("".join(word + "\n" for word in words))
    return folder


def slow(name):
    folder = start(name)
    tokenizer = BertTokenizer(folder / "vocab.txt")
    added(tokenizer)
    tokenizer.save_pretrained(folder)


def constructor(name):
    folder = start(name)
    of_constructor(folder).save_pretrained(folder)


def words_and_config(name):
    """Release 5 without the tokenizer.json that it writes: its list is all that is left."""
    folder = start(name)
    tokenizer = BertTokenizer(str(folder / "vocab.txt"))
    tokenizer.add_special_tokens({"extra_special_tokens": ["[DRUG]", "[unused1]"]})
    tokenizer.save_pretrained(folder)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("".join(word + "\n" for word in WORDS))


def stray_capital(name):
    """A vocabulary of lower case into which somebody put a name; no other file."""
    start(name, ["Aspirin" if word == "[unused2]" else word for word in WORDS])


WRITTEN = {  # by which release
    (4, 33): [("slow_4_33", slow), ("constructor_4_33", constructor)],
    (4, 40): [("slow_4_40", slow)],
    (4, 57): [("slow_4_57", slow), ("constructor_4_57", constructor)],
    (5, 23): [("list_5", words_and_config), ("stray_capital", stray_capital)],
}
READ = {  # by which, after all have been written
    (4, 57): ["slow_4_33", "constructor_4_33", "slow_4_40", "slow_4_57", "constructor_4_57"],
    (5, 23): ["list_5", "stray_capital"],
}


def expected(name):
    tokenizer = BertTokenizerFast.from_pretrained(OUT / name)
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    answers = [{"text": text, "ids": tokenizer(text, add_special_tokens=False)["input_ids"]}
               for text in TEXTS]
    (OUT / name / "expected.json").write_text(json.dumps(
        {"lowercase": backend["normalizer"]["lowercase"], "texts": answers},
        ensure_ascii=False, indent=1) + "\n")


def main():
    for name, write in WRITTEN[RELEASE]:
        write(name)
    for name in READ.get(RELEASE, []):
        expected(name)
        print(f"tokenizers/{name}")


if __name__ == "__main__":
    main()
