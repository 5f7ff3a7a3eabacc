#!/usr/bin/env python3
"""Makes tasks/settings.json: what transformers and sentence-transformers say of models that lie in
models/ already, once a setting in one of their files is another. Only the files that differ
are kept; the tests copy the model and write them (tests/unit/test_settings.c). Runs after
make_tasks.py.

    python make_settings.py [--out DIR]
"""
import argparse
import json
import shutil
import tempfile
from pathlib import Path

import make_golden as golden
import make_tasks as tasks

golden.refuse_other_versions()

import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from sentence_transformers import CrossEncoder, SentenceTransformer  # noqa: E402

HERE = Path(__file__).resolve().parent
LONG = " ".join(golden.SENTENCES)
# Accents that stay, a final sigma, a capital that lowers into two characters, CJK, an added
# special token, and white space that clean_text folds.
LOWER = ["ΟΔΟΣ of Sjögren’s CAFÉ", "İSTANBUL NAÏVE É\u0301", "中文 DNA [MASK] [mask]\tRNA",
         "BRCA1 ÅNGSTRÖM Ⅷ", ""]
TEXTS = [golden.TEXTS[0], "aspirin", "", LONG]
PAIRS = [("aspirin", "stroke risk"), (LONG, "stroke"), ("stroke", LONG), (LONG, LONG), ("", "a")]

# ---- Cases -------------------------------------------------------------------------------

GONE = object()  # as a value: the key is taken away; as a file: the file


def sentences(says, base, edits, **more):
    return {"says": says, "base": base, "edits": edits, "kind": "embed", **more}


def st(**keys):
    return {"config_sentence_transformers.json": keys}


def length(name="sentence_bert_config.json", **keys):
    return {name: keys}


def renamed(name, **keys):
    return {"sentence_bert_config.json": GONE, name: keys}


NO_LENGTH = {"tokenizer_config.json": {"model_max_length": GONE}}
CASED = {"tokenizer_config.json": {"do_lower_case": False}}

CASES = [
    sentences("do_lower_case lowers text and strips no accents", "st_mean",
              {**length(do_lower_case=True), **CASED}, texts=LOWER),
    sentences("do_lower_case beside a tokenizer that strips accents changes nothing", "st_mean",
              length(do_lower_case=True), texts=LOWER),
    sentences("do_lower_case beside strip_accents: false", "st_mean",
              {**length(do_lower_case=True),
               "tokenizer_config.json": {"do_lower_case": False, "strip_accents": False}},
              texts=LOWER),
    sentences("do_lower_case beside strip_accents: true", "st_mean",
              {**length(do_lower_case=True),
               "tokenizer_config.json": {"do_lower_case": False, "strip_accents": True}},
              texts=LOWER),
    sentences("truncate_dim cuts a vector and leaves it of length 1", "st_mean",
              st(truncate_dim=12)),
    sentences("truncate_dim leaves a vector of any length as it is", "st_concat",
              st(truncate_dim=40)),
    sentences("truncate_dim behind a dense layer", "st_dense", st(truncate_dim=5)),
    sentences("a truncate_dim larger than the vector cuts nothing", "st_mean",
              st(truncate_dim=64)),
    sentences("pooling_mode mean_sqrt_len_tokens", "st_mean",
              {"1_Pooling/config.json": {"pooling_mode": "mean_sqrt_len_tokens"}}),
    sentences("pooling_mode as a list", "st_mean",
              {"1_Pooling/config.json": {"pooling_mode": ["mean_sqrt_len_tokens", "cls"]}}),
    sentences("a Dropout is passed over", "st_mean",
              {"modules.json": [
                  {"idx": 0, "name": "0", "path": "",
                   "type": "sentence_transformers.models.Transformer"},
                  {"idx": 1, "name": "1", "path": "1_Pooling",
                   "type": "sentence_transformers.models.Pooling"},
                  {"idx": 2, "name": "2", "path": "2_Dropout",
                   "type": "sentence_transformers.models.Dropout"},
                  {"idx": 3, "name": "3", "path": "2_Normalize",
                   "type": "sentence_transformers.models.Normalize"}],
               "2_Dropout/config.json": {"dropout": 0.5}}),
    *(sentences(f"a length in {name}", "st_mean", {**renamed(name, max_seq_length=9), **NO_LENGTH})
      for name in ("sentence_roberta_config.json", "sentence_distilbert_config.json",
                   "sentence_albert_config.json")),
    sentences("max_seq_length null is not said", "st_mean", length(max_seq_length=None)),
    sentences("max_seq_length goes before the tokenizer's", "st_mean", length(max_seq_length=7)),
    sentences("tokenizer_args.model_max_length goes before max_seq_length", "st_mean",
              length(max_seq_length=20, tokenizer_args={"model_max_length": 8})),
    sentences("so does processor_kwargs.model_max_length", "st_mean",
              length(max_seq_length=20, processor_kwargs={"model_max_length": 8})),
    sentences("query_length is that of queries alone", "st_mean", length(query_length=10)),
    sentences("query_length and document_length", "st_mean",
              length(query_length=42, document_length=11)),
    sentences("processing_kwargs.text.max_length goes before all others", "st_mean",
              length(query_length=10, document_length=11, max_seq_length=20,
                     processing_kwargs={"text": {"max_length": 12}})),
    sentences("an empty document prompt is an empty prompt", "st_mean",
              st(prompts={"query": "query: ", "document": "", "passage": "gene "},
                 default_prompt_name="passage")),
    sentences("an empty query prompt is an empty prompt", "st_mean",
              st(prompts={"query": "", "document": "gene "}, default_prompt_name="document")),
    sentences("truncation_side left keeps the end of a text", "st_mean",
              {"tokenizer_config.json": {"truncation_side": "left"}}),
    sentences("truncation_side left with a length", "st_mean",
              {"tokenizer_config.json": {"truncation_side": "left"}, **length(max_seq_length=5)}),
    {"says": "truncation_side left keeps the ends of both texts of a pair", "kind": "rerank",
     "base": "cross_encoder", "edits": {"tokenizer_config.json": {"truncation_side": "left"}}},
    {"says": "truncation_side left makes the windows of a long text from its end",
     "kind": "entities", "base": "token_cls", "texts": [LONG * 2, LONG, TEXTS[0]],
     "edits": {"tokenizer_config.json": {"truncation_side": "left"}}},
    {"says": "a CrossEncoder's default prompt stands before the query", "kind": "rerank",
     "base": "cross_encoder",
     "edits": st(prompts={"ask": "gene risk: ", "other": "x"}, default_prompt_name="ask")},
    {"says": "a CrossEncoder's prompt that is no default is not taken", "kind": "rerank",
     "base": "cross_encoder", "edits": st(prompts={"query": "gene risk: "})},
    {"says": "a CrossEncoder has a length too", "kind": "rerank", "base": "cross_encoder",
     "edits": length(max_seq_length=12)},
    *({"says": f"a CrossEncoder's activation {path}", "kind": "rerank", "base": "cross_encoder",
       "edits": st(activation_fn=path)}
      for path in ("torch.nn.Identity", "torch.nn.modules.Identity", "torch.nn.Sigmoid",
                   "torch.nn.modules.activation.Sigmoid", "torch.nn.Tanh", "torch.nn.GELU",
                   "torch.nn.modules.ReLU", "torch.nn.SiLU")),
    {"says": "a CrossEncoder without one has config.json's", "kind": "rerank",
     "base": "cross_encoder",
     "edits": {**st(activation_fn=GONE),
               "config.json": {"sentence_transformers": {"activation_fn": "torch.nn.Tanh"}}}},
    {"says": "and else a sigmoid", "kind": "rerank", "base": "cross_encoder",
     "edits": st(activation_fn=GONE)},
    {"says": "id2label null: the labels are numbered", "kind": "classify", "base": "kmers",
     "edits": {"config.json": {"id2label": None, "num_labels": 2}}},
    {"says": "labels that are numbers", "kind": "classify", "base": "kmers",
     "edits": {"config.json": {"id2label": {"0": 0, "1": 1}}}},
    {"says": "a classifier of no architecture, with the option task", "kind": "classify",
     "base": "kmers", "edits": {"config.json": {"architectures": None}},
     "options": {"task": "classify"}},
    {"says": "entities of no architecture, with the option task", "kind": "entities",
     "base": "token_cls", "edits": {"config.json": {"architectures": None}},
     "options": {"task": "ner"}},
    {"says": "a cross-encoder of no architecture, with the option task", "kind": "rerank",
     "base": "cross_encoder",
     "edits": {"config.json": {"architectures": None, "id2label": GONE, "label2id": GONE}},
     "options": {"task": "rerank"}},
    {"says": "DistilBERT's classifier", "kind": "classify", "base": "distilbert_text",
     "edits": {}},
    {"says": "DistilBERT's entities", "kind": "entities", "base": "distilbert_ner", "edits": {}},
    {"says": "DistilBERT's masked words", "kind": "fill_mask", "base": "distilbert_mlm",
     "edits": {}},
    {"says": "DPR's vector is the state of [CLS]", "kind": "dpr", "base": "two_encoders",
     "edits": {}, "options": {"encoder": "ctx_encoder"}, "prefix": "ctx_encoder"},
    {"says": "the other encoder of the file", "kind": "dpr", "base": "two_encoders",
     "edits": {}, "options": {"encoder": "question_encoder.bert_model"},
     "prefix": "question_encoder"},
]

# ---- Models of their own -----------------------------------------------------------------

KMER_TEXTS = ["ATG TGC GCA CAT", "AAA", "", "ATG NNN [MASK] TGC"]
Spec = golden.Spec
SPECS = [
    Spec("distilbert_text", layers=1, vocabulary=tasks.KMERS, tokenizer_options=tasks.CASED,
         new_config=golden.distilbert_config, save=golden.save_half,
         make=transformers.DistilBertForSequenceClassification, task="classify",
         config={"id2label": {0: "no", 1: "weak", 2: "strong"}}),
    Spec("distilbert_ner", layers=1, vocabulary=tasks.KMERS, tokenizer_options=tasks.CASED,
         new_config=golden.distilbert_config, save=golden.save_half,
         make=transformers.DistilBertForTokenClassification, task="ner",
         config={"id2label": {0: "O", 1: "B-Site", 2: "I-Site"}}),
]
DPR_SPEC = Spec("two_encoders", layers=1, vocabulary=tasks.KMERS, tokenizer_options=tasks.CASED)
DPR_CLASSES = {"question_encoder": transformers.DPRQuestionEncoder,
               "ctx_encoder": transformers.DPRContextEncoder}


def dpr_model(prefix):
    config = golden.bert_config(DPR_SPEC)
    config = transformers.DPRConfig(**{**config.to_dict(), "projection_dim": 0})
    return golden.randomise(DPR_CLASSES[prefix](config), golden.zlib.crc32(prefix.encode())).half()


def write_two_encoders(out):
    """DPR's two encoders in one file, as who trains them keeps them."""
    folder = out / "models" / "two_encoders"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    weights = {}
    for prefix in DPR_CLASSES:
        model = dpr_model(prefix)
        weights.update(model.state_dict())
    model.config.save_pretrained(folder)
    save_file(weights, folder / "model.safetensors")
    golden.new_tokenizer(tasks.KMERS, **tasks.CASED).save_pretrained(folder)
    (folder / "tokenizer.json").unlink()
    golden.write_vocabulary(folder, tasks.KMERS)


# ---- Files -------------------------------------------------------------------------------


def merged(old, new):
    if isinstance(new, list):
        return new
    for key, value in new.items():
        if value is GONE:
            old.pop(key, None)
        else:
            old[key] = value
    return old


def apply(folder, edits):
    """Writes the files of a case; returns their texts, None for one that is gone."""
    texts = {}
    for name, edit in edits.items():
        path = folder / name
        if edit is GONE:
            path.unlink(missing_ok=True)
            texts[name] = None
            continue
        old = json.loads(path.read_text()) if path.exists() else {}
        path.parent.mkdir(exist_ok=True)
        texts[name] = json.dumps(merged(old, edit), ensure_ascii=False)
        path.write_text(texts[name], encoding="utf-8")
    return texts


# ---- What the reference says -------------------------------------------------------------


def embed(case, folder):
    model = SentenceTransformer(str(folder), device="cpu",
                                model_kwargs={"attn_implementation": "eager"})
    normal = any(type(m).__name__ == "Normalize" for m in model)
    say = lambda encode, text: golden.decimals(  # noqa: E731
        encode(text, normalize_embeddings=normal and model.truncate_dim is not None))
    return {"texts": [{"text": text, "embedding": say(model.encode_document, text),
                       "query_embedding": say(model.encode_query, text)}
                      for text in case.get("texts", TEXTS)]}


def rerank(case, folder):
    model = CrossEncoder(str(folder), device="cpu")
    scores = model.predict(PAIRS, batch_size=1)
    return {"rerank": [{"a": a, "b": b, "score": tasks.number(s)}
                       for (a, b), s in zip(PAIRS, scores, strict=True)]}


def under_pipelines(folder, cls):
    """As tasks.Reference, of a folder that lies anywhere; the class is ours to name, where
    config.json names none."""
    of = tasks.Reference.__new__(tasks.Reference)
    of.model = cls.from_pretrained(folder, attn_implementation="eager",
                                   dtype=torch.float32).eval()
    of.tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    of.tokenizer.model_max_length = of.model.config.max_position_embeddings
    return of


def texts_of(case):
    return KMER_TEXTS if case["base"].startswith(("kmers", "distilbert_text",
                                                  "distilbert_ner")) else TEXTS


def head(case, folder, bert, distilbert):
    return under_pipelines(folder, distilbert if "distil" in case["base"] else bert)


def classify(case, folder):
    of = head(case, folder, transformers.BertForSequenceClassification,
              transformers.DistilBertForSequenceClassification)
    said = tasks.classify(of, texts_of(case))["texts"]
    for text in said:  # a label that is a number is shown as text
        text["labels"] = [[str(label), score] for label, score in text["labels"]]
    return {"classify": said}


def entities(case, folder):
    of = head(case, folder, transformers.BertForTokenClassification,
              transformers.DistilBertForTokenClassification)
    return {"entities": tasks.entities(of, [t for t in case.get("texts", texts_of(case)) if t])}


def fill_mask(case, folder):
    of = head(case, folder, transformers.BertForMaskedLM, transformers.DistilBertForMaskedLM)
    return {"fill_mask": tasks.fill_mask(of, tasks.MASKED[:5])}


def dpr(case, folder):
    model = dpr_model(case["prefix"]).float().eval()
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    run = lambda text: model(**tokenizer([text], return_tensors="pt")).pooler_output[0]  # noqa: E731
    return {"texts": [{"text": text, "embedding": golden.decimals(run(text))}
                      for text in KMER_TEXTS]}


KINDS = {"embed": embed, "rerank": rerank, "classify": classify, "entities": entities,
         "fill_mask": fill_mask, "dpr": dpr}


def run_case(case, models):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / case["base"]
        shutil.copytree(models / case["base"], folder)
        files = apply(folder, case["edits"])
        said = KINDS[case["kind"]](case, folder)
    return {"says": case["says"], "base": case["base"], "files": files,
            "options": json.dumps(case.get("options", {})), **said}


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.utils.logging.disable_progress_bar()
    for spec in SPECS:
        golden.write_model(spec, out / "models" / spec.name)
    write_two_encoders(out)
    tasks.write_tasks(out / "tasks" / "settings.json",
                      {"cases": [run_case(case, out / "models") for case in CASES]})
    print("tasks/settings.json")


if __name__ == "__main__":
    main()
