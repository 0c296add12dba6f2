"""How the PyTorch generators run and check a model of torch_models.py: one window, and ten steps of training.

Forward, losses and states against numpy_models.py, gradients against central differences of it, clipping and
optimiser against numpy_optimizers.py.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

import golden_file as golden
from golden_file import Arrays, Rows
from numpy_models import Model
from numpy_optimizers import Optimizer, Recipe, clipped
from torch_models import LanguageModel, detach, mean_loss
from torch_optimizers import clip, make_optimizer

# As in pytorch.py: about twice the usual bound, so that gates leave the straight part of their functions.
WEIGHT_BOUND = 2.0
# What PyTorch's own float32 run of the ten steps may differ by, as a share of the largest value or of 1: more means
# that some step is ill conditioned (a layer norm over nearly equal values, say), and another seed is needed.
SINGLE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Case:
    """One golden file. `config` has mynah's option names; what it leaves out has mynah's default."""

    name: str
    config: dict[str, object]
    seed: int = 0
    clip_norm: float = 0.5
    recipe: Recipe = field(default_factory=Recipe)

    @property
    def condition_size(self) -> int:
        """C, or 0."""
        return self.config.get("conditionSize", 0)

    @property
    def starts_itself(self) -> bool:
        """Whether the model determines its initial state, so that the file gives none."""
        sets_state = self.condition_size and self.config.get("conditionMode") == "initial-state"
        return bool(sets_state) or self.config.get("trainInitialState", False) or self.config["cell"] == "transformer"


def set_up() -> None:
    """float64, one thread, no randomness of its own."""
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def inputs_of(case: Case) -> tuple[np.ndarray, np.ndarray, Arrays, np.ndarray | None, np.random.Generator]:
    """Tokens, targets, initial weights and condition [B, C] of a case, and the generator that goes on from there."""
    rng = np.random.default_rng(case.seed)
    tokens, targets = golden.make_windows(rng)
    initial = initial_values(LanguageModel(case.config, golden.VOCAB_SIZE), rng)
    condition = rng.standard_normal((golden.BATCH, case.condition_size)) if case.condition_size else None
    return tokens, targets, initial, condition, rng


def initial_values(model: nn.Module, rng: np.random.Generator) -> Arrays:
    """Random values for every parameter, biases and gains included, so that no term of an equation is missing."""
    values = {}
    for name, parameter in model.named_parameters():
        shape = tuple(parameter.shape)
        is_gain = "norm" in name and "norm_c_bias" not in name
        if name == "embedding.weight":
            values[name] = rng.standard_normal(shape)
        elif is_gain:
            values[name] = 1 + 0.3 * rng.standard_normal(shape)
        else:
            bound = WEIGHT_BOUND / np.sqrt(shape[-1])
            values[name] = rng.uniform(-bound, bound, shape)
    return values


def make_model(case: Case, values: Arrays, dtype: torch.dtype = torch.float64) -> LanguageModel:
    """The PyTorch model with these weights and with gradients of zero (not None, which optimisers would skip)."""
    model = LanguageModel(case.config, golden.VOCAB_SIZE)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in values.items()})
    model.to(dtype)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return model


def parameters_of(model: nn.Module) -> Arrays:
    """Copies of all parameters by name."""
    return {name: p.detach().numpy().copy() for name, p in model.named_parameters()}


def gradients_of(model: nn.Module) -> Arrays:
    """Copies of all gradients by parameter name."""
    return {name: p.grad.numpy().copy() for name, p in model.named_parameters()}


def in_file(name: str, mark: str) -> str:
    """`h_l0` -> `h0_l0` (mark "0": before the window) or `hn_l0` (mark "n": after it)."""
    part, _, layer = name.partition("_")
    return f"{part}{mark}_{layer}"


# --- one window ------------------------------------------------------------------------------------------------------


def random_state(case: Case, model: LanguageModel, rng: np.random.Generator) -> Arrays:
    """A state to start the single window from; empty where the model sets its own."""
    if case.starts_itself:
        return {}
    zero = model.initial_state(golden.BATCH)
    return {name: 0.5 * rng.standard_normal(value.shape) for name, value in zero.items()}


def single_window(
    model: LanguageModel, tokens: np.ndarray, targets: np.ndarray, state: Arrays, condition: np.ndarray | None
) -> Arrays:
    """Forward and backward over one window. `tokens`, `targets`: [T, B]; `condition`: [B, C]."""
    start = {name: torch.from_numpy(value).requires_grad_() for name, value in state.items()}
    given = None if condition is None else torch.from_numpy(condition)
    tokens, targets = torch.from_numpy(tokens), torch.from_numpy(targets)
    logits, hidden, last = model(tokens, start or None, given, targets)
    loss = mean_loss(logits, targets)
    model.zero_grad(set_to_none=False)
    loss.backward()
    found = {"logits": logits, "hidden": hidden, "loss": loss.reshape(1)}
    found |= {in_file(name, "0"): value for name, value in start.items()}
    found |= {"grad." + in_file(name, "0"): value.grad for name, value in start.items()}
    if model.options.cell != "transformer":
        found |= {in_file(name, "n"): value for name, value in last.items()}
    arrays = {name: tensor.detach().numpy().copy() for name, tensor in found.items()}
    return arrays | {f"grad.{name}": gradient for name, gradient in gradients_of(model).items()}


def check_single_window(
    case: Case, initial: Arrays, tokens: np.ndarray, targets: np.ndarray, found: Arrays, condition: np.ndarray | None
) -> None:
    """Forward against numpy_models, gradients (of parameters and initial states) against central differences of it."""
    point = {name: value.copy() for name, value in initial.items()}
    start = {name: value.copy() for name, value in found.items() if f"grad.{name}" in found and name not in initial}
    model = Model(case.config, point)

    def forward() -> tuple[np.ndarray, np.ndarray]:
        model.start(golden.BATCH, condition)
        model.state |= {name.replace("0_", "_"): value for name, value in start.items()}
        return model.forward(tokens, condition, targets)

    def loss() -> float:
        return golden.cross_entropy(forward()[0], targets)

    for name, expected in zip(("logits", "hidden"), forward()):
        golden.assert_close(name, found[name], expected, golden.EXACT_TOLERANCE)
    for name, value in model.state.items():
        if not name.endswith("_reverse"):
            golden.assert_close(name, found[in_file(name, "n")], value, golden.EXACT_TOLERANCE)
    golden.assert_close("loss", found["loss"], [loss()], golden.EXACT_TOLERANCE)
    for name, value in (point | start).items():
        gradient = golden.central_difference(loss, value)
        golden.assert_close(f"grad.{name}", found[f"grad.{name}"], gradient, golden.DIFFERENCE_TOLERANCE)


# --- ten steps -------------------------------------------------------------------------------------------------------


def ten_steps(
    model: LanguageModel, recipe: Recipe, tokens: np.ndarray, targets: np.ndarray, condition: np.ndarray | None
) -> tuple[Arrays, list[Arrays]]:
    """Trains over the windows in order, state carried and detached; also returns each step's unclipped gradients."""
    optimizer = make_optimizer(model, recipe)
    given = None if condition is None else torch.from_numpy(condition).to(model.linear.bias.dtype)
    carried, losses, norms, gradients = None, [], [], []
    for window_tokens, window_targets in zip(torch.from_numpy(tokens), torch.from_numpy(targets)):
        logits, _, carried = model(window_tokens, carried, given, window_targets)
        carried = None if model.options.cell == "transformer" else detach(carried)
        loss = mean_loss(logits, window_targets)
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        gradients.append(gradients_of(model))
        norms.append(clip(model, recipe))
        optimizer.step()
        losses.append(loss.item())
    after = {f"after.{name}": value for name, value in parameters_of(model).items()}
    return after | {"losses": np.array(losses), "norms": np.array(norms)}, gradients


def check_ten_steps(
    config: dict[str, object],
    recipe: Recipe,
    initial: Arrays,
    windows: list[Rows],
    condition: np.ndarray | None,
    found: Arrays,
    gradients: list[Arrays],
) -> float:
    """Repeats clipping and optimiser in numpy along PyTorch's gradients; losses and final parameters must agree.

    Returns the smallest sqrt(v^) + epsilon met on the way (see SMALLEST_DIVISOR).
    """
    p = {name: value.copy() for name, value in initial.items()}
    model, optimizer = Model(config, p), Optimizer(recipe, p)
    for step, (rows, raw) in enumerate(zip(windows, gradients)):
        if step == 0 or config["cell"] == "transformer":
            model.start(len(rows.lengths), condition)
        start_from_right(model, condition)
        loss = rows.cross_entropy(model.forward(rows.tokens, condition, rows.targets, rows.lengths)[0])
        scaled, norm = clipped(recipe, raw)
        golden.assert_close(f"losses[{step}]", found["losses"][step], loss, golden.EXACT_TOLERANCE)
        golden.assert_close(f"norms[{step}]", found["norms"][step], norm, golden.EXACT_TOLERANCE)
        optimizer.step(scaled)
    for name, value in p.items():
        golden.assert_close(f"after.{name}", found[f"after.{name}"], value, golden.EXACT_TOLERANCE)
    return optimizer.smallest_divisor


def check_in_single(
    case: Case,
    recipe: Recipe,
    initial: Arrays,
    windows: tuple[np.ndarray, np.ndarray],
    condition: np.ndarray | None,
    found: Arrays,
) -> float:
    """The same ten steps in float32 must end near; returns the largest difference."""
    single, _ = ten_steps(make_model(case, initial, torch.float32), recipe, *windows, condition)
    return max(golden.assert_close(f"{name} in float32", single[name], found[name], SINGLE_TOLERANCE) for name in found)


def start_from_right(model: Model, condition: np.ndarray | None) -> None:
    """Puts the second direction's state back to its start, which follows the weights; the first one's stays."""
    if model.option("bidirectional", False):
        kept = {name: value for name, value in model.state.items() if not name.endswith("_reverse")}
        model.start(len(next(iter(kept.values()))), condition)
        model.state |= kept
