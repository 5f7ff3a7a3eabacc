"""The peers of bench.py: each embeds texts, or runs the encoder, with one thread.

A class per library. __init__ may fail for any reason: bench.py then leaves the peer out and says
why. The models are made from the same weights, under build/bench/.
"""

from pathlib import Path

import numpy as np

MAX_TOKENS = 256  # all-MiniLM-L6-v2's max_seq_length
BATCH = 32  # sentence-transformers' default


def by_length(tokenizer, texts):
    """Batches of encodings sorted by length, as all of these libraries advise."""
    encodings = sorted(tokenizer.encode_batch(texts), key=lambda e: -len(e.ids))
    for i in range(0, len(encodings), BATCH):
        yield encodings[i:i + BATCH]


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


class OnnxRuntime:
    def __init__(self, model_dir, work, int8=False):
        import onnxruntime
        path = export_onnx(model_dir, work)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            str(quantize_onnx(path) if int8 else path), options,
            providers=["CPUExecutionProvider"])
        self.tokenizer = load_tokenizer(model_dir)
        self.name = f"onnxruntime {onnxruntime.__version__} {'int8' if int8 else 'f32'}"

    def run(self, ids, mask):
        return self.session.run(None, {"ids": ids, "mask": mask, "types": ids * 0})[0]

    def embed(self, texts):
        out = []
        for batch in by_length(self.tokenizer, texts):
            longest = max(len(e.ids) for e in batch)
            ids = np.zeros((len(batch), longest), np.int64)
            mask = np.zeros_like(ids)
            for row, e in enumerate(batch):
                ids[row, :len(e.ids)] = e.ids
                mask[row, :len(e.ids)] = 1
            out.append(mean_pool(self.run(ids, mask), mask.astype(np.float32)))
        return np.concatenate(out)

    def forward(self, tokens):
        ids = np.full((1, tokens), 3526, np.int64)
        self.run(ids, np.ones_like(ids))


class CTranslate2:
    def __init__(self, model_dir, work, int8=False):
        import ctranslate2
        path = work / f"{model_dir.name}.ct2"
        if not path.exists():
            ctranslate2.converters.TransformersConverter(str(model_dir)).convert(str(path))
        kind = "int8" if int8 else "float32"
        self.encoder = ctranslate2.Encoder(str(path), compute_type=kind, inter_threads=1,
                                           intra_threads=1)
        self.tokenizer = load_tokenizer(model_dir)
        self.name = f"CTranslate2 {ctranslate2.__version__} {'int8' if int8 else 'f32'}"

    def embed(self, texts):
        out = []
        for batch in by_length(self.tokenizer, texts):
            lengths = np.array([len(e.ids) for e in batch])
            answer = self.encoder.forward_batch([e.ids for e in batch])
            hidden = np.array(answer.last_hidden_state)
            mask = np.arange(hidden.shape[1])[None] < lengths[:, None]
            out.append(mean_pool(hidden, mask.astype(np.float32)))
        return np.concatenate(out)

    def forward(self, tokens):
        self.encoder.forward_batch([[3526] * tokens])


class SentenceTransformers:
    def __init__(self, model_dir, work):
        import sentence_transformers
        import torch
        torch.set_num_threads(1)
        self.model = sentence_transformers.SentenceTransformer(str(model_dir), device="cpu")
        self.name = (f"sentence-transformers {sentence_transformers.__version__}, "
                     f"torch {torch.__version__}")

    def embed(self, texts):
        return self.model.encode(texts, batch_size=BATCH, show_progress_bar=False)


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
        BertModel(BertConfig()).save_pretrained(path)
    return path
