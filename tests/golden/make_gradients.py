"""make_gradients.py - derivatives of small models' weights, by PyTorch's autograd in double
precision: tests/golden/gradients/NAME.safetensors.

The loss is the sum of the last hidden states times fixed numbers: it depends on all of them, and
is the same whatever task comes after. The batch is four texts of random tokens."""

import pathlib

import torch
from safetensors.torch import save_file
from transformers import AutoModel

HERE = pathlib.Path(__file__).parent
MODELS = ("gelu_new", "distilbert_ner", "silu", "st_mean")
LENGTHS = (1, 7, 33, 18)


def tokens(config, generator):
    count = sum(LENGTHS)
    ids = torch.randint(0, config.vocab_size, (count,), generator=generator)
    types = torch.randint(0, getattr(config, "type_vocab_size", 1) or 1, (count,), generator=generator)
    return ids, types


def states_of(model, ids, types):
    states, first = [], 0
    for length in LENGTHS:
        text = {"input_ids": ids[None, first : first + length]}
        if model.config.model_type == "bert":
            text["token_type_ids"] = types[None, first : first + length]
        states.append(model(**text).last_hidden_state[0])
        first += length
    return torch.cat(states)


def gradients(name):
    generator = torch.Generator().manual_seed(7)
    model = AutoModel.from_pretrained(HERE / "models" / name).double().eval()
    ids, types = tokens(model.config, generator)
    states = states_of(model, ids, types)
    loss_by_states = torch.randn(states.shape, generator=generator, dtype=torch.float64)
    # What the C side is given must be what autograd was given.
    loss_by_states = loss_by_states.float().double()
    (states * loss_by_states).sum().backward()
    tensors = {n: p.grad.float() for n, p in model.named_parameters() if p.grad is not None}
    tensors["batch.ids"] = ids.float()
    tensors["batch.types"] = types.float()
    tensors["batch.lengths"] = torch.tensor(LENGTHS).float()
    tensors["batch.states"] = states.detach().float()
    tensors["batch.loss_by_states"] = loss_by_states.float()
    save_file({n: t.contiguous() for n, t in tensors.items()}, HERE / "gradients" / f"{name}.safetensors")


if __name__ == "__main__":
    (HERE / "gradients").mkdir(exist_ok=True)
    for name in MODELS:
        gradients(name)
