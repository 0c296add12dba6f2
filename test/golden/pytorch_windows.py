"""Writes pytorch-masked-NAME.safetensors, padded rows of several lengths, and pytorch-zoneout-NAME.safetensors.

Single windows in float64, without optimiser steps. Masked: nn.LSTM and nn.GRU over pack_padded_sequence; two directions
row by row without padding. Zoneout: the expectation, as inference has it; forward alone. Checked as in
pytorch_variants.py against numpy_models.py, which pads and masks. README.md lists the tensors.

Run: python test/golden/pytorch_windows.py
"""

import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import golden_file as golden
import pytorch_runs as runs
import pytorch_variants as variants
from golden_file import Arrays
from numpy_models import Model
from pytorch_runs import Case, in_file
from pytorch_variants import plain
from torch_models import LanguageModel, State

SEQ_LEN = 7
# One row that fills the window and one of a single token are among them.
LENGTHS = np.array([7, 3, 5, 1])
IGNORED = -100

MASKED = [
    Case("masked-lstm", plain("lstm", 6), seed=1),
    Case("masked-gru", plain("gru", 6, **variants.AFTER), seed=2),
    Case("masked-lstm-2-layers", plain("lstm", 5, 2), seed=3),
    Case("masked-lstm-bidirectional", plain("lstm", 5, bidirectional=True), seed=4),
]
ZONEOUT = [
    Case("zoneout-lstm", plain("lstm", 6, zoneout=0.1, zoneoutCell=0.3), seed=5),
    Case("zoneout-gru", plain("gru", 6, zoneout=0.2, **variants.AFTER), seed=6),
]


class PackedModel(nn.Module):
    """Embedding -> nn.LSTM or nn.GRU over packed rows -> Linear, with the parameter names of a mynah file."""

    def __init__(self, config: dict[str, object]) -> None:
        super().__init__()
        sizes = (config["embeddingSize"], config["hiddenSize"], config["numLayers"])
        self.embedding = nn.Embedding(golden.VOCAB_SIZE, config["embeddingSize"])
        self.rnn = {"lstm": nn.LSTM, "gru": nn.GRU}[config["cell"]](*sizes)
        self.linear = nn.Linear(config["hiddenSize"], golden.VOCAB_SIZE)

    def forward(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, torch.Tensor, State]:
        """`tokens`: [T, B]; returns logits and hidden, zero after a row's end, and the states at the rows' ends."""
        layers = range(self.rnn.num_layers)
        parts = [part for part in ("h", "c") if f"{part}_l0" in state]
        start = tuple(torch.stack([state[f"{part}_l{k}"] for k in layers]) for part in parts)
        packed = pack_padded_sequence(self.embedding(tokens), torch.from_numpy(LENGTHS), enforce_sorted=False)
        outputs, last = self.rnn(packed, start if len(parts) == 2 else start[0])
        hidden, _ = pad_packed_sequence(outputs, total_length=len(tokens))
        last = last if len(parts) == 2 else (last,)
        state = {f"{part}_l{k}": value[k] for part, value in zip(parts, last) for k in layers}
        return valid_rows(self.linear(hidden)), hidden, state


class RowByRow(LanguageModel):
    """Each row alone and without padding."""

    def forward(
        self, tokens: torch.Tensor, state: State, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, State]:
        """As PackedModel's; `targets` [T, B] is what the second direction reads."""
        rows, states = [], []
        for b, length in enumerate(LENGTHS):
            own = {name: value[b : b + 1] for name, value in state.items()}
            column = slice(b, b + 1)
            logits, hidden, last = super().forward(tokens[:length, column], own, None, targets[:length, column])
            rows.append([functional.pad(x[:, 0], (0, 0, 0, len(tokens) - length)) for x in (logits, hidden)])
            states.append(last)
        logits, hidden = (torch.stack(part, dim=1) for part in zip(*rows))
        return logits, hidden, {name: torch.cat([last[name] for last in states]) for name in state}


def valid() -> np.ndarray:
    """Which cells of [T, B] hold a token."""
    return np.arange(SEQ_LEN)[:, None] < LENGTHS


def valid_rows(values: torch.Tensor) -> torch.Tensor:
    """`values` [T, B, n] with zero after each row's end."""
    return torch.where(torch.from_numpy(valid())[:, :, None], values, 0.0)


def make_rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and targets [T, B] like golden.make_windows; 0 after each row's end."""
    steps = rng.integers(1, 4, size=(SEQ_LEN + 1, len(LENGTHS)))
    stream = np.cumsum(steps, axis=0) % golden.VOCAB_SIZE
    tokens, targets = (np.where(valid(), part, 0).astype(np.int64) for part in (stream[:-1], stream[1:]))
    return tokens, targets


def masked_loss(logits: np.ndarray, targets: np.ndarray) -> float:
    """Mean cross-entropy over the valid cells, in nats."""
    return golden.cross_entropy(logits[valid()][None], targets[valid()][None])


def run_masked(case: Case, initial: Arrays, tokens: np.ndarray, targets: np.ndarray, state: Arrays) -> Arrays:
    """Forward and backward in PyTorch."""
    bidirectional = case.config.get("bidirectional", False)
    model = RowByRow(case.config, golden.VOCAB_SIZE) if bidirectional else PackedModel(case.config)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in initial.items()})
    start = {name: torch.from_numpy(value).requires_grad_() for name, value in state.items()}
    given = torch.from_numpy(tokens), start
    logits, hidden, last = model(*given, torch.from_numpy(targets)) if bidirectional else model(*given)
    counted = torch.from_numpy(np.where(valid(), targets, IGNORED))
    loss = functional.cross_entropy(logits.flatten(0, 1), counted.flatten(), ignore_index=IGNORED)
    loss.backward()
    found = {"logits": logits, "hidden": hidden, "loss": loss.reshape(1)}
    found |= {in_file(name, "0"): value for name, value in start.items()}
    found |= {"grad." + in_file(name, "0"): value.grad for name, value in start.items()}
    found |= {in_file(name, "n"): value for name, value in last.items()}
    arrays = {name: tensor.detach().numpy().copy() for name, tensor in found.items()}
    return arrays | {f"grad.{name}": gradient for name, gradient in runs.gradients_of(model).items()}


def check_masked(
    case: Case, initial: Arrays, tokens: np.ndarray, targets: np.ndarray, state: Arrays, found: Arrays
) -> None:
    """Forward against numpy_models with padding and a mask, gradients against central differences of it."""
    point = {name: value.copy() for name, value in initial.items()}
    start = {name: value.copy() for name, value in state.items()}
    model = Model(case.config, point)

    def forward() -> tuple[np.ndarray, np.ndarray]:
        model.start(len(LENGTHS))
        model.state |= start
        # Nothing may depend on what stands after a row's end.
        padded_tokens, padded_targets = (np.where(valid(), part, 9) for part in (tokens, targets))
        return model.forward(padded_tokens, None, padded_targets, LENGTHS)

    def loss() -> float:
        return masked_loss(forward()[0], targets)

    for name, expected in zip(("logits", "hidden"), forward()):
        golden.assert_close(name, found[name][valid()], expected[valid()], golden.EXACT_TOLERANCE)
        assert not found[name][~valid()].any(), f"{name} after a row's end"
    for name in state:
        golden.assert_close(name, found[in_file(name, "n")], model.state[name], golden.EXACT_TOLERANCE)
    golden.assert_close("loss", found["loss"], [loss()], golden.EXACT_TOLERANCE)
    named = {name: (name, value) for name, value in point.items()}
    named |= {name: (in_file(name, "0"), value) for name, value in start.items()}
    for name, value in named.values():
        gradient = golden.central_difference(loss, value)
        golden.assert_close(f"grad.{name}", found[f"grad.{name}"], gradient, golden.DIFFERENCE_TOLERANCE)


def masked(case: Case) -> Arrays:
    """All tensors of a masked file, checked."""
    rng = np.random.default_rng(case.seed)
    tokens, targets = make_rows(rng)
    model = LanguageModel(case.config, golden.VOCAB_SIZE)
    initial = runs.initial_values(model, rng)
    zero = model.initial_state(len(LENGTHS))
    state = {name: 0.5 * rng.standard_normal(value.shape) for name, value in zero.items()}
    found = run_masked(case, initial, tokens, targets, state)
    check_masked(case, initial, tokens, targets, state, found)
    tensors = {f"initial.{name}": value for name, value in initial.items()} | found
    return tensors | {"tokens": tokens[None], "targets": targets[None], "lengths": LENGTHS}


def zoneout(case: Case) -> Arrays:
    """All tensors of a zoneout file, checked: forward from a random state."""
    tokens, targets, initial, _, rng = runs.inputs_of(case)
    model = runs.make_model(case, initial)
    state = runs.random_state(case, model, rng)
    with torch.no_grad():
        given = {name: torch.from_numpy(value) for name, value in state.items()}
        logits, hidden, last = model(torch.from_numpy(tokens[0]), given)
    found = {"logits": logits, "hidden": hidden} | {in_file(name, "n"): value for name, value in last.items()}
    found = {name: value.numpy().copy() for name, value in found.items()}
    oracle = Model(case.config, initial)
    oracle.start(golden.BATCH)
    oracle.state |= state
    for name, expected in zip(("logits", "hidden"), oracle.forward(tokens[0])):
        golden.assert_close(name, found[name], expected, golden.EXACT_TOLERANCE)
    for name, expected in oracle.state.items():
        golden.assert_close(name, found[in_file(name, "n")], expected, golden.EXACT_TOLERANCE)
    found["loss"] = np.array([golden.cross_entropy(found["logits"], targets[0])])
    found |= {in_file(name, "0"): value for name, value in state.items()}
    tensors = {f"initial.{name}": value for name, value in initial.items()} | found
    return tensors | {"tokens": tokens[:1], "targets": targets[:1]}


def metadata(case: Case) -> dict[str, str]:
    """The strings of `__metadata__`."""
    return {
        "generator": "test/golden/pytorch_windows.py",
        "python": golden.platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "seed": str(case.seed),
        "cell": case.config["cell"],
        "config": json.dumps(case.config),
    }


def main() -> None:
    """Writes every case."""
    runs.set_up()
    for case in [*MASKED, *ZONEOUT]:
        tensors = masked(case) if case in MASKED else zoneout(case)
        path = golden.FOLDER / f"pytorch-{case.name}.safetensors"
        golden.write_safetensors(path, tensors, metadata(case))
        print(f"{path.name}: {path.stat().st_size} bytes, loss {tensors['loss'][0]:.3f}")


if __name__ == "__main__":
    main()
