"""make_gradients.py - derivatives of small models' weights, by PyTorch's autograd in double
precision: tests/golden/gradients/NAME.safetensors.

A batch is some texts of random tokens and, for a task, random targets. Each text goes through
the model by itself: there is no padding, and losses are means over what has a target. Beside the
gradients, "batch.*" is what they were computed from."""

import pathlib

import torch
import transformers
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense
from torch.nn import functional

HERE = pathlib.Path(__file__).parent
LENGTHS = (1, 7, 33, 18)

# Three anchors, their positives, two more candidates. The third positive is said to be the text
# of the first, the last candidate that of the second.
PAIR_LENGTHS = (5, 1, 12, 9, 4, 17, 3, 8)
PAIR_TEXTS = (0, 1, 0, 2, 1)
PAIRS, SCALE = 3, 20


def states(outputs, batch, generator):
    """The sum of the last hidden states times fixed numbers: it depends on all of them."""
    rows = torch.cat([o.last_hidden_state[0] for o in outputs])
    batch["loss_by_states"] = torch.randn(rows.shape, generator=generator)
    batch["states"] = rows.detach().float()
    return (rows * batch["loss_by_states"].double()).sum()


def masked(outputs, batch, generator):
    logits = torch.cat([o.logits[0] for o in outputs])
    positions = torch.randperm(len(logits), generator=generator)[:9].sort().values
    targets = torch.randint(0, logits.shape[1], positions.shape, generator=generator)
    batch["positions"], batch["targets"] = positions.float(), targets.float()
    return functional.cross_entropy(logits[positions], targets)


def tokens(outputs, batch, generator):
    logits = torch.cat([o.logits[0] for o in outputs])
    labels = torch.randint(-1, logits.shape[1], (len(logits),), generator=generator)
    batch["labels"] = labels.float()
    return functional.cross_entropy(logits, labels, ignore_index=-1)


def texts(outputs, batch, generator):
    logits = torch.cat([o.logits for o in outputs])
    labels = torch.randint(0, logits.shape[1], (len(logits),), generator=generator)
    batch["labels"] = labels.float()
    return functional.cross_entropy(logits, labels)


def numbers(loss):
    def compute(outputs, batch, generator):
        logits = torch.cat([o.logits for o in outputs])
        batch["targets"] = torch.rand(logits.shape, generator=generator)
        return loss(logits, batch["targets"].double())

    return compute


def answers(outputs, batch, generator):
    ends = [[int(torch.randint(0, n, (1,), generator=generator)) for _ in "fl"] for n in LENGTHS]
    batch["targets"] = torch.tensor(ends).float()
    losses = []
    for output, (first, last) in zip(outputs, ends):
        losses.append(functional.cross_entropy(output.start_logits, torch.tensor([first])))
        losses.append(functional.cross_entropy(output.end_logits, torch.tensor([last])))
    return torch.stack(losses).mean()


def pairs(vectors, batch, generator):
    """sentence-transformers' MultipleNegativesSymmetricRankingLoss, without equal texts."""
    anchors, candidates = vectors[:PAIRS], vectors[PAIRS:]
    scores = SCALE * functional.cosine_similarity(anchors[:, None], candidates[None], dim=2)
    numbers = torch.tensor(PAIR_TEXTS)
    batch["texts"] = numbers.float()
    equal = numbers[:PAIRS, None] == numbers[None]
    equal.fill_diagonal_(False)
    scores = scores.masked_fill(equal, -torch.inf)
    right = torch.arange(PAIRS)
    forward = functional.cross_entropy(scores, right)
    backward = functional.cross_entropy(scores[:, :PAIRS].T, right)
    return (forward + backward) / 2


def teacher(vectors, batch, generator):
    batch["teacher"] = torch.randn(vectors.shape, generator=generator)
    return functional.mse_loss(vectors, batch["teacher"].double())


VECTOR_CASES = {
    # All poolings beside one another, not normalised.
    "st_concat": (pairs, PAIR_LENGTHS, 0),
    # A mean, tanh of a dense layer, a projection to so many dimensions, normalised.
    "st_dense": (teacher, LENGTHS, 24),
}

CASES = {
    "gelu_new": ("AutoModel", states),
    "silu": ("AutoModel", states),
    "st_mean": ("AutoModel", states),
    "mlm_cased": ("AutoModelForMaskedLM", masked),
    "mlm_untied": ("AutoModelForMaskedLM", masked),
    "distilbert_mlm": ("AutoModelForMaskedLM", masked),
    "distilbert_ner": ("AutoModelForTokenClassification", tokens),
    "token_cls": ("AutoModelForTokenClassification", tokens),
    "relations": ("AutoModelForSequenceClassification", texts),
    "distilbert_text": ("AutoModelForSequenceClassification", texts),
    "multi_label": (
        "AutoModelForSequenceClassification",
        numbers(functional.binary_cross_entropy_with_logits),
    ),
    "regression": ("AutoModelForSequenceClassification", numbers(functional.mse_loss)),
    "qa": ("AutoModelForQuestionAnswering", answers),
}


def random_tokens(config, generator, lengths=LENGTHS):
    count = sum(lengths)
    ids = torch.randint(0, config.vocab_size, (count,), generator=generator)
    kinds = getattr(config, "type_vocab_size", 1)
    types = torch.randint(0, kinds, (count,), generator=generator)
    return ids, types


def run(model, ids, types):
    outputs, first = [], 0
    for length in LENGTHS:
        text = {"input_ids": ids[None, first : first + length]}
        if model.config.model_type == "bert":
            text["token_type_ids"] = types[None, first : first + length]
        outputs.append(model(**text))
        first += length
    return outputs


def gradients(name, kind, loss_of):
    generator = torch.Generator().manual_seed(7)
    model = getattr(transformers, kind).from_pretrained(HERE / "models" / name).double().eval()
    ids, types = random_tokens(model.config, generator)
    batch = {"ids": ids.float(), "types": types.float(), "lengths": torch.tensor(LENGTHS).float()}
    loss = loss_of(run(model, ids, types), batch, generator)
    loss.backward()
    batch["loss"] = loss.detach().float()[None]
    tensors = {n: p.grad.float() for n, p in model.named_parameters() if p.grad is not None}
    tensors.update({f"batch.{n}": t for n, t in batch.items()})
    path = HERE / "gradients" / f"{name}.safetensors"
    save_file({n: t.contiguous() for n, t in tensors.items()}, path)


def project(modules, width, batch, generator):
    """Adds a dense layer before the last normalising."""
    dense = Dense(modules[-2].out_features, width, activation_function=torch.nn.Identity())
    for name in ("weight", "bias"):
        values = torch.randn(getattr(dense.linear, name).shape, generator=generator)
        getattr(dense.linear, name).data = values.double()
        batch[f"projection.{name}"] = values
    modules.insert(-1, dense.double())


def sentence_vectors(modules, ids, types, lengths):
    vectors, first = [], 0
    for length in lengths:
        features = {
            "input_ids": ids[None, first : first + length],
            "token_type_ids": types[None, first : first + length],
            "attention_mask": torch.ones(1, length, dtype=torch.long),
        }
        for module in modules:
            features = module(features)
        vectors.append(features["sentence_embedding"])
        first += length
    return torch.cat(vectors)


def dense_gradients(modules):
    """By the names of the folder that sentence-transformers writes."""
    return {
        f"{place}_Dense.{name}": parameter.grad.float()
        for place, module in enumerate(modules)
        if isinstance(module, Dense)
        for name, parameter in module.named_parameters()
    }


def vector_gradients(name, loss_of, lengths, projection):
    generator = torch.Generator().manual_seed(7)
    model = SentenceTransformer(str(HERE / "models" / name), device="cpu").double().eval()
    modules, encoder = list(model), model[0].auto_model
    ids, types = random_tokens(encoder.config, generator, lengths)
    batch = {"ids": ids.float(), "types": types.float(), "lengths": torch.tensor(lengths).float()}
    if projection:
        project(modules, projection, batch, generator)
    vectors = sentence_vectors(modules, ids, types, lengths)
    batch["vectors"] = vectors.detach().float()
    loss = loss_of(vectors, batch, generator)
    loss.backward()
    batch["loss"] = loss.detach().float()[None]
    tensors = {n: p.grad.float() for n, p in encoder.named_parameters() if p.grad is not None}
    tensors.update(dense_gradients(modules))
    tensors.update({f"batch.{n}": t for n, t in batch.items()})
    path = HERE / "gradients" / f"{name}.safetensors"
    save_file({n: t.contiguous() for n, t in tensors.items()}, path)


if __name__ == "__main__":
    (HERE / "gradients").mkdir(exist_ok=True)
    for case, (kind, loss_of) in CASES.items():
        gradients(case, kind, loss_of)
    for case, (loss_of, lengths, projection) in VECTOR_CASES.items():
        vector_gradients(case, loss_of, lengths, projection)
