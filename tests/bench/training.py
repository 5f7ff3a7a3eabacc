"""training.py - `make bench-training`: tokens a second and peak memory of training, ours and
PyTorch's, each in a process of its own, taking turns; medians and ratios within a round.

The work of a step is the same: 4,096 tokens in 32 texts of 128, masked language modelling with 15 %
of the tokens hidden, dropout as the model has it, gradients clipped, AdamW.

Before that the products of a step by themselves (products.c), as a part of what the core can do."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys

STEPS, WARM = 7, 2  # of each process; the first ones are not counted
TEXTS, LENGTH = 32, 128
HERE = pathlib.Path(__file__).parent
WORK = pathlib.Path("build/bench-training")


def words():
    """Texts of as many pieces as fit, of words of one piece."""
    vocabulary = pathlib.Path("models/default/vocab.txt").read_text().split("\n")
    plain = [w for w in vocabulary[2000:12000] if w.isascii() and w.isalpha() and len(w) > 2]
    return [" ".join(plain[(t * 131 + i * 7) % len(plain)] for i in range(LENGTH - 2)) for t in range(TEXTS * (STEPS + 1))]


def bert_base(folder):
    """The sizes of BERT-base, with random weights and MiniLM's vocabulary."""
    import shutil

    import transformers
    if folder.exists():
        return
    config = transformers.BertConfig()
    transformers.BertForMaskedLM(config).save_pretrained(folder)
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(pathlib.Path("models/default") / name, folder)


def ours(model, threads, limit):
    """A run of biobert_train(): tokens a second of each step, peak memory in MB."""
    output = WORK / "ours"
    subprocess.run(["rm", "-rf", output, f"{output}.biobert-training"], check=True)
    options = {"model": "start", "steps": STEPS, "batch": TEXTS * LENGTH, "threads": threads, "save_every": 1000}
    if limit:
        options["memory_limit"] = limit
    sql = f"""SELECT biobert_load('{model}', 'start', '{{"max_tokens": {LENGTH}}}');
SELECT tokens_per_second FROM biobert_train('mlm', 'SELECT text FROM texts', '{output}', '{json.dumps(options)}')
 WHERE metric IS NULL;"""
    run = subprocess.run([sys.executable, __file__, "--measure", "sqlite3", str(WORK / "texts.db"), "-cmd", ".load build/release/biobert", sql],
                         capture_output=True, text=True, check=True)
    lines = run.stdout.split()
    return [float(x) for x in lines[1:-1]], float(lines[-1])


def pytorch(model, threads):
    run = subprocess.run([sys.executable, __file__, "--measure", sys.executable, __file__, "--pytorch", str(model), str(threads)],
                         capture_output=True, text=True, check=True)
    lines = run.stdout.split()
    return [float(x) for x in lines[:-1]], float(lines[-1])


def pytorch_steps(model, threads):
    import time

    import torch
    import transformers
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = transformers.AutoModelForMaskedLM.from_pretrained(model).train()
    ids = torch.randint(1000, 20000, (TEXTS, LENGTH))
    groups = [{"params": [p for p in network.parameters() if p.dim() > 1], "weight_decay": 0.01},
              {"params": [p for p in network.parameters() if p.dim() == 1], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=5e-5)
    for _ in range(STEPS):
        begun = time.monotonic()
        hidden = torch.rand(ids.shape) < 0.15
        labels = torch.where(hidden, ids, -100)
        # As ours: the decoder sees the hidden words alone.
        states = network.bert(torch.where(hidden, 103, ids), attention_mask=torch.ones_like(ids)).last_hidden_state
        logits = network.cls(states[hidden])
        loss = torch.nn.functional.cross_entropy(logits, labels[hidden])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        print(TEXTS * LENGTH / (time.monotonic() - begun))


def measure(command):
    run = subprocess.run(command, capture_output=True, text=True)
    sys.stderr.write(run.stderr)
    print(run.stdout, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)
    sys.exit(run.returncode)


def speed(rates):
    return statistics.median(rates[WARM:])


def row(name, a, b):
    ratios = sorted(x / y for x, y in zip(*(map(lambda r: speed(r[0]), side) for side in (a, b))))
    memory = [statistics.median(r[1] for r in side) for side in (a, b)]
    rate = [statistics.median(speed(r[0]) for r in side) for side in (a, b)]
    return (f"| {name} | {rate[0]:.0f} | {rate[1]:.0f} | {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) "
            f"| {memory[0]:.0f} | {memory[1]:.0f} | {memory[0] / memory[1]:.2f} |")


def products():
    """Rows of a table: a linear map, and GFLOP/s and part of the peak of its three products."""
    output = subprocess.run(["build/release/tests/bench/products"], capture_output=True, text=True, check=True).stdout
    rates = {name: f"{float(rate):.0f} ({part} %)" for name, rate, part in map(str.split, output.splitlines())}
    maps = [name.removesuffix("_dx") for name in rates if name.endswith("_dx")]
    rows = [f"| {name} | " + " | ".join(rates[f"{name}_{product}"] for product in ("forward", "dx", "dw")) + " |" for name in maps]
    return [f"Products of 4,096 tokens, one thread, GFLOP/s and the part of the peak of multiply-adds "
            f"({rates['peak'].split()[0]}); all of them together {rates['all']}:", "",
            "|  | y = x Wᵀ | dx = dy W | dW += dyᵀ x |", "| --- | --- | --- | --- |", *rows]


def report():
    import torch
    import transformers
    rounds = int(os.environ.get("BENCH_ROUNDS", "3"))
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run(["sqlite3", str(WORK / "texts.db"), "DROP TABLE IF EXISTS texts; CREATE TABLE texts(text)"], check=True)
    sql = "".join(f"INSERT INTO texts VALUES('{text}');" for text in words())
    subprocess.run(["sqlite3", str(WORK / "texts.db")], input=f"BEGIN;{sql}COMMIT;", text=True, check=True)
    models = [("MiniLM-L6", pathlib.Path("models/default"))]
    if os.environ.get("BENCH_BERT", "1") != "0":
        bert_base(WORK / "bert-base")
        models.append(("BERT-base", WORK / "bert-base"))
    lines = [f"## {datetime.date.today()}: {cpu()}", "",
             f"- torch {torch.__version__}, transformers {transformers.__version__}; {rounds} rounds, {os.cpu_count()} cores",
             "", *products(), "", "|  | ours, tokens/s | PyTorch | ours/PyTorch | peak MB, ours | PyTorch | ours/PyTorch |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, model in models:
        for threads in (1, 2):
            a, b = [], []
            for _ in range(rounds):
                a.append(ours(model, threads, 0))
                b.append(pytorch(model, threads))
            lines.append(row(f"{name}, {threads} thread{'s' if threads > 1 else ''}", a, b))
            print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def cpu():
    if pathlib.Path("/proc/cpuinfo").exists():
        for line in pathlib.Path("/proc/cpuinfo").read_text().split("\n"):
            if line.startswith("model name"):
                return line.split(": ", 1)[1]
    return platform.machine()


def main():
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2:])
    if sys.argv[1:2] == ["--pytorch"]:
        return pytorch_steps(sys.argv[2], int(sys.argv[3]))
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--products", action="store_true")
    arguments = parser.parse_args()
    text = "\n".join([f"## {datetime.date.today()}: products, {cpu()}", "", *products(), ""]) if arguments.products else report()
    print(text)
    if arguments.write:
        with open(HERE / "TRAINING_RESULTS.md", "a") as file:
            file.write("\n" + text)


if __name__ == "__main__":
    main()
