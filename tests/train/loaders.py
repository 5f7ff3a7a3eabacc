"""loaders.py PROGRAM - folders that training writes are opened by transformers and
sentence-transformers, every weight in its place, and give what the models gave that they
were made of, within ERROR; their tokenizers give the ids of the golden files.

PROGRAM is write_folder.c. `make loaders` runs this in the environment of the golden files."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import numpy
import sentence_transformers
import tokenizers
import torch
import transformers

ROOT = pathlib.Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden"
# Sums of float32 in another order: two releases of PyTorch differ by as much.
ERROR = 1e-5
TEXTS = [
    "Aspirin inhibits cyclooxygenase in human platelets.",
    "IL-6 café 中文 the the unbelievableness of it",
    "",
]
CLASSES = {
    "masked words": "AutoModelForMaskedLM",
    "texts": "AutoModelForSequenceClassification",
    "cross-encoder": "AutoModelForSequenceClassification",
    "tokens": "AutoModelForTokenClassification",
    "answers": "AutoModelForQuestionAnswering",
    "sentences": "AutoModel",
}
# What is written; the model to compare with where transformers cannot read that form.
CASES = [
    ("st_mean", None),
    ("st_cls", None),
    ("st_dense", None),
    ("st_concat", None),
    ("added", None),
    ("strip_accents", None),
    ("pooler", None),
    ("distilbert", None),
    ("mlm_cased", None),
    ("mlm_untied", None),
    ("distilbert_mlm", None),
    ("token_cls", None),
    ("distilbert_ner", None),
    ("relations", None),
    ("multi_label", None),
    ("distilbert_text", None),
    ("regression", None),
    ("cross_encoder", None),
    ("qa", None),
    ("form_tensorflow", "form_safetensors"),
    ("form_legacy", "form_safetensors"),
    ("form_gguf_f32/model.gguf", "form_safetensors"),
]
failures = 0


def check(name, what, held):
    global failures
    if not held:
        failures += 1
        print(f"FAILED: {name}: {what}")


def write(program, source, folder, *arguments):
    new = ["--new"] if "--new" in arguments else []
    options = [a for a in arguments if a != "--new"]
    command = [program, *new, str(source), str(folder), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def outputs(model, tokenizer, text):
    inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=40)
    with torch.no_grad():
        answer = model(**inputs)
    return [v for v in answer.to_tuple() if isinstance(v, torch.Tensor)]


def largest_difference(a, b):
    return max(float((x - y).abs().max()) for x, y in zip(a, b))


def open_model(folder, kind):
    """No tensor missing, none left over: but the pooler, which AutoModel makes where none is."""
    cls = getattr(transformers, CLASSES[kind])
    model, info = cls.from_pretrained(folder, output_loading_info=True)
    lost = {k for k in info["missing_keys"] if not k.startswith("pooler.")}
    return model.eval(), lost | set(info["unexpected_keys"]) | set(info["mismatched_keys"])


def check_model(name, folder, source, kind):
    written, lost = open_model(folder, kind)
    check(name, f"tensors not in their place: {sorted(map(str, lost))}", not lost)
    expected = getattr(transformers, CLASSES[kind]).from_pretrained(source).float().eval()
    check(name, "class", type(written) is type(expected))
    check(name, "labels", written.config.id2label == expected.config.id2label)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    has_pooler = pooled(folder)
    for text in TEXTS:
        a, b = outputs(written, tokenizer, text), outputs(expected, tokenizer, text)
        if not has_pooler:
            a, b = a[:1], b[:1]
        check(name, f"outputs of {text!r}", len(a) == len(b) and largest_difference(a, b) <= ERROR)


def pooled(source):
    """A pooler that a file does not have is random."""
    _, info = transformers.AutoModel.from_pretrained(source, output_loading_info=True)
    return not any(k.startswith("pooler.") for k in info["missing_keys"])


def check_tokenizer(name, folder, golden):
    if not golden.exists():
        return
    mine = transformers.AutoTokenizer.from_pretrained(folder)
    alone = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text in json.loads(golden.read_text())["texts"]:
        ids = text["ids"]
        check(name, f"ids of {text['text']!r}", mine(text["text"])["input_ids"] == ids)
        check(name, f"ids by tokenizer.json of {text['text']!r}", alone.encode(text["text"]).ids == ids)


def check_sentences(name, folder, source):
    written = sentence_transformers.SentenceTransformer(str(folder), device="cpu")
    expected = sentence_transformers.SentenceTransformer(str(source), device="cpu")
    for way in ("encode", "encode_query", "encode_document"):
        a, b = getattr(written, way)(TEXTS), getattr(expected, way)(TEXTS)
        same = a.shape == b.shape and numpy.abs(a - b).max() <= ERROR
        check(name, way, same)
    positions = written[0].auto_model.config.max_position_embeddings
    check(name, "length", 3 <= written.max_seq_length <= positions)


def check_pairs(name, folder, source):
    written = sentence_transformers.CrossEncoder(str(folder), device="cpu")
    expected = sentence_transformers.CrossEncoder(str(source), device="cpu")
    pairs = [(a, b) for a in TEXTS for b in TEXTS]
    a, b = written.predict(pairs), expected.predict(pairs)
    check(name, "scores", a.shape == b.shape and numpy.abs(a - b).max() <= ERROR)
    activations = type(written.activation_fn), type(expected.activation_fn)
    check(name, f"activation {activations}", activations[0] is activations[1])


def check_card(name, folder):
    from huggingface_hub import ModelCard

    data = ModelCard.load(folder / "README.md").data
    check(name, "card", data.library_name and data.pipeline_tag and data.base_model)


def run(program, name, source, expected, *arguments):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / "written"
        kind = write(program, source, folder, *arguments)
        check_model(name, folder, expected, kind)
        check_tokenizer(name, folder, GOLDEN / f"{pathlib.Path(name).name}.json")
        if kind == "sentences":
            check_sentences(name, folder, expected)
        if kind == "cross-encoder":
            check_pairs(name, folder, expected)
        check_card(name, folder)
        print(f"{name}: {kind}")


def main(program):
    warnings.simplefilter("ignore")
    transformers.utils.logging.disable_progress_bar()
    print(f"transformers {transformers.__version__},",
          f"sentence-transformers {sentence_transformers.__version__}")
    for name, like in CASES:
        source = GOLDEN / "models" / name
        run(program, name, source, GOLDEN / "models" / (like or name))
    new = GOLDEN / "models/mlm_cased"
    run(program, "a new model", new, new, "--new")
    default = ROOT / "models/default"
    if default.exists():
        run(program, "models/default", default, default)
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
