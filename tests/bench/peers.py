"""The peers of bench.py: each embeds texts, or runs the encoder, with so many threads.

A class per library: embed(texts) gives their vectors in order, forward(tokens, texts) runs the
encoder alone. __init__ may fail for any reason: bench.py then leaves the peer out and says why.
The models are made from the same weights, under build/bench/.

    python peers.py CLASS MODEL WORK PRECISION [DATABASE COUNT]

is a process for what it costs to start one: it embeds a word, or the first COUNT rows of
papers(abstract) one by one, and prints the memory that it took.
"""

import json
import sys
from pathlib import Path

import numpy as np

MAX_TOKENS = 256  # all-MiniLM-L6-v2's max_seq_length
BATCHES = (32, 4, 1)  # 32 is sentence-transformers' default
WORD = 3526  # "cell" in BERT's vocabulary: what the forward pass gets


def load_tokenizer(model_dir):
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def mean_pool(hidden, mask):
    """[batch, tokens, width] -> vectors of length 1."""
    v = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return v / np.linalg.norm(v, axis=1, keepdims=True)


class InBatches:
    """embed() for who has pooled(ids of a batch): sorted by length, as all of them advise."""

    batch = BATCHES[0]

    def embed(self, texts):
        ids = [e.ids for e in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        vectors = [self.pooled([ids[k] for k in order[i:i + self.batch]])
                   for i in range(0, len(order), self.batch)]
        return np.concatenate(vectors)[np.argsort(order)]


# onnxruntime -------------------------------------------------------------------------------------

def export_onnx(model_dir, work):
    """The graph as onnxruntime's own optimizer fuses it for BERT: the fastest that it has."""
    path = work / f"{model_dir.name}.onnx"
    if path.exists():
        return path
    import torch
    from onnxruntime.transformers import optimizer
    from transformers import AutoModel

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = AutoModel.from_pretrained(model_dir, attn_implementation="eager").eval()

        def forward(self, ids, mask, types):
            return self.bert(input_ids=ids, attention_mask=mask,
                             token_type_ids=types).last_hidden_state

    names = ["ids", "mask", "types"]
    ids = torch.ones(2, 16, dtype=torch.int64)
    encoder, plain = Encoder(), work / "plain.onnx"
    # dynamo=False: the optimizer (1.32) does not know attention in the newer exporter's graph.
    torch.onnx.export(encoder, (ids, ids, ids * 0), str(plain), dynamo=False, opset_version=17,
                      input_names=names, output_names=["hidden"],
                      dynamic_axes={n: {0: "b", 1: "s"} for n in [*names, "hidden"]})
    config = encoder.bert.config
    fused = optimizer.optimize_model(str(plain), "bert", num_heads=config.num_attention_heads,
                                     hidden_size=config.hidden_size, opt_level=0)
    if not fused.is_fully_optimized():
        raise RuntimeError("the ONNX graph was not fused, so it would be no fair peer")
    fused.save_model_to_file(str(path))
    plain.unlink()
    return path


def quantize_onnx(path):
    quantized = path.with_suffix(".int8.onnx")
    if not quantized.exists():
        import onnx
        from onnxruntime.quantization import quantize_dynamic
        # The fused operators tell no shapes, so it has to be told what their outputs are; a scale
        # for each channel, because with one for a whole matrix the vectors are of no use.
        quantize_dynamic(str(path), str(quantized), per_channel=True,
                         op_types_to_quantize=["MatMul", "Attention"],
                         extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
    return quantized


class OnnxRuntime(InBatches):
    def __init__(self, model_dir, work, int8=False, threads=1):
        import onnxruntime
        path = export_onnx(model_dir, work)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            str(quantize_onnx(path) if int8 else path), options,
            providers=["CPUExecutionProvider"])
        self.tokenizer = load_tokenizer(model_dir)
        self.name = f"onnxruntime {onnxruntime.__version__} {'int8' if int8 else 'f32'}"

    def run(self, ids, mask):
        return self.session.run(None, {"ids": ids, "mask": mask, "types": ids * 0})[0]

    def pooled(self, batch):
        ids = np.zeros((len(batch), max(map(len, batch))), np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(batch):
            ids[row, :len(text)] = text
            mask[row, :len(text)] = 1
        return mean_pool(self.run(ids, mask), mask.astype(np.float32))

    def forward(self, tokens, texts=1):
        ids = np.full((texts, tokens), WORD, np.int64)
        self.run(ids, np.ones_like(ids))


# CTranslate2 -------------------------------------------------------------------------------------

class CTranslate2(InBatches):
    def __init__(self, model_dir, work, int8=False, threads=1):
        import ctranslate2
        path = work / f"{model_dir.name}.ct2"
        if not path.exists():
            ctranslate2.converters.TransformersConverter(str(model_dir)).convert(str(path))
        kind = "int8" if int8 else "float32"
        self.encoder = ctranslate2.Encoder(str(path), compute_type=kind, inter_threads=1,
                                           intra_threads=threads)
        self.tokenizer = load_tokenizer(model_dir)
        self.name = f"CTranslate2 {ctranslate2.__version__} {'int8' if int8 else 'f32'}"

    def pooled(self, batch):
        hidden = np.array(self.encoder.forward_batch(batch).last_hidden_state)
        lengths = np.array([[len(text)] for text in batch])
        mask = np.arange(hidden.shape[1]) < lengths
        return mean_pool(hidden, mask.astype(np.float32))

    def forward(self, tokens, texts=1):
        self.encoder.forward_batch([[WORD] * tokens] * texts)


# llama.cpp ---------------------------------------------------------------------------------------

def write_gguf(model_dir, work, int8):
    """As its convert_hf_to_gguf.py does, for a BERT; int8 is Q8_0, blocks of 32 with a scale."""
    path = work / f"{model_dir.name}.{'q8_0' if int8 else 'f32'}.gguf"
    if path.exists():
        return path
    import gguf
    from safetensors.numpy import load_file
    config = json.loads((model_dir / "config.json").read_text())
    unfinished = path.with_suffix(".part")
    writer = gguf.GGUFWriter(unfinished, "bert")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_token_type_count(config["type_vocab_size"])
    pieces = (model_dir / "vocab.txt").read_text(encoding="utf-8").split("\n")
    pieces = pieces[:config["vocab_size"]]
    special = [p.startswith("[") and p.endswith("]") and len(p) > 2 for p in pieces]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    # A piece that begins a word has a mark there, and one that goes on has none.
    writer.add_token_list([p if s else p[2:] if p.startswith("##") else "\u2581" + p
                           for p, s in zip(pieces, special)])
    writer.add_token_types([gguf.TokenType.CONTROL if s else gguf.TokenType.NORMAL
                            for s in special])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, tensor in load_file(model_dir / "model.safetensors").items():
        if "pooler" in name or "position_ids" in name:
            continue
        added = "position_embeddings" in name or "token_type_embeddings" in name
        kind = None
        if int8 and tensor.ndim == 2 and not added:
            kind = gguf.GGMLQuantizationType.Q8_0
            tensor = gguf.quants.quantize(tensor, kind)
        writer.add_tensor(names.get_name(name, (".weight", ".bias")), tensor, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    unfinished.rename(path)
    return path


class LlamaCpp:
    """By its C interface: the Python class on top takes a millisecond to fill in a batch.

    A text at a time, which is its fastest: attention goes over all the tokens of a batch, also
    those of other texts.
    """

    def __init__(self, model_dir, work, int8=False, threads=1):
        import llama_cpp
        self.c = llama_cpp
        self.silent = llama_cpp.llama_log_callback(lambda *_: None)
        llama_cpp.llama_log_set(self.silent, None)
        llama_cpp.llama_backend_init()
        path = write_gguf(model_dir, work, int8)
        self.model = llama_cpp.llama_model_load_from_file(
            str(path).encode(), llama_cpp.llama_model_default_params())
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = options.n_batch = options.n_ubatch = 512
        options.n_threads = options.n_threads_batch = threads
        options.embeddings = True
        self.context = self.model and llama_cpp.llama_init_from_model(self.model, options)
        if not self.context:
            raise RuntimeError(f"cannot load {path}")
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)
        self.width = llama_cpp.llama_model_n_embd(self.model)
        self.name = f"llama.cpp {llama_cpp.__version__} {'int8 (Q8_0)' if int8 else 'f32'}"

    def run(self, ids):
        tokens = (self.c.llama_token * len(ids))(*ids)  # the batch does not keep it
        batch = self.c.llama_batch_get_one(tokens, len(ids))
        if self.c.llama_encode(self.context, batch) != 0:
            raise RuntimeError("llama_encode failed")
        return np.array(self.c.llama_get_embeddings_seq(self.context, 0)[:self.width])

    def ids(self, text):
        data = text.encode()
        room = (self.c.llama_token * (len(data) + 2))()
        count = self.c.llama_tokenize(self.vocab, data, len(data), room, len(room), True, False)
        ids = room[:count]
        return ids if count <= MAX_TOKENS else ids[:MAX_TOKENS - 1] + ids[-1:]

    def embed(self, texts):
        v = np.stack([self.run(self.ids(text)) for text in texts])
        return v / np.linalg.norm(v, axis=1, keepdims=True)

    def forward(self, tokens, texts=1):
        for _ in range(texts):
            self.run([WORD] * tokens)


# torch -------------------------------------------------------------------------------------------

class Torch:
    def __init__(self, model_dir, work, threads=1):
        import torch
        import transformers
        torch.set_num_threads(threads)
        self.torch = torch
        self.model = transformers.AutoModel.from_pretrained(model_dir).eval()
        self.name = f"transformers {transformers.__version__}, torch {torch.__version__} f32"

    def forward(self, tokens, texts=1):
        with self.torch.inference_mode():
            self.model(input_ids=self.torch.full((texts, tokens), WORD))


class SentenceTransformers:
    batch = BATCHES[0]

    def __init__(self, model_dir, work, threads=1):
        import sentence_transformers
        import torch
        torch.set_num_threads(threads)
        self.model = sentence_transformers.SentenceTransformer(str(model_dir), device="cpu")
        self.name = (f"sentence-transformers {sentence_transformers.__version__}, "
                     f"torch {torch.__version__} f32")

    def embed(self, texts):
        return self.model.encode(texts, batch_size=self.batch, show_progress_bar=False)


# Others ------------------------------------------------------------------------------------------

class Tokenizers:
    def __init__(self, model_dir, work):
        import tokenizers
        self.tokenizer = load_tokenizer(Path(model_dir))
        self.tokenizer.no_truncation()
        self.name = f"tokenizers {tokenizers.__version__}"

    def count(self, texts):
        return sum(len(e.ids) for e in self.tokenizer.encode_batch(texts))


def make_base(work, tokenizer_dir):
    """A BERT-base with random weights, and the vocabulary of another model."""
    path = work / "base"
    if not (path / "config.json").exists():
        import shutil
        import torch
        from transformers import BertConfig, BertModel
        torch.manual_seed(0)
        path.mkdir(parents=True, exist_ok=True)
        for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
            shutil.copy(tokenizer_dir / name, path)
        # The word is not in configurations any more, and CTranslate2 (4.8) looks for it.
        BertModel(BertConfig(position_embedding_type="absolute")).save_pretrained(path)
    return path


def main(kind, model_dir, work, precision, database=None, count=0):
    texts = ["aspirin"]
    if database:
        import sqlite3
        db = sqlite3.connect(database)
        texts = [t for (t,) in db.execute("SELECT abstract FROM papers LIMIT ?", [int(count)])]
    peer = globals()[kind](Path(model_dir), Path(work), int8=precision == "int8")
    for text in texts:
        peer.embed([text])
    if database:
        print(Path("/proc/self/status").read_text())


if __name__ == "__main__":
    main(*sys.argv[1:])
