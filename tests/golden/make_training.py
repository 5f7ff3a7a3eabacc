"""make_training.py - fifty steps of AdamW of each task, by PyTorch, transformers and
sentence-transformers: tests/golden/training/NAME.json, each with the rows and the options that
biobert_train() is given, and the loss of each step.

All rows are one batch, and nothing is dropped out, so no random number is used. Each text goes
through the model by itself: there is no padding. Weights and moments are in double precision.
With names only these are made."""

import json
import math
import pathlib
import sys

import torch
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer
from torch.nn import functional

HERE = pathlib.Path(__file__).parent
STEPS, WARMUP, RATE, DECAY, CLIP, SCALE = 50, 5, 5e-4, 0.01, 1.0, 20

TEXTS = [
    "aspirin inhibits cyclooxygenase in human platelets",
    "the gene encodes a protein of the membrane",
    "insulin lowers blood glucose in patients",
    "mutations of the receptor cause disease",
    "the trial found no effect of the drug on survival",
    "il-6 is raised in sepsis",
]
SECONDS = ["platelets are cells", "a gene", "glucose is a sugar", "disease", "survival", "sepsis kills"]


def head_model(kind, name):
    folder = HERE / "models" / name
    model = kind.from_pretrained(folder, dtype=torch.float64).eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def encode(tokenizer, *texts):
    return tokenizer(*texts, return_tensors="pt", truncation=True)


def classify(name, rows, several=False):
    model, tokenizer = head_model(transformers.AutoModelForSequenceClassification, name)
    numbers = {label: i for i, label in enumerate(labels_of(name))}

    def loss():
        logits = torch.cat([model(**encode(tokenizer, *row[:-1])).logits for row in rows])
        if not several:
            return functional.cross_entropy(logits, torch.tensor([numbers[r[-1]] for r in rows]))
        wanted = torch.zeros_like(logits)
        for line, row in zip(wanted, rows):
            for label in json.loads(row[-1]):
                line[numbers[label]] = 1
        return functional.binary_cross_entropy_with_logits(logits, wanted)

    return model, loss


def one_number(name, rows, measure):
    model, tokenizer = head_model(transformers.AutoModelForSequenceClassification, name)
    wanted = torch.tensor([[row[-1]] for row in rows], dtype=torch.float64)

    def loss():
        return measure(torch.cat([model(**encode(tokenizer, *row[:-1])).logits for row in rows]), wanted)

    return model, loss


def tag(encoding, text, spans, numbers):
    """Labels of the first pieces of words; the others, [CLS] and [SEP] have none (-100)."""
    labels, words = [], encoding.word_ids(0)
    for i, word in enumerate(words):
        if word is None or (i and words[i - 1] == word):
            labels.append(-100)
            continue
        start, end = encoding.word_to_chars(0, word)
        inside = [s for s in spans if s["start_byte"] < end and s["end_byte"] > start]
        label = "O"
        if inside:
            label = ("B-" if start <= inside[0]["start_byte"] else "I-") + inside[0]["label"]
        labels.append(numbers[label])
    return torch.tensor(labels)


def entities(name, rows):
    model, tokenizer = head_model(transformers.AutoModelForTokenClassification, name)
    inputs = [encode(tokenizer, text) for text, _ in rows]
    numbers = {label: i for i, label in enumerate(labels_of(name))}
    labels = [tag(i, text, json.loads(spans), numbers) for i, (text, spans) in zip(inputs, rows)]

    def loss():
        logits = torch.cat([model(**i).logits[0] for i in inputs])
        return functional.cross_entropy(logits, torch.cat(labels))

    return model, loss


def answer(name, rows):
    model, tokenizer = head_model(transformers.AutoModelForQuestionAnswering, name)
    inputs, ends = [], []
    for question, context, text, start in rows:
        inputs.append(encode(tokenizer, question, context))
        if text is None:
            ends.append((0, 0))
            continue
        first = inputs[-1].char_to_token(0, start, 1)
        ends.append((first, inputs[-1].char_to_token(0, start + len(text) - 1, 1)))

    def loss():
        losses = []
        for i, (first, last) in zip(inputs, ends):
            out = model(**i)
            losses.append(functional.cross_entropy(out.start_logits, torch.tensor([first])))
            losses.append(functional.cross_entropy(out.end_logits, torch.tensor([last])))
        return torch.stack(losses).mean()

    return model, loss


def vectors_of(model, texts, role="document"):
    prompt = model.prompts.get(role) or ""
    return torch.cat([model(model.preprocess([prompt + text]))["sentence_embedding"] for text in texts])


def sentence_model(name):
    return SentenceTransformer(str(HERE / "models" / name), device="cpu").double().eval()


def embed(name, rows):
    model = sentence_model(name)

    def loss():
        questions, answers = zip(*rows)
        anchors, positives = vectors_of(model, questions, "query"), vectors_of(model, answers)
        scores = SCALE * functional.cosine_similarity(anchors[:, None], positives[None], dim=2)
        numbers = torch.arange(len(rows))
        return (functional.cross_entropy(scores, numbers) + functional.cross_entropy(scores.T, numbers)) / 2

    return model, loss


def distil(name, rows, teacher):
    model, wanted = sentence_model(name), vectors_of(sentence_model(teacher), [r[0] for r in rows]).detach()
    return model, lambda: functional.mse_loss(vectors_of(model, [r[0] for r in rows]), wanted)


def spans(text, *found):
    return json.dumps([{"start_byte": text.index(part), "end_byte": text.index(part) + len(part), "label": label} for part, label in found])


def labels_of(name):
    config = json.loads((HERE / "models" / name / "config.json").read_text())
    return [config["id2label"][str(i)] for i in range(len(config["id2label"]))]


def tasks():
    single, pair, several = labels_of("distilbert_text"), labels_of("relations"), labels_of("multi_label")
    tags = sorted({label[2:] for label in labels_of("token_cls") if label != "O"})
    words = [text.split() for text in TEXTS]
    rows = [(t, single[i % len(single)]) for i, t in enumerate(TEXTS)]
    yield "classify", "classify", "distilbert_text", rows, classify
    rows = [(a, b, pair[i % len(pair)]) for i, (a, b) in enumerate(zip(TEXTS, SECONDS))]
    yield "classify_pair", "classify", "relations", rows, classify
    rows = [(t, json.dumps([several[(i + j) % len(several)] for j in range(i % 3)])) for i, t in enumerate(TEXTS)]
    rows += [(" ".join(several), json.dumps(several))]
    yield "classify_several", "classify", "multi_label", rows, lambda n, r: classify(n, r, True)
    rows = [(a, b, (i - 2) / 2) for i, (a, b) in enumerate(zip(TEXTS, SECONDS))]
    yield "regress", "regress", "cross_encoder", rows, lambda n, r: one_number(n, r, functional.mse_loss)
    rows = [(a, b, i % 3 / 2) for i, (a, b) in enumerate(zip(TEXTS, SECONDS))]
    yield "rerank", "rerank", "cross_encoder", rows, lambda n, r: one_number(n, r, functional.binary_cross_entropy_with_logits)
    rows = [(t, spans(t, (" ".join(w[1:3]), tags[i % len(tags)]), (w[-1], tags[(i + 1) % len(tags)]))) for i, (t, w) in enumerate(zip(TEXTS, words))]
    yield "entities", "entities", "token_cls", rows, entities
    rows = [(q, t, " ".join(w[1:3]), t.index(" ".join(w[1:3]))) for q, t, w in zip(SECONDS, TEXTS, words)]
    rows.append(("what is it", TEXTS[0], None, None))
    yield "answer", "answer", "qa", rows, answer
    yield "embed", "embed", "st_mean", list(zip(SECONDS, TEXTS)), embed
    yield "distil", "distil", "st_mean", [(t,) for t in TEXTS], lambda n, r: distil(n, r, "st_cls")


def train(model, loss):
    """transformers.Trainer's loop; the loss of each step, before it."""
    no_decay = lambda name: name.endswith("bias") or "norm" in name.lower()
    named = list(model.named_parameters())
    groups = [{"params": [p for n, p in named if not no_decay(n)], "weight_decay": DECAY},
              {"params": [p for n, p in named if no_decay(n)], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        losses.append(value.item())
    return losses


def options():
    return {"steps": STEPS, "warmup": WARMUP, "learning_rate": RATE, "weight_decay": DECAY, "clip": CLIP,
            "dropout": 0, "batch": 100000, "model": "start"}


def main():
    (HERE / "training").mkdir(exist_ok=True)
    for name, task, start, rows, make in tasks():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        torch.manual_seed(0)
        given = options() | ({"teacher": "teacher"} if task == "distil" else {})
        losses = train(*make(start, rows))
        told = {"task": task, "model": start, "teacher": "st_cls" if task == "distil" else None,
                "options": given, "rows": rows, "losses": losses}
        (HERE / "training" / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n")
        print(name, losses[0], losses[-1])
        assert math.isfinite(losses[-1])


if __name__ == "__main__":
    main()
