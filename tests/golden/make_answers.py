#!/usr/bin/env python3
"""Makes tasks/tasks_qa.json and tasks_qa_long.json: what the question-answering pipeline of
transformers 4.57 says. Release 5 has none any more, so this runs in an environment of its own
(requirements_answers.txt), after make_tasks.py, which writes the questions.

    python make_answers.py [--out DIR]
"""
import argparse
import importlib.metadata
import itertools
import json
import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent


def refuse_other_versions():
    wrong = []
    for line in (HERE / "requirements_answers.txt").read_text().split():
        name, pinned = line.split("==")
        found = importlib.metadata.version(name).split("+")[0]
        if found != pinned:
            wrong.append(f"{name}: {found}, pinned {pinned}")
    if wrong:
        sys.exit("make_answers.py: other versions than pinned:\n  " + "\n  ".join(wrong))


refuse_other_versions()
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
warnings.filterwarnings("ignore")

import torch  # noqa: E402
from transformers import BertForQuestionAnswering, BertTokenizerFast, pipeline  # noqa: E402

TOP = (1, 3)


def byte_offsets(text):
    return [0, *itertools.accumulate(len(c.encode("utf-8")) for c in text)]


def answers(run, question, context, top_k, no_answer):
    """No [CLS] .. [CLS] and other spans of probability 0, with which it fills up a short list
    in an order that is not defined."""
    found = run(question=question, context=context, top_k=top_k,
                handle_impossible_answer=no_answer)
    found = found if isinstance(found, list) else [found]
    at = byte_offsets(context)
    return [{"score": float(f"{a['score']:.9g}"), "start": at[a["start"]], "end": at[a["end"]]}
            for a in found if a["score"] > 0]


def cases(folder, asked):
    model = BertForQuestionAnswering.from_pretrained(folder, attn_implementation="eager")
    tokenizer = BertTokenizerFast.from_pretrained(
        folder, model_max_length=model.config.max_position_embeddings)
    run = pipeline("question-answering", model=model.eval(), tokenizer=tokenizer, device="cpu")
    pairs = [*itertools.product(asked["questions"], asked["contexts"]),
             *asked.get("pairs", [])]
    for question, context in pairs:
        case = {"question": question, "context": context}
        for top_k, no_answer in itertools.product(TOP, (False, True)):
            key = f"top_{top_k}" + ("_no_answer" if no_answer else "")
            case[key] = answers(run, question, context, top_k, no_answer)
        yield case


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    questions = json.loads((out / "tasks" / "questions.json").read_text())
    for name, asked in questions.items():
        lines = [json.dumps(case, separators=(",", ":"))
                 for case in cases(out / "models" / name, asked)]
        (out / "tasks" / f"tasks_{name}.json").write_text(
            '{\n "answers": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n")
        print(f"tasks/tasks_{name}.json")


if __name__ == "__main__":
    main()
