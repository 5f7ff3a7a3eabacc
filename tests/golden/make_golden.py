#!/usr/bin/env python3
"""Makes every golden file of this folder: small models and what the reference says of them.

The C code is judged against these numbers, so they come from the libraries that users
compare it with (transformers, tokenizers, sentence-transformers, torch), never from us.
README.md says what is in the files. Needs no network; the same versions give the same bytes.

    python make_golden.py [--minilm DIR] [--literature DIR] [--out DIR]
"""
import argparse
import csv
import hashlib
import importlib.metadata
import itertools
import json
import os
import random
import shutil
import sys
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


def refuse_other_versions():
    """Tokenization and the last digits change between releases: a file made by a mixture of
    versions could not be made again. Runs before the libraries are imported."""
    wrong = []
    for line in (HERE / "requirements.txt").read_text().split():
        name, pinned = line.split("==")
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "not installed"
        if found.split("+")[0] != pinned:  # torch's "+cpu" names the build, not the version
            wrong.append(f"{name}: {found}, pinned {pinned}")
    if wrong:
        sys.exit("make_golden.py: other versions than pinned:\n  " + "\n  ".join(wrong))


if __name__ == "__main__":
    refuse_other_versions()

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import gguf  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402
from sentence_transformers.base.modules import Dense, Normalize, Transformer  # noqa: E402
from sentence_transformers.sentence_transformer.modules import Pooling  # noqa: E402
from tokenizers import AddedToken  # noqa: E402
from transformers import BertConfig, BertModel, BertTokenizer  # noqa: E402

from tensorflow_bundle import write_bundle  # noqa: E402

SEED = 20240607  # arbitrary
MAX_POSITIONS = 48
ST_MAX_TOKENS = 40  # less than MAX_POSITIONS, so that a test sees which of the two is used
HIDDEN = 32

# ---- Vocabularies ------------------------------------------------------------------------

SPECIALS = ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
SYMBOLS = list("–—−’‘“”…•±×°≤≥→®™€£½²³¹⁺⁻₂µ") + ["\u0301", "\u20dd", "\ufffd"]
ACCENTED = list("éèöüñçåøßłı")
GREEK = list("αβγδεκλμπσςω")
IDEOGRAPHS = list("中文白蛋質病血")
OTHER_SCRIPTS = ["ᄒ", "##ᅡ", "##ᆫ", "한", "##국", "カ", "か", "##カ", "म", "##ि", "д", "##н",
                 "😀", "##👍"]
UNCASED_WORDS = """
the of and in to with for was were that by is as not or from at on are be this after between
we patients patient study disease risk trial cell cells gene genes protein proteins tumor
tumour cancer blood heart brain liver lung kidney stroke aspirin insulin warfarin covid sars
virus vaccine antibody receptor kinase mutation expression binding acid amino dna rna mrna
il tnf ifn egfr brca p53 catenin alpha beta gamma kappa mg ml kg day days year years pain
infection inflammation chronic acute treatment therapy dose clinical effect cardio hyper
hypo anti immuno neuro onco dys myo 10 19 2020 05 100
""".split()
PIECES = """
##s ##ed ##ing ##ly ##er ##est ##al ##ic ##ous ##tion ##ation ##ment ##ity ##ase ##ases ##in
##ine ##ol ##ide ##ate ##itis ##oma ##emia ##osis ##pathy ##genic ##cyte ##cytes ##gram
##therapy ##vascular ##tension ##glycemia ##ib ##mab ##statin ##al ##en ##re ##th ##nd ##11
##05 ##00
""".split()
CASED_WORDS = """
The We In DNA RNA IL TNF IFN EGFR BRCA COVID SARS NF Aspirin Patients CO HIV Alzheimer mRNA
##RNA ##CA ##VID ##CR
""".split()


def with_continuations(characters):
    """Each character alone and inside a word, as trained WordPiece vocabularies have them."""
    return list(characters) + ["##" + c for c in characters]


def unique(tokens):
    """A token twice in vocab.txt would give the later line, and an id that nothing yields."""
    return list(dict.fromkeys(tokens))


def vocabulary(cased):
    """The two differ in the place of the special tokens too: no test may know an id by heart."""
    lower, upper = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    start = ["[PAD]"] + ([] if cased else ["[unused0]", "[unused1]", "[unused2]"]) + SPECIALS
    letters = with_continuations("0123456789" + lower + (upper if cased else ""))
    capitals = with_continuations("ÉÖÅΑΔΟΣΩ") + CASED_WORDS if cased else []
    return unique(start + PUNCTUATION + letters + with_continuations(GREEK + ACCENTED)
                  + with_continuations(SYMBOLS) + capitals + IDEOGRAPHS + OTHER_SCRIPTS
                  + UNCASED_WORDS + PIECES)


UNCASED, CASED = vocabulary(cased=False), vocabulary(cased=True)


def write_vocabulary(folder, tokens):
    """The file as Google's releases have it: one token a line, the last line ended too."""
    (folder / "vocab.txt").write_text("".join(t + "\n" for t in tokens), encoding="utf-8")


def new_tokenizer(tokens, **options):
    """A BertTokenizer of a vocabulary that lies in no folder yet."""
    return BertTokenizer(vocab={t: i for i, t in enumerate(tokens)}, **options)


# ---- Random models -----------------------------------------------------------------------


def randomise(model, seed):
    """Every parameter random, LayerNorm and biases too: one that is forgotten, swapped or
    taken for 1 or 0 must show in the output. numpy draws, because its streams are promised
    to stay; each parameter has a stream of its own, so that names decide and order does not."""
    for name, parameter in model.named_parameters():
        rng = np.random.default_rng([SEED, seed, zlib.crc32(name.encode())])
        values = 0.3 * rng.standard_normal(parameter.shape, dtype=np.float32)
        if name.endswith(("LayerNorm.weight", "layer_norm.weight")):
            values += 1.0
        parameter.data.copy_(torch.from_numpy(values))
    return model.eval()


def bert_config(spec):
    return BertConfig(
        vocab_size=len(spec.vocabulary) + spec.unused_rows, hidden_size=HIDDEN,
        num_hidden_layers=spec.layers, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=MAX_POSITIONS, initializer_range=0.3,
        attn_implementation="eager", **spec.config)


def distilbert_config(spec):
    return transformers.DistilBertConfig(
        vocab_size=len(spec.vocabulary), dim=HIDDEN, n_layers=spec.layers, n_heads=4,
        hidden_dim=64, max_position_embeddings=MAX_POSITIONS, attn_implementation="eager",
        **spec.config)


def new_model(spec):
    """The model of a row of the table, seeded by its name, or by that of which it is another
    form."""
    config = spec.new_config(spec)
    model = randomise(spec.make(config), zlib.crc32((spec.form_of or spec.name).encode()))
    if spec.embedding_scale != 1.0:
        for part in ("word", "position", "token_type"):
            encoder_of(model).embeddings.get_submodule(f"{part}_embeddings").weight.data.mul_(
                spec.embedding_scale)
    return model


def encoder_of(model):
    """The BertModel inside a model with a head, or the model itself."""
    return getattr(model, "bert", getattr(model, "distilbert", model))


# ---- Writing model folders ---------------------------------------------------------------


def save_config(model, folder):
    """config.json as save_pretrained writes it, for weights that it would not write so."""
    model.config.architectures = [type(model).__name__]
    model.config.dtype = "float32"
    model.config.save_pretrained(folder)


def save_safetensors(model, folder):
    model.save_pretrained(folder)


def save_half(model, folder):
    model.half().save_pretrained(folder)


def save_bfloat(model, folder):
    model.bfloat16().save_pretrained(folder)


def save_sharded(model, folder):
    """A shard size that gives three shards of such a model."""
    model.save_pretrained(folder, max_shard_size="62KB")
    assert len(list(folder.glob("model-*-of-00003.safetensors"))) == 3


def old_names(state):
    """pytorch-pretrained-bert's names, and the position_ids that transformers up to 4.30 kept
    with the weights: an integer tensor that is no weight."""
    renamed = {k.replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta"): v for k, v in state.items()}
    return {"embeddings.position_ids": torch.arange(MAX_POSITIONS).unsqueeze(0), **renamed}


def save_bin_zip(model, folder):
    save_config(model, folder)
    torch.save(old_names(model.state_dict()), folder / "pytorch_model.bin")


def save_bin_legacy(model, folder):
    """The form before torch 1.6, in which the weights of BioBERT's time were published. Its
    storages are named by their address in memory, so no two runs write the same bytes: the
    file that is there stays when it holds the same tensors."""
    save_config(model, folder)
    state, path = model.state_dict(), folder / "pytorch_model.bin"
    if path.exists():
        old = torch.load(path, weights_only=True)
        if old.keys() == state.keys() and all(torch.equal(old[k], state[k]) for k in old):
            return
    torch.save(state, path, _use_new_zipfile_serialization=False)


def save_bin_tied(model, folder):
    """Two tensors on one storage, and one whose rows do not lie one after another."""
    save_config(model, folder)
    state = model.state_dict()
    embeddings = "bert.embeddings.word_embeddings.weight"
    assert state["cls.predictions.decoder.weight"].data_ptr() == state[embeddings].data_ptr()
    query = "bert.encoder.layer.0.attention.self.query.weight"
    state[query] = state[query].t().contiguous().t()
    assert not state[query].is_contiguous()
    torch.save(state, folder / "pytorch_model.bin")


def save_sharded_bin(model, folder, shards=2):
    """transformers 5 writes no .bin shards any more; the hub is full of them."""
    save_config(model, folder)
    state = model.state_dict()
    names = list(state)
    per_shard = -(-len(names) // shards)
    where = {}
    for i in range(shards):
        file = f"pytorch_model-{i + 1:05}-of-{shards:05}.bin"
        part = names[i * per_shard:(i + 1) * per_shard]
        torch.save({name: state[name] for name in part}, folder / file)
        where.update({name: file for name in part})
    total = sum(t.numel() * t.element_size() for t in state.values())
    write_json(folder / "pytorch_model.bin.index.json",
               {"metadata": {"total_size": total}, "weight_map": where})


def save_encoder_only(model, folder):
    """Weights by the safetensors library alone, without the metadata that transformers adds."""
    save_config(model, folder)
    save_file(model.state_dict(), folder / "model.safetensors")


# ---- TensorFlow ----------------------------------------------------------------------------

TENSORFLOW_ENDINGS = [("_embeddings.weight", "_embeddings", False),
                      ("LayerNorm.weight", "LayerNorm.gamma", False),
                      ("LayerNorm.bias", "LayerNorm.beta", False),
                      (".weight", ".kernel", True)]


def in_tensorflow(name, values):
    """Name and values of a weight as Google's BERT has them: a kernel is [in, out]."""
    for ours, theirs, turned in TENSORFLOW_ENDINGS:
        if name.endswith(ours):
            name, values = name[:-len(ours)] + theirs, values.T if turned else values
            break
    name = "bert/" + name.replace(".", "/").replace("layer/", "layer_")
    return name, np.ascontiguousarray(values)


def save_tensorflow(model, folder):
    """As BioBERT was published: bert_config.json, a checkpoint with its number, and in it what
    the optimizer kept beside the weights."""
    variables = dict(in_tensorflow(n, v.numpy()) for n, v in model.state_dict().items())
    bias = "bert/embeddings/LayerNorm/beta"
    variables[f"{bias}/adam_m"] = variables[f"{bias}/adam_v"] = 0 * variables[bias]
    variables["global_step"] = np.array(1000000, dtype=np.int64)
    write_bundle(folder / "model.ckpt-1000000", variables)
    config = model.config.to_dict()
    keys = ("attention_probs_dropout_prob", "hidden_act", "hidden_dropout_prob", "hidden_size",
            "initializer_range", "intermediate_size", "max_position_embeddings",
            "num_attention_heads", "num_hidden_layers", "type_vocab_size", "vocab_size")
    write_json(folder / "bert_config.json", {key: config[key] for key in keys})


# ---- GGUF ----------------------------------------------------------------------------------

GGUF_NAMES = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
WORD_BEGINS = "\u2581"


def gguf_name(name):
    """llama.cpp's name of a weight; None for the pooler, which its converter drops."""
    stem, ending = name.rsplit(".", 1)
    if stem.startswith("encoder.layer."):
        layer, part = stem[len("encoder.layer."):].split(".", 1)
        return f"blk.{layer}.{GGUF_NAMES[part]}.{ending}"
    return f"{GGUF_NAMES[stem]}.{ending}" if stem in GGUF_NAMES else None


def gguf_token(token, older):
    """Its spelling there: words are marked, not their insides. Older converters left anything in
    brackets alone, newer ones the control tokens."""
    if token in ("[PAD]", *SPECIALS) or older and token[0] == "[" and token[-1] == "]":
        return token
    return token[2:] if token.startswith("##") else WORD_BEGINS + token


def add_gguf_vocabulary(writer, tokens, older):
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(2)
    writer.add_token_list([gguf_token(t, older) for t in tokens])
    control = ("[PAD]", *SPECIALS)
    writer.add_token_types([gguf.TokenType.CONTROL if t in control and not older
                            else gguf.TokenType.NORMAL for t in tokens])
    writer.add_unk_token_id(tokens.index("[UNK]"))
    writer.add_sep_token_id(tokens.index("[SEP]"))
    writer.add_pad_token_id(tokens.index("[PAD]"))
    if older:
        writer.add_uint32("tokenizer.ggml.cls_token_id", tokens.index("[CLS]"))
    else:
        writer.add_bos_token_id(tokens.index("[CLS]"))
        writer.add_eos_token_id(tokens.index("[SEP]"))
    writer.add_mask_token_id(tokens.index("[MASK]"))


def add_gguf_weights(writer, model, kind):
    """Matrices in the type asked for, the rest in F32, as llama.cpp has it; the model gets what
    can be read back, so that the reference is of the stored values."""
    for name, values in model.state_dict().items():
        to = gguf_name(name)
        if not to:
            continue
        matrix = values.dim() == 2 and to not in ("position_embd.weight", "token_types.weight")
        stored = gguf.quants.quantize(values.numpy(), kind if matrix else
                                      gguf.GGMLQuantizationType.F32)
        writer.add_tensor(to, stored,
                          raw_dtype=kind if matrix else gguf.GGMLQuantizationType.F32)
        if matrix:
            values.copy_(torch.from_numpy(gguf.quants.dequantize(stored, kind)
                                          .reshape(values.shape)))


def gguf_of(kind, older=False):
    """How to save a model as GGUF of a type."""
    def save(model, folder):
        kind_number = gguf.GGMLQuantizationType[kind]
        writer = gguf.GGUFWriter(folder / "model.gguf", "bert")
        config = model.config
        writer.add_context_length(config.max_position_embeddings)
        writer.add_embedding_length(config.hidden_size)
        writer.add_block_count(config.num_hidden_layers)
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count(config.num_attention_heads)
        writer.add_layer_norm_eps(config.layer_norm_eps)
        writer.add_causal_attention(False)
        writer.add_pooling_type(gguf.PoolingType.MEAN)
        add_gguf_vocabulary(writer, UNCASED, older)
        add_gguf_weights(writer, model, kind_number)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return save


# Where in a block its float16 numbers are.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
          "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def write_quants(out):
    """Random blocks of every quantised type beside what the gguf package makes of them."""
    rng = np.random.default_rng(SEED)
    writer = gguf.GGUFWriter(out / "quants.gguf", "none")
    for name in SCALES:
        kind = gguf.GGMLQuantizationType[name]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        blocks = rng.integers(0, 256, (2, 512 // elements * size), dtype=np.uint8)
        for scale in SCALES[name]:  # no NaN and no infinity: an exponent of 15 at most
            blocks.reshape(-1, size)[:, scale + 1] &= 0xBF
        values = gguf.quants.dequantize(blocks, kind).astype(np.float32)
        writer.add_tensor(name, blocks, raw_dtype=kind)
        writer.add_tensor(f"{name}.expected", values.reshape(2, 512))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print("quants.gguf")


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def vocab_and_config(tokenizer, folder, tokens):
    """vocab.txt and tokenizer_config.json, no tokenizer.json: folders of before 2020."""
    tokenizer.save_pretrained(folder)
    (folder / "tokenizer.json").unlink()
    write_vocabulary(folder, tokens)


def vocab_only(_tokenizer, folder, tokens):
    """Nothing but vocab.txt, as BioBERT on the hub: nothing says whether it is cased."""
    write_vocabulary(folder, tokens)


def none_at_all(_tokenizer, _folder, _tokens):
    """The weights bring the vocabulary."""


def json_only(tokenizer, folder, _tokens):
    tokenizer.save_pretrained(folder)


def json_and_vocab(tokenizer, folder, tokens):
    tokenizer.save_pretrained(folder)
    write_vocabulary(folder, tokens)


def json_with_truncation(tokenizer, folder, _tokens):
    """Published tokenizer.json files carry truncation and padding of somebody's last call.
    The reference does not obey them, so a reader that does gives other vectors."""
    backend = tokenizer.backend_tokenizer
    backend.enable_truncation(max_length=12)
    backend.enable_padding(length=12)
    tokenizer.save_pretrained(folder)
    backend.save(str(folder / "tokenizer.json"))


def with_added_tokens(tokenizer):
    """One token for each flag that changes where a token is found or what it swallows."""
    tokenizer.add_tokens([
        AddedToken("COVID-19", normalized=True),
        AddedToken("Ångström", normalized=True),
        AddedToken("mab", single_word=True, normalized=False),
        AddedToken("gene", single_word=True, normalized=True),  # in the vocabulary already
        AddedToken("<left>", lstrip=True, normalized=False),
        AddedToken("<right>", rstrip=True, normalized=False),
        AddedToken("<both>", lstrip=True, rstrip=True, normalized=True),
        AddedToken("Ca2+", normalized=False),
        AddedToken("Ca2+-ATPase", normalized=False),  # longer than one that it begins with
        AddedToken("[DRUG]", normalized=False, special=True),
    ])
    return tokenizer


# ---- sentence-transformers ---------------------------------------------------------------


def save_sentence_transformer(spec, model, folder):
    """The folder as sentence-transformers itself saves it."""
    with tempfile.TemporaryDirectory() as plain:
        plain = Path(plain)
        model.save_pretrained(plain)
        spec.tokenizer_files(new_tokenizer(spec.vocabulary, **spec.tokenizer_options), plain,
                             spec.vocabulary)
        tokenizer_json = (plain / "tokenizer.json").read_bytes()
        modules = [Transformer(str(plain), max_seq_length=ST_MAX_TOKENS), *spec.st_modules()]
        st = SentenceTransformer(modules=modules, prompts=dict(spec.prompts), device="cpu")
        for dense in (m for m in modules if isinstance(m, Dense)):
            randomise(dense, zlib.crc32(spec.name.encode()))
        st.save(str(folder), create_model_card=False)
        for file in ("vocab.txt", "tokenizer.json"):
            if (plain / file).exists():
                shutil.copyfile(plain / file, folder / file)
        assert (folder / "tokenizer.json").read_bytes() == tokenizer_json
    if spec.legacy:
        in_older_spelling(folder)


OLD_MODULE_TYPES = {
    "Transformer": "sentence_transformers.models.Transformer",
    "Pooling": "sentence_transformers.models.Pooling",
    "Dense": "sentence_transformers.models.Dense",
    "Normalize": "sentence_transformers.models.Normalize",
}
OLD_POOLING_KEYS = {
    "cls": "pooling_mode_cls_token",
    "mean": "pooling_mode_mean_tokens",
    "max": "pooling_mode_max_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}


def in_older_spelling(folder):
    """Respells the three files in the way of sentence-transformers 2 to 5, which nearly every
    published model has and release 6 no longer writes. The reference numbers are then read
    from the respelled folder by release 6."""
    modules = json.loads((folder / "modules.json").read_text())
    for module in modules:
        module["type"] = OLD_MODULE_TYPES[module["type"].rsplit(".", 1)[1]]
    write_json(folder / "modules.json", modules)

    new = json.loads((folder / "1_Pooling" / "config.json").read_text())
    modes = new["pooling_mode"]
    modes = [modes] if isinstance(modes, str) else modes
    write_json(folder / "1_Pooling" / "config.json", {
        "word_embedding_dimension": new["embedding_dimension"],
        **{key: mode in modes for mode, key in OLD_POOLING_KEYS.items()},
        "include_prompt": True})

    write_json(folder / "sentence_bert_config.json",
               {"max_seq_length": ST_MAX_TOKENS, "do_lower_case": False})
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    tokenizer["model_max_length"] = 512  # what BERT's own says, and more than there are rows
    write_json(folder / "tokenizer_config.json", tokenizer)


def mean_normalised():
    return [Pooling(HIDDEN, "mean"), Normalize()]


def cls_normalised():
    return [Pooling(HIDDEN, "cls"), Normalize()]


def dense_16():
    return [Pooling(HIDDEN, "mean"),
            Dense(HIDDEN, 16, activation_function=torch.nn.Tanh()), Normalize()]


def concatenated():
    return [Pooling(HIDDEN, ("cls", "max", "mean", "mean_sqrt_len_tokens"))]


def weighted_mean():
    return [Pooling(HIDDEN, "weightedmean"), Normalize()]


# ---- The table of models -----------------------------------------------------------------


@dataclass
class Spec:
    """One model folder. What is left at its default is plain: a BertModel in safetensors."""
    name: str
    layers: int = 2
    vocabulary: list = field(default_factory=lambda: UNCASED)
    make: callable = BertModel
    config: dict = field(default_factory=dict)
    save: callable = save_safetensors
    tokenizer_files: callable = vocab_and_config
    tokenizer_options: dict = field(default_factory=dict)
    tokenizer_extra: callable = None   # changes the tokenizer before it is saved
    unused_rows: int = 0               # rows of the embedding matrix that no token has
    embedding_scale: float = 1.0
    options: dict = field(default_factory=dict)  # for biobert_load
    pooling: str = "mean"
    normalize: bool = False
    task: str = "embed"
    st_modules: callable = None        # makes it a sentence-transformers model
    prompts: dict = field(default_factory=dict)
    legacy: bool = False
    refused: str = ""                  # we do not support it: what the message has to name
    new_config: callable = bert_config
    form_of: str = ""                  # has the weights of the model of this name
    file: str = ""                     # what of the folder is loaded; the folder itself
    foreign: bool = False              # transformers cannot read this form
    hidden_states: bool = False
    more_texts: tuple = ()

    @property
    def lowercase(self):
        return self.tokenizer_options.get("do_lower_case", True)


def without_pooler(config):
    return BertModel(config, add_pooling_layer=False)


ADDED_TEXTS = (
    "COVID-19 and covid-19 but not xCOVID-19y, Covid‑19",
    "ångström A\u030angstro\u0308m Ångströms",
    "mab mabs (mab) -mab_ mab1 Gene GENE genes gene-s",
    "a \t<left> b<right>  c  <both> \n d<left><right>e",
    "Ca2+-ATPase Ca2+ ca2+ [DRUG][drug] [DRUG]s",
)

SPECS = [
    Spec("st_mean", layers=3, tokenizer_files=json_and_vocab, st_modules=mean_normalised,
         normalize=True, hidden_states=True,
         prompts={"query": "query: ", "document": "gene protein: "}),
    Spec("st_cls", tokenizer_files=json_with_truncation, st_modules=cls_normalised,
         pooling="cls", normalize=True, legacy=True,
         prompts={"query": "The study of "}),
    Spec("st_dense", layers=1, tokenizer_files=json_and_vocab, st_modules=dense_16,
         normalize=True),
    Spec("st_concat", layers=1, tokenizer_files=json_only, st_modules=concatenated,
         pooling="cls+max+mean+mean_sqrt_len", legacy=True),
    Spec("st_weighted", layers=1, tokenizer_files=json_only, st_modules=weighted_mean,
         legacy=True, refused="pooling_mode_weightedmean_tokens"),
    Spec("mlm_cased", layers=3, vocabulary=CASED, make=transformers.BertForMaskedLM,
         tokenizer_files=vocab_only, tokenizer_options={"do_lower_case": False},
         task="fill-mask", hidden_states=True),
    Spec("bin_zip", save=save_bin_zip, unused_rows=6),
    Spec("bin_legacy", layers=1, make=without_pooler, save=save_bin_legacy),
    Spec("bin_tied", make=transformers.BertForMaskedLM, save=save_bin_tied, task="fill-mask"),
    Spec("f16", layers=1, save=save_half),
    Spec("bf16", layers=1, save=save_bfloat),
    Spec("sharded", layers=3, save=save_sharded),
    Spec("sharded_bin", save=save_sharded_bin),
    Spec("gelu_new", layers=3, config={"hidden_act": "gelu_new"}, hidden_states=True),
    Spec("relu", layers=1, config={"hidden_act": "relu"}, save=save_encoder_only),
    Spec("silu", layers=1, config={"hidden_act": "silu"}),
    # Small embeddings, or the epsilon would vanish beside the variance and any would do.
    Spec("eps", layers=3, config={"layer_norm_eps": 1e-5, "type_vocab_size": 1},
         embedding_scale=0.02, hidden_states=True),
    Spec("pooler", layers=1, options={"pooling": "pooler"}, pooling="pooler"),
    Spec("token_cls", layers=1, make=transformers.BertForTokenClassification, task="ner",
         config={"id2label": {0: "O", 1: "B-Disease", 2: "I-Disease", 3: "B-Chemical",
                              4: "I-Chemical"}}),
    Spec("seq_cls", layers=1, make=transformers.BertForSequenceClassification, task="rerank",
         config={"num_labels": 1}),
    Spec("qa", layers=1, make=transformers.BertForQuestionAnswering,
         task="question-answering"),
    Spec("strip_accents", layers=1,
         tokenizer_options={"do_lower_case": True, "strip_accents": False}),
    # One model in every form. Quantised weights are others, and so are their vectors.
    Spec("form_safetensors", form_of="form"),
    Spec("form_zip", form_of="form", save=save_bin_zip),
    Spec("form_legacy", form_of="form", save=save_bin_legacy),
    Spec("form_tensorflow", form_of="form", save=save_tensorflow, tokenizer_files=vocab_only,
         foreign=True),
    *(Spec(f"form_gguf_{kind.lower()}", form_of="form", save=gguf_of(kind, older=kind == "F16"),
           tokenizer_files=none_at_all, file="model.gguf", foreign=True)
      for kind in ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1")),
    Spec("distilbert", make=transformers.DistilBertModel, new_config=distilbert_config,
         hidden_states=True),
    Spec("distilbert_mlm", layers=1, make=transformers.DistilBertForMaskedLM,
         new_config=distilbert_config, config={"sinusoidal_pos_embds": True},
         task="fill-mask"),
    Spec("added", layers=1, tokenizer_files=json_only, tokenizer_extra=with_added_tokens,
         unused_rows=10, more_texts=ADDED_TEXTS),
]


def write_model(spec, folder):
    """Writes the folder and returns the model, in float32 and with the stored values."""
    if spec.save is not save_bin_legacy:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    model = new_model(spec)
    if spec.st_modules:
        save_sentence_transformer(spec, model, folder)
    else:
        spec.save(model, folder)
        tokenizer = new_tokenizer(spec.vocabulary, **spec.tokenizer_options)
        if spec.tokenizer_extra:
            tokenizer = spec.tokenizer_extra(tokenizer)
        spec.tokenizer_files(tokenizer, folder, spec.vocabulary)
    return model.float()


def read_tokenizer(spec, folder):
    """From the folder, as a user gets it. Where nothing says that the vocabulary is cased,
    the reference has to be told: it lower-cases by default, which is the mistake that we
    do not repeat (README.md)."""
    if spec.tokenizer_files is none_at_all:
        return new_tokenizer(spec.vocabulary)
    if spec.tokenizer_files is vocab_only:
        return BertTokenizer.from_pretrained(folder, **spec.tokenizer_options)
    return transformers.AutoTokenizer.from_pretrained(folder)


def same_as_read_again(model, folder, reference, text):
    """What we wrote by hand (old names, tied and transposed tensors, shards) must be what
    transformers itself reads back, or the golden numbers would be of another file."""
    again = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32,
                                                   attn_implementation="eager").eval()
    ours = reference.run(text).last_hidden_state
    reference.model, kept = again, reference.model
    assert torch.equal(ours, reference.run(text).last_hidden_state), folder
    reference.model = kept


# ---- Texts -------------------------------------------------------------------------------

SENTENCES = [
    "Aspirin inhibits TNF-alpha expression in stroke patients (p < 0.05).",
    "Chronic infection of liver cells was followed by inflammation and hypertension;",
    "the EGFR kinase binding protein, not insulin, is a tumor receptor for IL-6.",
    "We study mRNA vaccine treatment of COVID-19 with anti-BRCA antibodies from 2020 to 2025.",
]

# Texts 0 and 5 are the ones whose hidden states are kept: short, so that the files stay so.
TEXTS = [
    SENTENCES[0],
    "β-catenin, NF-κB: 5 µM vs 5 μM at 37°C; ΟΔΟΣ ≤ ²H₂O™ “x” – y",
    "Sjögren’s naïve café = Sjo\u0308gren’s nai\u0308ve cafe\u0301, Å A\u030a \u212b ÉÖÅ ßẞ İ ı",
    "蛋白質 protein 中文\u3000病,血カガ 한국 \u1112\u1161\u11ab हिन्दी",
    "pain 😀 👍🏽 👨\u200d👩\u200d👧 ❤\ufe0f a\U0001fae8b 🇺🇸 end",
    "The [MASK] gene [mask] is[SEP]x[MASK]y.",
    "",
    " ".join(SENTENCES),
    " \t\r\n\u00a0\u2003 ",
    "ab\u00adcd e\u200bf \ufeffg\ue000h i\u0085j k\u2028l ##ing " + "acgt" * 25 + " " + "acgt" * 26,
]
HIDDEN_STATE_TEXTS = (0, 5)

PAIRS = [
    ("Aspirin and stroke", "IL-6 gene [MASK]"),
    (" ".join(SENTENCES[:3]), SENTENCES[3]),
    (SENTENCES[1], " ".join(SENTENCES)),
    ("protein kinase", ""),
]


def byte_offsets(text):
    """offsets[i]: where character i begins in UTF-8. Python counts characters, C bytes."""
    return [0, *itertools.accumulate(len(c.encode("utf-8")) for c in text)]


def describe(tokenizer, text):
    """Tokens of the whole text, not truncated, with [CLS] and [SEP], which have no place in
    the text and no word."""
    encoding = tokenizer(text, truncation=False)[0]
    at = byte_offsets(text)
    added = [word is None for word in encoding.word_ids]
    assert added == [bool(m) for m in encoding.special_tokens_mask]
    return {
        "ids": encoding.ids,
        "tokens": tokenizer.convert_ids_to_tokens(encoding.ids),
        "offsets": [None if none else [at[start], at[end]]
                    for none, (start, end) in zip(added, encoding.offsets)],
        "words": encoding.word_ids,
    }


# ---- References --------------------------------------------------------------------------


def decimals(vector):
    """Nine significant digits bring back the same float32."""
    return [float(f"{x:.9g}") for x in np.asarray(vector, dtype=np.float32).ravel()]


class BertReference:
    """transformers: the encoder's states pooled over all tokens, or its pooler's output."""

    def __init__(self, spec, model, tokenizer):
        self.model, self.tokenizer, self.pooling = encoder_of(model), tokenizer, spec.pooling
        self.types = getattr(model.config, "type_vocab_size", 0)
        self.dimension = HIDDEN

    def features(self, *texts):
        """texts: one, or a pair; lists, because a lone empty second text would be dropped."""
        features = self.tokenizer(*[[t] for t in texts], truncation="longest_first",
                                  max_length=MAX_POSITIONS, return_tensors="pt")
        if self.types == 1:  # there is no row for type 1
            features["token_type_ids"].zero_()
        return features

    def run(self, *texts, **options):
        features = self.features(*texts)
        if self.types == 0:
            del features["token_type_ids"]
        return self.model(**features, **options)

    def embed(self, *texts):
        output = self.run(*texts)
        if self.pooling == "pooler":
            return output.pooler_output[0]
        return output.last_hidden_state[0].mean(dim=0)

    def hidden_states(self, text):
        output = self.run(text, output_hidden_states=True)
        return [layer[0] for layer in output.hidden_states]


class SentenceReference:
    """sentence-transformers, read from the folder; one text at a time, so nothing is padded."""

    def __init__(self, folder):
        self.st = SentenceTransformer(str(folder), device="cpu",
                                      model_kwargs={"attn_implementation": "eager"})
        assert self.st.max_seq_length == ST_MAX_TOKENS
        self.tokenizer = self.st.tokenizer
        self.dimension = self.st.get_embedding_dimension()

    def features(self, *texts):
        return self.st.preprocess([texts if len(texts) > 1 else texts[0]])

    def embed(self, *texts):
        """A document; a pair takes no prompt."""
        if len(texts) > 1:
            return self.st.encode([texts], convert_to_numpy=True)[0]
        return self.st.encode_document(texts[0], convert_to_numpy=True)

    def embed_query(self, text):
        return self.st.encode_query(text, convert_to_numpy=True)

    def hidden_states(self, text):
        features = self.features(text)
        output = self.st[0].auto_model(
            **{k: features[k] for k in ("input_ids", "token_type_ids", "attention_mask")},
            output_hidden_states=True)
        return [layer[0] for layer in output.hidden_states]


def golden_text(spec, reference, index, text):
    entry = {"text": text, **describe(reference.tokenizer, text),
             "embedding": decimals(reference.embed(text))}
    if "query" in spec.prompts:
        entry["query_embedding"] = decimals(reference.embed_query(text))
    if spec.hidden_states and index in HIDDEN_STATE_TEXTS:
        entry["hidden_states"] = [[decimals(token) for token in layer]
                                  for layer in reference.hidden_states(text)]
    return entry


def longest_first(first, second, room):
    """How many tokens of each text a pair keeps: the rule of tokenizers up to 0.22, with which
    published vectors were made. 0.23 has another way through some cases; through transformers
    it has to come out the same."""
    short, long = sorted((first, second))
    if first + second > room:
        long = short if short > room else max(short, room - short)
        if short + long > room:
            short, long = room // 2, room // 2 + room % 2
    return (long, short) if first > second else (short, long)


def check_truncation(tokenizer, a, b, ids, types):
    lengths = [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in (a, b)]
    first, second = longest_first(*lengths, len(ids) - 3)
    sep = tokenizer.sep_token_id
    assert ids[first + 1] == sep == ids[first + second + 2], (a, b)
    assert sum(types) in (0, second + 1), (a, b)


def golden_pair(reference, a, b):
    features = reference.features(a, b)
    check_truncation(reference.tokenizer, a, b, features["input_ids"][0].tolist(),
                     features["token_type_ids"][0].tolist())
    return {"a": a, "b": b, "ids": features["input_ids"][0].tolist(),
            "types": features["token_type_ids"][0].tolist(),
            "embedding": decimals(reference.embed(a, b))}


def not_degenerate(spec, texts):
    """Random weights can collapse to one direction, and then any mistake passes."""
    vectors = np.array([t["embedding"] for t in texts if t["text"].strip()])
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    others = (vectors @ vectors.T)[~np.eye(len(vectors), dtype=bool)]
    assert np.isfinite(vectors).all() and others.max() < 0.999, (spec.name, others.max())


def golden_model(spec, out):
    """Writes models/<name>/ and returns what <name>.json says of it."""
    folder = out / "models" / spec.name
    model = write_model(spec, folder)
    about = {"options": spec.options, "architecture": type(model).__name__,
             "task": spec.task}
    if spec.file:
        about["file"] = spec.file
    if spec.refused:
        return {**about, "refused": spec.refused}
    if spec.st_modules:
        reference = SentenceReference(folder)
    else:
        reference = BertReference(spec, model, read_tokenizer(spec, folder))
        if not spec.foreign:
            same_as_read_again(model, folder, reference, TEXTS[1])
    texts = [golden_text(spec, reference, i, t)
             for i, t in enumerate([*TEXTS, *spec.more_texts])]
    not_degenerate(spec, texts)
    return {**about, "dimension": reference.dimension, "lowercase": spec.lowercase,
            "pooling": spec.pooling, "normalize": spec.normalize,
            "max_tokens": ST_MAX_TOKENS if spec.st_modules else MAX_POSITIONS,
            "texts": texts, "pairs": [golden_pair(reference, a, b) for a, b in PAIRS]}


def write_golden(path, golden):
    """One line for each text and pair: a change shows as the lines that changed."""
    dump = lambda value: json.dumps(value, separators=(",", ":"))  # noqa: E731
    lines = []
    for key, value in golden.items():
        if key in ("texts", "pairs"):
            value = "[\n" + ",\n".join("  " + dump(item) for item in value) + "\n ]"
        else:
            value = dump(value)
        lines.append(f' "{key}": {value}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


# ---- Tokenizer cases ---------------------------------------------------------------------

# Each stands between two letters, alone, and after a space: where classes of characters and
# Unicode versions disagree. What each is good for: the code point's name says it.
HARD_CHARACTERS = """
0000 0001 0008 0009 000A 000B 000D 001C 001F 007F 0085 00A0 00AD 00B2 00B4 00B5 00B7 00BD 00DF
00E9 0130 0131 0149 01C5 0301 0308 0327 0345 0378 037E 0387 03A3 03C2 0488 0600 061C 061D 06DD
0890 093C 0958 0E33 0F71 1112 166D 1680 1734 17B4 180E 1C89 1C90 1DFB 1E9E 1F80 1FEF 2000 200B
200D 2010 2028 202F 2060 2065 2066 20DD 2126 212A 212B 2167 2E43 2E4F 2E80 3000 3005 3007 3099
30AC 3400 4DC0 9FFF A66F A7CB AB70 AC00 AC01 D7A3 E000 F8FF F900 FB01 FB1D FE0F FEFF FF21 FF9E
FFF9 FFFD FFFF 10400 105C9 110BD 110CD 111C9 11938 1BCA0 1D173 1D15E 1E944 1F1FA 1F468 1F600
1F44D 1FAE9 20000 2A6DF 2A6E0 2B740 2B820 2B920 2CEAF 2F800 2FA20 E0001 E0041 E0100 F0000 10FFFF
""".split()

HARD_STRINGS = [
    *TEXTS, *ADDED_TEXTS,
    "β-catenin (CTNNB1) binds TCF/LEF", "5 µM vs 5 μM", "1.5 \u212b vs 1.5 Å vs 1.5 A\u030a",
    "³H-thymidine, ¹⁴C, Ca²⁺, cm⁻¹", "CO₂ H₂O₂ PM₂.₅", "ΟΔΟΣ ΣΑΣ Σ", "Ἀθήνα Άλφα ΐ \u1fd3",
    "\u1f71\u03ac", "10 kΩ at 300 \u212a, 1 \u2126", "IL-2 IL‐2 IL‑2 IL‒2 IL–2 IL—2 IL−2",
    "immuno\u00adglobulin", "5\u00a0mg 5\u202fmg 5\u2009mg", "5′-UTR 3″ 5'-GATC-3'",
    "“p53” ‘wild‑type’ «x»", "a…b • c · d", "p≤0.05 n≥3 ±SD ×10⁶ →", "37°C 37℃ 37 ° C",
    "Taxol® Herceptin™ ©", "ＡＢＣ１２３（α）", "ﬁbrosis eﬃcacy", "factor Ⅷ ⅳ", "½ dose ¼",
    "e\u0304\u0301\u0323x", "ậ Nguyễn", "İstanbul I\u0307 ı", "STRAẞE straße", "Ꭰꭰ Ა ა", "𐐀𐐨",
    "𝛃-catenin 𝐀𝐁", "p\u200b53 p\u200c53 p\u200d53 p\u2060 53 \ufeffp53",
    "\u202ap53\u202c \u2066x\u2069", "a\u0000b\u0001c\u007fd\u0085e", "a\u000bb\u000cc\u001cd",
    "a\tb\nc\r\nd", "IL\ufffd2 \ufffd", "中文\u3000蛋白质p53蛋白", "豈 \uf900 丽", "⺀ 々 〇",
    "ガ か\u3099 ｶﾞ", "한국어 각", "\u1112\u1161\u11ab", "क़ क\u093c हिन्दी", "مُحَمَّد", "กำลัง",
    "שָׁלוֹם", "👨\u200d👩\u200d👧 ❤\ufe0f 🇺🇸", "The [MASK] of [CLS] is [SEP].",
    "foo[MASK]bar [mask] [ MASK ]", "[MA\u200bSK] [UNK][PAD]", "[MASK", "MASK]", "[[MASK]]",
    "[MASK][MASK] [MASK]", "[MASK]s [SEP]\u0301x", "\u0301[CLS]", "[UNK]", "[unused0]",
    "##ing ## # #53", "##", "#", "[PAD]" * 3,
    "ACGT" * 25, "ACGT" * 25 + "A", "ACGT" * 50 + "A", "é" * 100, "é" * 101, "e\u0301" * 100,
    "e\u0301" * 101, "a" + "\u0301" * 150, "\u00e9" * 50 + "\u0301" * 60, "中" * 120,
    "a\u200b" * 120, "한" * 34, "한" * 33 + "a",
    "N-(4-hydroxyphenyl)acetamide 1,3,7-trimethylxanthine",
    "TNF-α IFN-γ1b NF-κB p38α/β miR‑21‑5p", "NM_000059.3:c.68-7T>A p.(Arg1443*)",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "a´b a¨b a¬b a÷b a€b a^b a`b",
    "a\u037eb a\u0387b a\u1fefb", "\u0301 \u20dd", "ˈhæləʊ ʰ", "Łódź Ørsted Þór œuvre ﬀ Ŀ",
    "ǅungla Ǆ", "և ᾳ ᾼ ᾲ", "a\ufe0fb a\U000e0100b", "a\U000e0041b", " ", "\n", "\u3000",
    " leading", "trailing ", "  two  spaces  ", "\ufeffBOM first", "x\ufeff", "\u200b", "\u00ad ",
    "a\u0301\u0327 a\u0327\u0301", "\u1e69 s\u0323\u0307 s\u0307\u0323", "가\u11a8 각",
    "𝅗𝅥 \U0001d15e", "Ａ\u030a", "co-\ninfection", "don't it's we're", "e.g., i.e. et al.",
    "1,000.5 mg/kg/day", "http://x.org/?a=b&c=d", "user@host.org", "C:\\path\\file", "α‐β−γ",
    "mRNA-1273 (Moderna)", "HbA1c≥6.5%", "Covid‑19/SARS‑CoV‑2", "(+)-catechin", "5-HT2A",
]


def random_ranges():
    """Where random code points are drawn from: (weight, first, last)."""
    return [(6, 0x61, 0x7A), (3, 0x41, 0x5A), (2, 0x30, 0x39), (4, 0x20, 0x20), (3, 0x21, 0x7E),
            (1, 0x00, 0x1F), (1, 0x7F, 0xA0), (3, 0xA1, 0x24F), (3, 0x300, 0x36F),
            (2, 0x370, 0x3FF), (1, 0x400, 0x52F), (2, 0x590, 0xDFF), (1, 0xE00, 0x109F),
            (1, 0x1100, 0x11FF), (1, 0x1200, 0x1AAF), (1, 0x1AB0, 0x1AFF), (1, 0x1B00, 0x1DFF),
            (2, 0x1E00, 0x1FFF), (2, 0x2000, 0x206F), (2, 0x2070, 0x2BFF), (1, 0x2E00, 0x2FFF),
            (1, 0x3000, 0x30FF), (2, 0x4E00, 0x9FFF), (1, 0xA000, 0xABFF), (2, 0xAC00, 0xD7A3),
            (1, 0xE000, 0xF8FF), (1, 0xF900, 0xFDFF), (1, 0xFE00, 0xFFFF),
            (2, 0x10000, 0x1FFFF), (2, 0x1F300, 0x1FAFF), (1, 0x20000, 0x323AF),
            (1, 0xE0000, 0xE01EF), (1, 0x323B0, 0x10FFFF)]


def random_strings(count):
    rng = random.Random(SEED)
    ranges = random_ranges()
    weights = [weight for weight, _, _ in ranges]
    for _ in range(count):
        picks = rng.choices(ranges, weights, k=rng.randint(1, 30))
        yield "".join(chr(rng.randint(first, last)) for _, first, last in picks)


def tokenizer_strings():
    characters = [chr(int(h, 16)) for h in HARD_CHARACTERS]
    in_words = [f"a{c}b {c} {c}c d{c}" for c in characters]
    return unique([*HARD_STRINGS, *in_words, *random_strings(200)])


def write_tokenizer_cases(out):
    """One line a string: tokens of the two small vocabularies, without their spelling."""
    tokenizers = {"uncased": new_tokenizer(UNCASED),
                  "cased": new_tokenizer(CASED, do_lower_case=False)}
    with open(out / "tokenizer_cases.jsonl", "w", encoding="ascii") as file:
        for text in tokenizer_strings():
            case = {"text": text}
            for name, tokenizer in tokenizers.items():
                tokens = describe(tokenizer, text)
                del tokens["tokens"]
                case[name] = tokens
            file.write(json.dumps(case, separators=(",", ":")) + "\n")
    print("tokenizer_cases.jsonl")


# ---- The real model ----------------------------------------------------------------------

MINILM_SUMMARIES = 30
MINILM_LONG_WORDS = 400
MINILM_OWN_TEXTS = [
    "",
    "aspirin",
    "Which genes raise the risk of early-onset Alzheimer's disease?",
    "TNF-α and IFN-γ activate NF-κB in Sjögren’s syndrome; Ménière’s disease: 5 µg/kg, p ≤ 0.05.",
    "β-Amyloid (Aβ₄₂) was higher (Δ = 12 %, 95 % CI 3–21) in naïve cafe\u0301 visitors of Łódź.",
]


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def minilm_texts(literature):
    """Summaries from all over the file, our own hard ones, and one far longer than is read."""
    with open(literature / "literature.csv", newline="", encoding="utf-8") as file:
        summaries = [row["summary"] for row in csv.DictReader(file)]
    chosen = summaries[::len(summaries) // MINILM_SUMMARIES][:MINILM_SUMMARIES]
    long = ""
    for summary in summaries[1:]:
        long += summary + " "
        if len(long.split()) > MINILM_LONG_WORDS:
            break
    return [*MINILM_OWN_TEXTS, long, *chosen]


def write_minilm(out, folder, literature):
    """Keeps the file that is there when the model is not: it is too large for the repository,
    and whoever only changes a small model need not have it."""
    weights = folder / "model.safetensors"
    if not weights.exists():
        print(f"minilm.json: kept, no {weights}")
        return
    st = SentenceTransformer(str(folder), device="cpu",
                             model_kwargs={"attn_implementation": "eager"})
    assert st.max_seq_length == 256 and st.get_embedding_dimension() == 384
    texts = [{"text": text, "embedding": decimals(st.encode(text, convert_to_numpy=True))}
             for text in minilm_texts(literature)]
    write_golden(out / "minilm.json", {
        "model": "sentence-transformers/all-MiniLM-L6-v2", "sha256": sha256_of(weights),
        "dimension": 384, "max_tokens": 256, "texts": texts})
    print("minilm.json")


# ---- Running -----------------------------------------------------------------------------


def arguments():
    repository = HERE.parent.parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--minilm", type=Path, default=repository / "models" / "default",
                        help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--literature", type=Path,
                        default=repository / "examples" / "literature")
    return parser.parse_args()


@torch.inference_mode()
def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.utils.logging.disable_progress_bar()
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    for spec in SPECS:
        write_golden(options.out / f"{spec.name}.json", golden_model(spec, options.out))
        print(f"{spec.name}.json")
    write_quants(options.out)
    write_tokenizer_cases(options.out)
    write_minilm(options.out, options.minilm, options.literature)


if __name__ == "__main__":
    main()
