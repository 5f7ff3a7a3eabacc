#!/usr/bin/env python3
"""Makes the golden files of the tasks: what transformers' pipelines and sentence-transformers'
CrossEncoder say of the small models with a head. Runs after make_golden.py, whose models it uses
and adds to; question answering, which transformers 5 no longer has, is make_answers.py.

    python make_tasks.py [--out DIR]
"""
import argparse
import json
import shutil
from pathlib import Path

import make_golden as golden

golden.refuse_other_versions()

import torch  # noqa: E402
import transformers  # noqa: E402
from sentence_transformers import CrossEncoder  # noqa: E402
from transformers import BertTokenizer, pipeline  # noqa: E402

HERE = Path(__file__).resolve().parent
SPECIALS = ["[PAD]", *golden.SPECIALS]
# How much two windows over a long text share: a quarter of what the model takes.
STRIDE = golden.MAX_POSITIONS // 4

# ---- Models ------------------------------------------------------------------------------

KMER_LENGTH = 3
KMERS = SPECIALS + [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
RESIDUES = SPECIALS + list("LAGVESIKRDTPNQFYMHCWXUBZO")
SMILES = SPECIALS + golden.with_continuations(
    [*"CcNnOoSsPpFIHBb123456789()=#[]@+-/\\.%", "Cl", "Br"])
CASED = {"do_lower_case": False}


def deep_config(spec):
    """So narrow that thirty layers are a small file."""
    config = golden.bert_config(spec)
    config.hidden_size = config.intermediate_size = 16
    config.num_attention_heads = 2
    return config


Spec = golden.Spec
SPECS = [
    Spec("mlm_untied", layers=1, make=transformers.BertForMaskedLM, task="fill-mask",
         config={"tie_word_embeddings": False}),
    Spec("relations", layers=1, make=transformers.BertForSequenceClassification,
         task="classify",
         config={"id2label": {0: "no relation", 1: "CPR:3 \"up\"", 2: "CPR:4 down"}}),
    Spec("multi_label", layers=1, make=transformers.BertForSequenceClassification,
         task="classify", config={"problem_type": "multi_label_classification",
                                  "id2label": {0: "Treatment", 1: "Diagnosis",
                                               2: "Prevention", 3: "Mechanism"}}),
    Spec("regression", layers=1, make=transformers.BertForSequenceClassification,
         task="rerank", config={"problem_type": "regression", "num_labels": 1}),
    # DNABERT's shape: every k-mer is a word. Two labels, of which config.json says nothing.
    Spec("kmers", layers=2, vocabulary=KMERS, tokenizer_options=CASED,
         make=transformers.BertForSequenceClassification, task="classify"),
    # Deeper than any BERT of text; in 16 bits, or its folder would be the largest.
    Spec("kmers_deep", layers=30, vocabulary=KMERS, tokenizer_options=CASED,
         new_config=deep_config, save=golden.save_half, make=transformers.BertForMaskedLM,
         task="fill-mask"),
    # Molecules: atoms in words between the marks of bonds and branches; c is not C.
    Spec("smiles", layers=2, vocabulary=SMILES, tokenizer_options=CASED,
         make=transformers.BertForSequenceClassification, task="classify",
         config={"id2label": {0: "inactive", 1: "active"}}),
    # ProtBERT's shape: every residue is a word.
    Spec("residues", layers=2, vocabulary=RESIDUES, tokenizer_options=CASED,
         make=transformers.BertForMaskedLM, task="fill-mask"),
    # Long enough for the windows that published models have: 384, overlapping by 128.
    Spec("qa_long", layers=1, make=transformers.BertForQuestionAnswering,
         task="question-answering"),
]
LONG_POSITIONS = {"qa_long": 512}


def write_model(spec, out):
    golden.MAX_POSITIONS, kept = (LONG_POSITIONS.get(spec.name, golden.MAX_POSITIONS),
                                  golden.MAX_POSITIONS)
    try:
        golden.write_model(spec, out / "models" / spec.name)
    finally:
        golden.MAX_POSITIONS = kept


def write_cross_encoder(out):
    """A folder as CrossEncoder.save() of release 6 makes it: modules.json without a pooling,
    and the activation in a file of its own. Identity, so that a test sees that it is read."""
    folder = out / "models" / "cross_encoder"
    shutil.rmtree(folder, ignore_errors=True)
    encoder = CrossEncoder(str(out / "models" / "seq_cls"), device="cpu",
                           activation_fn=torch.nn.Identity())
    encoder.save(str(folder))
    (folder / "README.md").unlink(missing_ok=True)


# ---- Texts -------------------------------------------------------------------------------

MASKED = [
    "Aspirin inhibits [MASK] expression in stroke patients.",
    "β-catenin, NF-κB: 5 µM [MASK] at 37°C; ΟΔΟΣ ≤ ²H₂O™",
    "Sjögren’s naïve café [MASK] Sjo\u0308gren’s nai\u0308ve cafe\u0301",
    "蛋白質 protein [MASK] 病,血カガ 한국",
    "pain 😀 [MASK] 👍🏽 end",
    "The [MASK] gene [mask] is[SEP]x[MASK]y.",
    "[MASK]",
    "arthr[MASK] of the [MASK]",
    " ".join(["The [MASK] of"] + golden.SENTENCES + ["and [MASK]."]),
]
TEXTS = [*golden.TEXTS, " ".join(golden.SENTENCES * 4),
         "chronic hypertension of the neurovascular " * 20]
SEQUENCE = "ATGCATTTGACCAGGCTTAACGTGACTGATCG"
PROTEIN = "MKUVLAGWEZ"
MASKED_WORD = 3  # of the two, when they are words
# Rings, charges, chirality, both directions of a bond, halogens, an atom that the vocabulary
# has not, and more tokens than the model takes.
MOLECULES = [
    "CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "CN(C)C(=N)N=C(N)N",
    "C[C@@H](C(=O)O)N", "[O-][N+](=O)c1ccccc1", "F/C=C\\F", "Clc1ccc(Br)cc1", "C#N",
    "[Na+].[Cl-]", "cc cC Cc", "",
    "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(n1)-c1cccnc1",
]


def byte_spans(text):
    return golden.byte_offsets(text)


def number(x):
    return float(f"{float(x):.9g}")


# ---- What the reference says -------------------------------------------------------------


class Reference:
    """A model folder under transformers' pipelines."""

    def __init__(self, out, name, cls, options=None):
        folder = out / "models" / name
        self.model = cls.from_pretrained(folder, attn_implementation="eager",
                                         dtype=torch.float32).eval()
        self.tokenizer = BertTokenizer.from_pretrained(folder, **(options or {}))
        self.tokenizer.model_max_length = self.model.config.max_position_embeddings

    def pipeline(self, task, **options):
        return pipeline(task, model=self.model, tokenizer=self.tokenizer, device="cpu",
                        **options)

    def features(self, text):
        return self.tokenizer([text], truncation=True, return_tensors="pt")


def fill_mask(reference, texts):
    """The five best of every [MASK], and the text that transformers makes of each."""
    run = reference.pipeline("fill-mask")
    cases = []
    for text in texts:
        found = run(text, top_k=5, tokenizer_kwargs={"truncation": True})
        masks = found if isinstance(found[0], list) else [found]
        ids = reference.features(text)["input_ids"][0].tolist()
        at = [i for i, token in enumerate(ids) if token == reference.tokenizer.mask_token_id]
        cases.append({"text": text, "masks": [
            {"position": position,
             "fills": [{"id": f["token"], "score": number(f["score"])} for f in fills]}
            for position, fills in zip(at, masks, strict=True)]})
    return cases


def fill_word(reference, text):
    """One word of a sequence behind a [MASK]."""
    words = text.split()
    words[MASKED_WORD] = "[MASK]"
    return {"masked_word": MASKED_WORD, "fill_mask": fill_mask(reference, [" ".join(words)])}


def logits(reference, text):
    """Rows [0, position, :] at the first, a middle and the last position."""
    output = reference.model(**reference.features(text)).logits[0]
    rows = {0, len(output) // 2, len(output) - 1}
    return {"text": text, "rows": [{"position": i, "logits": golden.decimals(output[i])}
                                   for i in sorted(rows)]}


def entities(reference, texts):
    run = reference.pipeline("token-classification", aggregation_strategy="first",
                             stride=STRIDE)
    cases = []
    for text in texts:
        at = byte_spans(text)
        cases.append({"text": text, "entities": [
            {"label": e["entity_group"], "score": number(e["score"]),
             "start": at[e["start"]], "end": at[e["end"]]} for e in run(text)]})
    return cases


def classify(reference, texts, pairs=()):
    run = reference.pipeline("text-classification", top_k=None, truncation=True)
    rows = lambda found: [[r["label"], number(r["score"])] for r in found]  # noqa: E731
    result = {"texts": [{"text": text, "labels": rows(run([text])[0])} for text in texts]}
    # A lone empty second text would be dropped: README.md.
    pairs = [(a, b) for a, b in pairs if b]
    result["pairs"] = [{"a": a, "b": b, "labels": rows(run({"text": a, "text_pair": b}))}
                       for a, b in pairs]
    return result


def rerank(out, name):
    encoder = CrossEncoder(str(out / "models" / name), device="cpu")
    pairs = [*golden.PAIRS, *((golden.TEXTS[0], text) for text in golden.TEXTS)]
    scores = encoder.predict(pairs, batch_size=1)
    raw = encoder.predict(pairs, batch_size=1, activation_fn=torch.nn.Identity())
    return [{"a": a, "b": b, "score": number(s), "raw": number(r)}
            for (a, b), s, r in zip(pairs, scores, raw)]


def attention(reference, text):
    """[layer][head][from][to]"""
    output = reference.model(**reference.features(text), output_attentions=True)
    return {"text": text, "layers": [
        [[golden.decimals(row) for row in head] for head in layer[0]]
        for layer in output.attentions]}


def kmers(sequence, k):
    return " ".join(sequence[i:i + k] for i in range(len(sequence) - k + 1))


def residues(sequence):
    return " ".join("X" if r in "UZOB" else r for r in sequence)


# ---- Files -------------------------------------------------------------------------------

QUESTIONS = {
    "qa": {"questions": ["Which receptor?", "β-catenin ²H₂O?", "pain 😀 [MASK]"],
           "contexts": [t for t in TEXTS if t.strip()],
           # Questions longer than what a window leaves them, beside texts with which they fit;
           # one of them to the last position.
           "pairs": [[golden.SENTENCES[3] + " Which?", "mRNA vaccine"],
                     [golden.SENTENCES[3], "mRNA"],
                     [golden.SENTENCES[0] + " Which " + "gene " * 10, "protein kinase"],
                     ["gene " * 44, "kinase"], ["gene " * 21, golden.SENTENCES[0]]]},
    "qa_long": {"questions": ["Which gene is a risk of stroke?",
                              " ".join(golden.SENTENCES) + " " + golden.SENTENCES[0]],
                "contexts": [golden.TEXTS[0], " ".join(golden.SENTENCES * 4),
                             " ".join(s.replace("stroke", f"stroke {i}")
                                      for i in range(14) for s in golden.SENTENCES)]},
}


def tasks(out):
    """name of the model: what its file says."""
    masked, tokens, sequence = (transformers.BertForMaskedLM,
                                transformers.BertForTokenClassification,
                                transformers.BertForSequenceClassification)
    cased = Reference(out, "mlm_cased", masked, CASED)
    yield "mlm_cased", {"fill_mask": fill_mask(cased, MASKED),
                        "logits": logits(cased, golden.TEXTS[0]),
                        "attention": attention(cased, "Aspirin inhibits [MASK] in stroke.")}
    untied = Reference(out, "mlm_untied", masked)
    yield "mlm_untied", {"fill_mask": fill_mask(untied, MASKED),
                         "logits": logits(untied, golden.TEXTS[1])}
    yield "token_cls", {"entities": entities(Reference(out, "token_cls", tokens), TEXTS)}
    for name in ("relations", "multi_label", "regression"):
        yield name, {"classify": classify(Reference(out, name, sequence), TEXTS,
                                          golden.PAIRS)}
    yield "seq_cls", {"rerank": rerank(out, "seq_cls"),
                      "classify": classify(Reference(out, "seq_cls", sequence), TEXTS)}
    yield "cross_encoder", {"rerank": rerank(out, "cross_encoder")}
    dna, deep = (Reference(out, "kmers", sequence, CASED),
                 Reference(out, "kmers_deep", masked, CASED))
    words = kmers(SEQUENCE, KMER_LENGTH)
    spelled = {"sequence": SEQUENCE, "k": KMER_LENGTH, "spelled": words}
    yield "kmers", {**spelled, "classify": classify(dna, [words])}
    yield "kmers_deep", {**spelled, **fill_word(deep, words), "logits": logits(deep, words)}
    protein = Reference(out, "residues", masked, CASED)
    words = residues(PROTEIN)
    yield "residues", {"sequence": PROTEIN, "spelled": words, **fill_word(protein, words),
                       "logits": logits(protein, words)}
    yield "smiles", {"classify": classify(Reference(out, "smiles", sequence, CASED),
                                          MOLECULES)}


def write_tasks(path, golden_tasks):
    """One line for each case."""
    dump = lambda value: json.dumps(value, separators=(",", ":"))  # noqa: E731
    lines = []
    for key, value in golden_tasks.items():
        if isinstance(value, list):
            value = "[\n" + ",\n".join("  " + dump(case) for case in value) + "\n ]"
        else:
            value = dump(value)
        lines.append(f' "{key}": {value}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.utils.logging.disable_progress_bar()
    (out / "tasks").mkdir(exist_ok=True)
    for spec in SPECS:
        write_model(spec, out)
    write_cross_encoder(out)
    for name, said in tasks(out):
        write_tasks(out / "tasks" / f"tasks_{name}.json", said)
        print(f"tasks/tasks_{name}.json")
    golden.write_json(out / "tasks" / "questions.json", QUESTIONS)


if __name__ == "__main__":
    main()
