"""training_quality.py - `bash tests/bench/training.sh --quality`: what training gives on texts held out.

BENCH_PAPERS: a database with papers(title, abstract). Masked language modelling of the first 64 tokens of
each, by biobert_train() and by PyTorch from one folder with the same texts and settings; perplexity of
texts held out by one code (transformers), with the same tokens hidden for all. The folder has random
weights: a small BERT with a vocabulary of these texts; with BENCH_ENCODER=models/default that encoder under
a new head.

BENCH_MEDQUAD: medquad_answered.jsonl.gz (Ben Abacha & Demner-Fushman 2019, CC BY 4.0): which of 13 types
of question a text answers, by its first 32 tokens. (The type by the question itself is no task: logistic
regression is right in 99.7 of 100, for questions are written by patterns.) BENCH_PUBMEDQA: ori_pqal.json
(Jin et al. 2019, MIT): yes, no or maybe. biobert_train('classify') from models/default beside
scikit-learn's logistic regression on the vectors of models/default; both read the same rows and tokens,
C by cross-validation. Nothing is chosen by the rows held out, nor was by whoever wrote this.

What is not named is left out. BENCH_TEXTS (15000): abstracts to learn from. BENCH_THREADS (2): of both
sides."""

import argparse
import datetime
import gzip
import json
import math
import os
import pathlib
import shutil
import sqlite3
import subprocess
import time
import zlib

from report import Report
from training import cpu

WORK = pathlib.Path("build/bench-training-quality")
MODEL = "models/default"
THREADS = int(os.environ.get("BENCH_THREADS", "2"))


def shell(database, sql):
    """Rows of the last statement as dictionaries, by the stock shell with the extension."""
    run = subprocess.run(["sqlite3", "-json", "-cmd", ".load build/release/biobert", database], input=sql, capture_output=True, text=True)
    if run.returncode or run.stderr:
        raise SystemExit(f"bench: {run.stderr}")
    at, rows = 0, []
    while at < len(run.stdout.rstrip()):
        part, at = json.JSONDecoder().raw_decode(run.stdout, at)
        rows = part
        while at < len(run.stdout) and run.stdout[at].isspace():
            at += 1
    return rows


def fresh_table(database, name, columns, rows):
    with sqlite3.connect(database) as db:
        db.execute(f"DROP TABLE IF EXISTS {name}")
        db.execute(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, {', '.join(columns)})")
        db.executemany(f"INSERT INTO {name}({', '.join(columns)}) VALUES({', '.join('?' * len(columns))})", rows)
    db.close()


def train(database, task, query, output, options, load=""):
    """Seconds of a whole run, and its last loss."""
    shutil.rmtree(output, ignore_errors=True)
    shutil.rmtree(f"{output}.biobert-training", ignore_errors=True)
    text = json.dumps({"threads": THREADS, "save_every": 100000, **options}).replace("'", "''")
    query = query.replace("'", "''")
    begun = time.monotonic()
    rows = shell(database, f"{load} SELECT step, loss FROM biobert_train('{task}', '{query}', '{output}', '{text}') WHERE loss IS NOT NULL;")
    return time.monotonic() - begun, rows[-1]["loss"]


# Masked words ------------------------------------------------------------------------------------------

LENGTH, BATCH, HELD_OUT = 64, 64, 512
TRAINED = int(os.environ.get("BENCH_TEXTS", "15000"))
ENCODER = os.environ.get("BENCH_ENCODER")
SMALL = {"num_hidden_layers": 2, "hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 512}
VOCABULARY = 8000
MASK_SETTINGS = {"learning_rate": 5e-4 if ENCODER else 2e-3, "weight_decay": 0.01, "warmup": 0.1, "clip": 1}


def start_folder():
    """Model and tokenizer that both sides start from."""
    import torch
    import transformers
    folder = WORK / "start"
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(0)
    if ENCODER:
        transformers.BertForMaskedLM.from_pretrained(ENCODER).save_pretrained(folder)
        transformers.AutoTokenizer.from_pretrained(ENCODER).save_pretrained(folder)
        shutil.copy(pathlib.Path(ENCODER) / "vocab.txt", folder)
        return folder
    with sqlite3.connect(f"file:{os.environ['BENCH_PAPERS']}?mode=ro&immutable=1", uri=True) as db:
        fresh_table(WORK / "papers.db", "all_texts", ["text"], db.execute("SELECT abstract FROM papers"))
    vocabulary = shell(WORK / "papers.db", f"SELECT biobert_vocabulary(text, {VOCABULARY}) AS v FROM all_texts;")[0]["v"]
    transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=len(vocabulary.split()), **SMALL)).save_pretrained(folder)
    (folder / "vocab.txt").write_text(vocabulary, encoding="utf-8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def papers(folder):
    """Tokenizer; (text, ids) held out and to learn from: the first LENGTH tokens of what has as many. So both sides have
    the same batches, of which every row is as long (ours learns from the rest of a long text too, unless it is cut)."""
    import transformers
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with sqlite3.connect(f"file:{os.environ['BENCH_PAPERS']}?mode=ro&immutable=1", uri=True) as db:
        texts = sorted({f"{title} {abstract}"[:20 * LENGTH] for title, abstract in db.execute("SELECT title, abstract FROM papers")},
                       key=lambda text: zlib.crc32(text.encode()))
    read = tokenizer(texts, truncation=True, max_length=LENGTH, padding=False, return_offsets_mapping=True)
    long = [(text[:places[-2][1]], ids) for text, ids, places in zip(texts, read["input_ids"], read["offset_mapping"]) if len(ids) == LENGTH]
    same = tokenizer([text for text, _ in long])["input_ids"]
    long = [row for row, ids in zip(long, same) if row[1] == ids]  # a word may be cut
    return tokenizer, long[:HELD_OUT], long[HELD_OUT:HELD_OUT + TRAINED]


def hide(ids, tokenizer, generator):
    """15 % of the tokens, not the first and last: 80 % become [MASK], 10 % another, 10 % stay."""
    import torch
    hidden = torch.rand(ids.shape, generator=generator) < 0.15
    hidden[:, 0] = hidden[:, -1] = False
    fate = torch.rand(ids.shape, generator=generator)
    another = torch.randint(5, len(tokenizer), ids.shape, generator=generator)
    shown = torch.where(hidden & (fate < 0.8), tokenizer.mask_token_id, torch.where(hidden & (fate >= 0.9), another, ids))
    return shown, hidden


def losses(network, shown, hidden, ids):
    """As ours, the decoder sees the hidden words alone."""
    import torch
    states = network.bert(shown, attention_mask=torch.ones_like(shown)).last_hidden_state
    return torch.nn.functional.cross_entropy(network.cls(states[hidden]), ids[hidden], reduction="sum")


def perplexity(folder, tokenizer, held_out):
    import torch
    import transformers
    network = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
    ids = torch.tensor([i for _, i in held_out])
    shown, hidden = hide(ids, tokenizer, torch.Generator().manual_seed(1))
    total = 0
    with torch.no_grad():
        for at in range(0, len(ids), BATCH):
            part = slice(at, at + BATCH)
            total += losses(network, shown[part], hidden[part], ids[part]).item()
    return math.exp(total / hidden.sum().item())


def pytorch_masked(start, tokenizer, trained, output):
    """Seconds."""
    import torch
    import transformers
    torch.set_num_threads(THREADS)
    torch.manual_seed(42)
    begun = time.monotonic()
    network = transformers.AutoModelForMaskedLM.from_pretrained(start).train()
    ids = torch.tensor([i for _, i in trained])
    steps = math.ceil(len(ids) / BATCH)
    groups = [{"params": [p for p in network.parameters() if p.dim() > 1], "weight_decay": MASK_SETTINGS["weight_decay"]},
              {"params": [p for p in network.parameters() if p.dim() == 1], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=MASK_SETTINGS["learning_rate"])
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, math.ceil(steps * MASK_SETTINGS["warmup"]), steps)
    generator = torch.Generator().manual_seed(42)
    for batch in (ids[part] for part in torch.randperm(len(ids)).split(BATCH)):
        shown, hidden = hide(batch, tokenizer, generator)
        optimizer.zero_grad()
        (losses(network, shown, hidden, batch) / hidden.sum()).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), MASK_SETTINGS["clip"])
        optimizer.step()
        schedule.step()
    network.save_pretrained(output)
    return time.monotonic() - begun


def masked(report):
    start, own, other = start_folder(), WORK / "masked-ours", WORK / "masked-pytorch"
    tokenizer, held_out, trained = papers(start)
    fresh_table(WORK / "papers.db", "texts", ["text"], [(text,) for text, _ in trained])
    what = f"the encoder of {ENCODER} under a new head" if ENCODER else "random weights"
    rows = [[what, f"{perplexity(start, tokenizer, held_out):.0f}", "-"]]
    seconds, _ = train(WORK / "papers.db", "mlm", "SELECT text FROM texts", own,
                       {"model": "start", "epochs": 1, "batch": LENGTH * BATCH, "max_tokens": LENGTH, **MASK_SETTINGS},
                       f"SELECT biobert_load('{start}', 'start');")
    rows.append(["biobert_train('mlm')", f"{perplexity(own, tokenizer, held_out):.1f}", f"{seconds:.0f} s"])
    seconds = pytorch_masked(start, tokenizer, trained, other)
    rows.append(["PyTorch", f"{perplexity(other, tokenizer, held_out):.1f}", f"{seconds:.0f} s"])
    size = "" if ENCODER else f", {SMALL['num_hidden_layers']} layers of {SMALL['hidden_size']}, vocabulary of {VOCABULARY}"
    report.table(f"Masked words: perplexity of {len(held_out)} abstracts held out, after an epoch of {len(trained)} "
                 f"(the first {LENGTH} tokens{size})", ["", "perplexity", "training"], rows)


# Classifying -------------------------------------------------------------------------------------------

def medquad_rows():
    """(answer, None, type, held out). The diseases of the rows held out are in none to learn from, so no question is.
    Types of fewer than a hundred answers (stages, complications, support groups) are left out."""
    with gzip.open(os.environ["BENCH_MEDQUAD"], "rt", encoding="utf-8") as file:
        items = [json.loads(line) for line in file]
    types = {}
    for item in items:
        types.setdefault(item["answer"], set()).add(item["qtype"])
    rows = {}
    for item in items:
        text, kind = item["answer"], item["qtype"]
        if text and len(types[text]) == 1 and kind not in ("stages", "complications", "support groups"):
            rows.setdefault(text, (text, None, kind, zlib.crc32(item["focus"].lower().encode()) % 4 == 0))
    rows = sorted(rows.values(), key=lambda row: zlib.crc32(row[0].encode()))
    # By the first 800 held out the number of epochs and the types were settled; nothing was by the next.
    return [r for r in rows if not r[3]][:1600] + [r for r in rows if r[3]][800:1600]


def pubmedqa_rows():
    """Question and conclusion; halves, as its authors have it."""
    with open(os.environ["BENCH_PUBMEDQA"], encoding="utf-8") as file:
        items = json.load(file)
    return [(item["QUESTION"], item["LONG_ANSWER"], item["final_decision"], int(key) % 2 == 0) for key, item in items.items()]


def logistic(database, max_tokens):
    """Vectors of models/default (of a pair: of both, side by side); C by cross-validation of the rows to learn from."""
    import numpy
    from sklearn.linear_model import LogisticRegressionCV
    load = f"SELECT biobert_load('{MODEL}', 'plain', '{{\"max_tokens\": {max_tokens}}}');"
    vector = "hex(biobert_embed(text, 'plain')) || coalesce(hex(biobert_embed(second, 'plain')), '')"
    rows = shell(database, f"{load} SELECT {vector} AS v, label, held_out FROM rows ORDER BY id;")
    x = numpy.array([numpy.frombuffer(bytes.fromhex(row["v"]), dtype="<f4") for row in rows])
    y = numpy.array([row["label"] for row in rows])
    out = numpy.array([row["held_out"] for row in rows], dtype=bool)
    model = LogisticRegressionCV(Cs=[1, 10, 100], cv=3, max_iter=1000, scoring="f1_macro", l1_ratios=[0.0],
                                 use_legacy_attributes=False)
    model.fit(x[~out], y[~out])
    return model.predict(x[out])


def labels_of(database, folder, pair):
    call = "biobert_classify_pair(rows.text, rows.second, 'trained')" if pair else "biobert_classify(rows.text, 'trained')"
    rows = shell(database, f"""SELECT biobert_load('{folder}', 'trained');
SELECT (SELECT label FROM {call} ORDER BY score DESC LIMIT 1) AS label FROM rows WHERE held_out ORDER BY id;""")
    return [row["label"] for row in rows]


def classified(report):
    from sklearn.metrics import accuracy_score, f1_score
    tasks = []
    if "BENCH_MEDQUAD" in os.environ:
        tasks.append(("type of the question that a text answers (MedQuAD)", medquad_rows,
                      {"epochs": 5, "max_tokens": 32, "batch": 512, "learning_rate": 2e-4}))
    if "BENCH_PUBMEDQA" in os.environ:
        tasks.append(("yes, no or maybe (PubMedQA)", pubmedqa_rows,
                      {"epochs": 8, "max_tokens": 256, "batch": 1024, "learning_rate": 1e-4}))
    table = []
    for number, (name, read, options) in enumerate(tasks):
        database = WORK / f"classify{number}.db"
        rows = read()
        fresh_table(database, "rows", ["text", "second", "label", "held_out"], rows)
        assert not {r[0] for r in rows if r[3]} & {r[0] for r in rows if not r[3]}
        truth = [r[2] for r in rows if r[3]]
        pair = rows[0][1] is not None
        query = f"SELECT text, {'second, ' if pair else ''}label FROM rows WHERE NOT held_out"
        folder = WORK / f"classifier{number}"
        seconds, _ = train(database, "classify", query, folder, options)
        own = labels_of(database, folder, pair)
        other = logistic(database, options["max_tokens"])
        f1 = [f1_score(truth, labels, average="macro") for labels in (own, other)]
        right = [accuracy_score(truth, labels) for labels in (own, other)]
        table.append([name, f"{len(rows) - len(truth)}, {len(truth)}, {len(set(truth))}", f"{f1[0]:.3f}", f"{f1[1]:.3f}",
                      f"{right[0]:.3f}", f"{right[1]:.3f}", f"{seconds:.0f} s"])
        print(table[-1], flush=True)
    report.table("Classifying: biobert_train('classify') and logistic regression on embeddings, rows held out",
                 ["", "rows, held out, labels", "macro-F1, ours", "regression", "accuracy, ours", "regression", "training"], table)


def main():
    import sklearn
    import torch
    import transformers
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    report = Report()
    report.say(f"## {datetime.date.today()}: quality, {cpu()}\n")
    report.say(f"- torch {torch.__version__}, transformers {transformers.__version__}, scikit-learn {sklearn.__version__}; {THREADS} threads")
    if "BENCH_PAPERS" in os.environ:
        masked(report)
    if "BENCH_MEDQUAD" in os.environ or "BENCH_PUBMEDQA" in os.environ:
        classified(report)
    if arguments.write:
        with open(pathlib.Path(__file__).parent / "TRAINING_RESULTS.md", "a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(report.lines) + "\n")


if __name__ == "__main__":
    main()
