"""Writes pytorch-masked-NAME.safetensors, padded rows of several lengths, and pytorch-zoneout-NAME.safetensors.

float64. Masked: nn.LSTM and nn.GRU over pack_padded_sequence; two directions row by row without padding; a single window,
and ten steps of Adam. Zoneout: a single window as inference has it, the expectation; forward alone. Checked as in
pytorch_variants.py against numpy_models.py, which pads and masks. README.md lists the tensors.

Run: python test/golden/pytorch_windows.py; with --search it prints seeds that pass all checks instead
"""

import json
import sys
from dataclasses import replace

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import golden_file as golden
import pytorch_runs as runs
import pytorch_variants as variants
from golden_file import Arrays, Rows
from numpy_models import Model
from numpy_optimizers import Recipe
from pytorch_runs import Case, in_file
from pytorch_variants import plain
from torch_models import LanguageModel, State, detach
from torch_optimizers import clip, make_optimizer

SEQ_LEN = 7
# Of the rows of a window, in every order. One that fills it and one of a single token are among them.
LENGTHS = np.array([7, 3, 5, 1])
IGNORED = -100

MASKED = [
    Case("masked-lstm", plain("lstm", 6), seed=4, clip_norm=0.363),
    Case("masked-gru", plain("gru", 6, **variants.AFTER), seed=1, clip_norm=0.612),
    Case("masked-lstm-2-layers", plain("lstm", 5, 2), seed=107, clip_norm=0.326),
    Case("masked-lstm-bidirectional", plain("lstm", 5, bidirectional=True), seed=10, clip_norm=0.375),
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

    def forward(self, rows: Rows, state: State) -> tuple[torch.Tensor, torch.Tensor, State]:
        """Logits and hidden, zero after a row's end, and the states at the rows' ends."""
        layers = range(self.rnn.num_layers)
        parts = [part for part in ("h", "c") if f"{part}_l0" in state]
        start = tuple(torch.stack([state[f"{part}_l{k}"] for k in layers]) for part in parts)
        embedded = self.embedding(torch.from_numpy(rows.tokens))
        packed = pack_padded_sequence(embedded, torch.from_numpy(rows.lengths), enforce_sorted=False)
        outputs, last = self.rnn(packed, start if len(parts) == 2 else start[0])
        hidden, _ = pad_packed_sequence(outputs, total_length=SEQ_LEN)
        last = last if len(parts) == 2 else (last,)
        state = {f"{part}_l{k}": value[k] for part, value in zip(parts, last) for k in layers}
        logits = torch.where(torch.from_numpy(rows.valid)[:, :, None], self.linear(hidden), 0.0)
        return logits, hidden, state


class RowByRow(LanguageModel):
    """Each row alone and without padding."""

    def forward(self, rows: Rows, state: State) -> tuple[torch.Tensor, torch.Tensor, State]:
        """As PackedModel's. The second direction reads the targets."""
        tokens, targets = torch.from_numpy(rows.tokens), torch.from_numpy(rows.targets)
        outputs, states = [], []
        for b, length in enumerate(rows.lengths):
            own = {name: value[b : b + 1] for name, value in state.items()}
            column = slice(b, b + 1)
            logits, hidden, last = super().forward(tokens[:length, column], own, None, targets[:length, column])
            outputs.append([functional.pad(x[:, 0], (0, 0, 0, SEQ_LEN - length)) for x in (logits, hidden)])
            states.append(last)
        logits, hidden = (torch.stack(part, dim=1) for part in zip(*outputs))
        return logits, hidden, {name: torch.cat([last[name] for last in states]) for name in state}


def make_rows(rng: np.random.Generator, lengths: np.ndarray) -> Rows:
    """Tokens and targets like golden.make_windows's, of rows of these lengths."""
    steps = rng.integers(1, 4, size=(SEQ_LEN + 1, len(lengths)))
    return golden.padded(np.cumsum(steps, axis=0) % golden.VOCAB_SIZE, lengths)


def mean_loss(logits: torch.Tensor, rows: Rows) -> torch.Tensor:
    """Mean cross-entropy over the cells that hold a token, in nats. `logits`: [T, B, V]."""
    counted = torch.from_numpy(np.where(rows.valid, rows.targets, IGNORED))
    return functional.cross_entropy(logits.flatten(0, 1), counted.flatten(), ignore_index=IGNORED)


def make_model(case: Case, initial: Arrays, dtype: torch.dtype = torch.float64) -> PackedModel | RowByRow:
    """The model in PyTorch with these weights."""
    bidirectional = case.config.get("bidirectional", False)
    model = RowByRow(case.config, golden.VOCAB_SIZE) if bidirectional else PackedModel(case.config)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in initial.items()})
    return model.to(dtype)


def run_masked(model: PackedModel | RowByRow, rows: Rows, state: Arrays) -> Arrays:
    """Forward and backward in PyTorch."""
    start = {name: torch.from_numpy(value).requires_grad_() for name, value in state.items()}
    logits, hidden, last = model(rows, start)
    loss = mean_loss(logits, rows)
    loss.backward()
    found = {"logits": logits, "hidden": hidden, "loss": loss.reshape(1)}
    found |= {in_file(name, "0"): value for name, value in start.items()}
    found |= {"grad." + in_file(name, "0"): value.grad for name, value in start.items()}
    found |= {in_file(name, "n"): value for name, value in last.items()}
    arrays = {name: tensor.detach().numpy().copy() for name, tensor in found.items()}
    return arrays | {f"grad.{name}": gradient for name, gradient in runs.gradients_of(model).items()}


def forward_in_numpy(model: Model, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Logits and hidden from the model's state on. Nothing may depend on what stands after a row's end."""
    tokens, targets = (np.where(rows.valid, part, 9) for part in (rows.tokens, rows.targets))
    return model.forward(tokens, None, targets, rows.lengths)


def check_masked(case: Case, initial: Arrays, rows: Rows, state: Arrays, found: Arrays) -> None:
    """Forward against numpy_models with padding and a mask, gradients against central differences of it."""
    point = {name: value.copy() for name, value in initial.items()}
    start = {name: value.copy() for name, value in state.items()}
    model, valid = Model(case.config, point), rows.valid

    def forward() -> tuple[np.ndarray, np.ndarray]:
        model.start(len(rows.lengths))
        model.state |= start
        return forward_in_numpy(model, rows)

    def loss() -> float:
        return rows.cross_entropy(forward()[0])

    for name, expected in zip(("logits", "hidden"), forward()):
        golden.assert_close(name, found[name][valid], expected[valid], golden.EXACT_TOLERANCE)
        assert not found[name][~valid].any(), f"{name} after a row's end"
    for name in state:
        golden.assert_close(name, found[in_file(name, "n")], model.state[name], golden.EXACT_TOLERANCE)
    golden.assert_close("loss", found["loss"], [loss()], golden.EXACT_TOLERANCE)
    named = {name: (name, value) for name, value in point.items()}
    named |= {name: (in_file(name, "0"), value) for name, value in start.items()}
    for name, value in named.values():
        gradient = golden.central_difference(loss, value)
        golden.assert_close(f"grad.{name}", found[f"grad.{name}"], gradient, golden.DIFFERENCE_TOLERANCE)


def ten_steps(
    model: PackedModel | RowByRow, recipe: Recipe, windows: list[Rows], zero: State
) -> tuple[Arrays, list[Arrays]]:
    """Trains over the windows in order, the states at the rows' ends carried; also each step's unclipped gradients."""
    optimizer = make_optimizer(model, recipe)
    dtype = model.linear.bias.dtype
    state = {name: value.to(dtype) for name, value in zero.items()}
    losses, norms, gradients = [], [], []
    for rows in windows:
        logits, _, last = model(rows, state)
        state = detach(last)
        loss = mean_loss(logits, rows)
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        gradients.append(runs.gradients_of(model))
        norms.append(clip(model, recipe))
        optimizer.step()
        losses.append(loss.item())
    after = {f"after.{name}": value for name, value in runs.parameters_of(model).items()}
    return after | {"losses": np.array(losses), "norms": np.array(norms)}, gradients


def masked_steps(case: Case, initial: Arrays, windows: list[Rows], zero: State) -> Arrays:
    """Ten steps of a case: checked in numpy, near in float32, some of them clipped, none ill conditioned."""
    recipe = recipe_of(case)
    found, gradients = ten_steps(make_model(case, initial), recipe, windows, zero)
    smallest = runs.check_ten_steps(case.config, recipe, initial, windows, None, found, gradients)
    golden.assert_not_below(smallest, variants.SMALLEST_DIVISOR)
    golden.assert_really_clips(found["norms"], case.clip_norm)
    single, _ = ten_steps(make_model(case, initial, torch.float32), recipe, windows, zero)
    for name, value in found.items():
        golden.assert_close(f"{name} in float32", single[name], value, runs.SINGLE_TOLERANCE)
    return found | golden.stacked(windows)


def recipe_of(case: Case) -> Recipe:
    """The case's, with its norm to clip at."""
    return replace(case.recipe, clip_norm=case.clip_norm)


def inputs_of(case: Case) -> tuple[list[Rows], Arrays, State, np.random.Generator]:
    """Ten windows, initial weights and a zero state of a masked case, and the generator that goes on from there."""
    rng = np.random.default_rng(case.seed)
    windows = [make_rows(rng, rng.permutation(LENGTHS)) for _ in range(golden.WINDOWS)]
    model = LanguageModel(case.config, golden.VOCAB_SIZE)
    return windows, runs.initial_values(model, rng), model.initial_state(len(LENGTHS)), rng


def masked(case: Case) -> Arrays:
    """All tensors of a masked file, checked."""
    windows, initial, zero, rng = inputs_of(case)
    state = {name: 0.5 * rng.standard_normal(value.shape) for name, value in zero.items()}
    found = run_masked(make_model(case, initial), windows[0], state)
    check_masked(case, initial, windows[0], state, found)
    found |= masked_steps(case, initial, windows, zero)
    return found | {f"initial.{name}": value for name, value in initial.items()}


def search(case: Case) -> tuple[int, float]:
    """The first seed whose ten steps pass their checks, and the norm to clip at."""
    for seed in range(1, 300):
        windows, initial, zero, _ = inputs_of(replace(case, seed=seed))
        whole, _ = ten_steps(make_model(case, initial), case.recipe, windows, zero)
        limit = variants.widest_gap(whole["norms"])
        if variants.holds(masked_steps, replace(case, clip_norm=limit), initial, windows, zero):
            return seed, limit
    raise SystemExit(f"no seed for {case.name}")


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
    } | ({"train": json.dumps(recipe_of(case).options())} if case in MASKED else {})


def main() -> None:
    """Writes every case, or with --search prints a seed and a norm to clip at for the masked ones."""
    runs.set_up()
    if "--search" in sys.argv:
        for case in MASKED:
            print(case.name, *search(case), flush=True)
        return
    for case in [*MASKED, *ZONEOUT]:
        tensors = masked(case) if case in MASKED else zoneout(case)
        path = golden.FOLDER / f"pytorch-{case.name}.safetensors"
        golden.write_safetensors(path, tensors, metadata(case))
        print(f"{path.name}: {path.stat().st_size} bytes, loss {tensors['loss'][0]:.3f}")


if __name__ == "__main__":
    main()
