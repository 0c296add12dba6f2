"""Writes pytorch-NAME.safetensors for what goes beyond plain stacks: layer norm, residual and unequal layers, two
directions, minGRU and minLSTM, blocks, Transformer, tied and factorised output, learned initial states, conditions.

Everything in float64 on one thread from a fixed seed. The models are those of torch_models.py; README.md lists the
tensors. Before a file is written its numbers are checked against numpy_models.py: forward and losses directly,
gradients by central differences, clipping and optimiser by numpy_optimizers.py.

Run: python test/golden/pytorch_variants.py [NAME ...]; with --search it prints a seed and a norm to clip at instead.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch

import golden_file as golden
from golden_file import Arrays
from numpy_models import Model
from numpy_optimizers import Optimizer, Recipe, clipped
from pytorch_runs import (
    Case,
    check_in_single,
    check_single_window,
    check_ten_steps,
    inputs_of,
    make_model,
    parameters_of,
    random_state,
    set_up,
    single_window,
    ten_steps,
)
from torch_models import LanguageModel

# As in pytorch.py: above this limit PyTorch's own float32 run ends near the file (README.md). Seeds are chosen so.
SMALLEST_DIVISOR = 5e-6
# Length of the one long window that shows a Transformer's sliding cache, in windows of SEQ_LEN.
SLIDING_WINDOWS = 3


def plain(cell: str, hidden: int | list[int], layers: int = 1, **more: object) -> dict[str, object]:
    """The config of a plain stack over an embedding of five."""
    return {"cell": cell, "hiddenSize": hidden, "numLayers": layers, "embeddingSize": golden.EMBEDDING_SIZE} | more


def deep(cell: str, width: int, **more: object) -> dict[str, object]:
    """The config of two blocks; the embedding is as wide as they are."""
    return {"cell": cell, "hiddenSize": width, "numLayers": 2, "embeddingSize": width} | more


# Among nearly a thousand parameters of two stacks some gradient is always tiny; with this epsilon it does not matter.
LARGE_EPSILON = Recipe(epsilon=1e-5)
AFTER, BEFORE = {"resetAfter": True}, {"resetAfter": False}
BLOCK = {"block": True, "expansion": 1.5, "mlpFactor": 2}
TRANSFORMER = {"numHeads": 2, "contextLength": 7}
CONDITION = {"conditionSize": 4}
CASES = [
    Case("layer-norm-rnn", plain("rnn", 6, activation="tanh", layerNorm=True), seed=1, clip_norm=0.795),
    Case("layer-norm-gru", plain("gru", 6, layerNorm=True, **AFTER), seed=1, clip_norm=0.728),
    Case("layer-norm-gru-reset-before", plain("gru", 6, layerNorm=True, **BEFORE), seed=4, clip_norm=1.157),
    Case("layer-norm-lstm", plain("lstm", 6, layerNorm=True), seed=4, clip_norm=0.463),
    Case("lstm-7-5", plain("lstm", [7, 5], 2), seed=85, clip_norm=0.344),
    Case("gru-3-layers-residual", plain("gru", 5, 3, residual=True, **AFTER), seed=1, clip_norm=0.911),
    Case("min-gru", plain("min-gru", 7), seed=1, clip_norm=1.333),
    Case("min-lstm", plain("min-lstm", 7), seed=1, clip_norm=0.65),
    Case("block-min-gru", deep("min-gru", 7, **BLOCK), seed=1, clip_norm=2.631),
    Case("block-min-lstm", deep("min-lstm", 7, **BLOCK), seed=3, clip_norm=1.485),
    Case("block-gru", deep("gru", 5, **BLOCK, **AFTER), seed=6, clip_norm=0.79),
    Case("transformer", deep("transformer", 8, mlpFactor=4, tieWeights=False, **TRANSFORMER), seed=1, clip_norm=2.523),
    Case(
        "transformer-tied",
        deep("transformer", 12, mlpFactor=0.75, tieWeights=True, **TRANSFORMER),
        seed=2,
        clip_norm=6.752,
    ),
    Case("lstm-bidirectional", plain("lstm", 5, bidirectional=True), seed=3, clip_norm=0.384),
    Case(
        "lstm-2-layers-bidirectional",
        plain("lstm", 5, 2, bidirectional=True),
        seed=1,
        clip_norm=0.301,
        recipe=LARGE_EPSILON,
    ),
    Case("lstm-tied", plain("lstm", 7, tieWeights=True), seed=1, clip_norm=0.577),
    Case("lstm-factorised", plain("lstm", 7, tieWeights=False, projectionSize=3), seed=3, clip_norm=0.439),
    Case("gru-reset-before", plain("gru", 6, **BEFORE), seed=2, clip_norm=0.618),
    Case("lstm-initial-state", plain("lstm", 5, 2, trainInitialState=True), seed=2, clip_norm=0.426),
    Case(
        "lstm-condition-initial-state",
        plain("lstm", 6, conditionMode="initial-state", **CONDITION),
        seed=2,
        clip_norm=0.294,
    ),
    Case("lstm-condition-bias", plain("lstm", 6, conditionMode="bias", **CONDITION), seed=4, clip_norm=0.387),
    Case("lstm-condition-film", plain("lstm", 5, 2, conditionMode="film", **CONDITION), seed=6, clip_norm=1.327),
]


# --- what single kinds have besides ----------------------------------------------------------------------------------


def sliding(case: Case, model: LanguageModel, tokens: np.ndarray) -> Arrays:
    """Logits of a Transformer over several windows in one: each token sees the last contextLength, itself included."""
    long = tokens[:SLIDING_WINDOWS].reshape(-1, golden.BATCH)
    with torch.no_grad():
        whole = model(torch.from_numpy(long))[0].numpy()
        state, parts = None, []
        for part in np.array_split(long, 4):
            logits, _, state = model(torch.from_numpy(part), state)
            parts.append(logits.numpy())
    golden.assert_close("sliding logits in parts", np.concatenate(parts), whole, golden.EXACT_TOLERANCE)
    oracle = Model(case.config, parameters_of(model))
    oracle.start(golden.BATCH)
    golden.assert_close("sliding logits", whole, oracle.forward(long)[0], golden.EXACT_TOLERANCE)
    return {"sliding.logits": whole}


def check_bidirectional_module(
    case: Case, initial: Arrays, tokens: np.ndarray, targets: np.ndarray, hidden: np.ndarray, state: Arrays
) -> None:
    """One layer: nn.LSTM(bidirectional=True) over tokens[0], targets[0..T] gives the same outputs.

    Its forward half at row t has read tokens[0..=t]; its backward half at row t + 2 targets[T-1], ..., targets[t+1].
    """
    module = torch.nn.LSTM(golden.EMBEDDING_SIZE, case.config["hiddenSize"], bidirectional=True)
    module.load_state_dict({k.removeprefix("rnn."): torch.from_numpy(v) for k, v in initial.items() if "rnn." in k})
    sequence = np.concatenate([tokens[:1], targets])
    embedded = torch.from_numpy(initial["embedding.weight"][sequence])
    start = [torch.from_numpy(np.stack([state[name], np.zeros_like(state[name])])) for name in ("h_l0", "c_l0")]
    with torch.no_grad():
        outputs = module(embedded, tuple(start))[0].numpy()
    size, seq_len = case.config["hiddenSize"], len(tokens)
    golden.assert_close("forward half", hidden[:, :, :size], outputs[:seq_len, :, :size], golden.EXACT_TOLERANCE)
    golden.assert_close("backward half", hidden[:-1, :, size:], outputs[2:, :, size:], golden.EXACT_TOLERANCE)
    assert not hidden[-1, :, size:].any(), "nothing is to the right of the last target"


# --- a file ----------------------------------------------------------------------------------------------------------


def metadata(case: Case, recipe: Recipe) -> dict[str, str]:
    """The strings of `__metadata__`."""
    facts = {
        "torch": torch.__version__,
        "cell": case.config["cell"],
        "config": json.dumps(case.config),
        "train": json.dumps(recipe.options()),
        "clip": "g * min(1, clip_norm / (norm + 1e-6)), torch.nn.utils.clip_grad_norm_",
    }
    common = golden.common_metadata("pytorch_variants.py", case.seed, recipe.clip_norm)
    return common | {"epsilon": repr(recipe.epsilon)} | facts


def compute(case: Case) -> tuple[Arrays, float]:
    """All tensors of one golden file, checked, and the smallest sqrt(v^) + epsilon of its ten steps."""
    tokens, targets, initial, condition, rng = inputs_of(case)
    model = make_model(case, initial)
    state = random_state(case, model, rng)
    window = single_window(model, tokens[0], targets[0], state, condition)
    check_single_window(case, initial, tokens[0], targets[0], window, condition)
    if case.config["cell"] == "transformer":
        window |= sliding(case, model, tokens)
    if case.config.get("bidirectional") and case.config["numLayers"] == 1:
        check_bidirectional_module(case, initial, tokens[0], targets[0], window["hidden"], state)
    recipe = replace(case.recipe, clip_norm=case.clip_norm)
    steps, gradients = ten_steps(model, recipe, tokens, targets, condition)
    rows = golden.unpadded(tokens, targets)
    smallest = check_ten_steps(case.config, recipe, initial, rows, condition, steps, gradients)
    check_in_single(case, recipe, initial, (tokens, targets), condition, steps)
    tensors = {f"initial.{name}": value for name, value in initial.items()} | window | steps
    if condition is not None:
        tensors["condition"] = condition
    return tensors | {"tokens": tokens, "targets": targets}, smallest


def smallest_divisor(recipe: Recipe, initial: Arrays, gradients: list[Arrays]) -> float:
    """The smallest sqrt(v^) + epsilon of a run."""
    optimizer = Optimizer(recipe, {name: value.copy() for name, value in initial.items()})
    for raw in gradients:
        optimizer.step(clipped(recipe, raw)[0])
    return optimizer.smallest_divisor


def search(case: Case) -> tuple[int, float]:
    """The first seed whose ten steps are well conditioned, and a norm that clips some of them and not others."""
    for seed in range(1, 300):
        tokens, targets, initial, condition, _ = inputs_of(replace(case, seed=seed))
        limit = 0.0
        for _ in range(2):
            recipe = replace(case.recipe, clip_norm=limit)
            steps, gradients = ten_steps(make_model(case, initial), recipe, tokens, targets, condition)
            if smallest_divisor(recipe, initial, gradients) < SMALLEST_DIVISOR:
                break
            if limit and holds(golden.assert_really_clips, steps["norms"], limit):
                if holds(check_in_single, case, recipe, initial, (tokens, targets), condition, steps):
                    return seed, limit
                break
            limit = widest_gap(steps["norms"])
    raise SystemExit(f"no seed for {case.name}")


def widest_gap(norms: np.ndarray) -> float:
    """The middle of the widest gap among the sorted norms that leaves two on each side."""
    ordered = np.sort(norms)[1:-1]
    return round(max(((b - a, (a + b) / 2) for a, b in pairwise(ordered)))[1], 3)


def holds(check: Callable[..., object], *arguments: object) -> bool:
    """Whether `check(*arguments)` raises no AssertionError."""
    try:
        check(*arguments)
    except AssertionError:
        return False
    return True


def write(case: Case) -> None:
    """Computes, checks and writes one file."""
    tensors, smallest = compute(case)
    golden.assert_really_clips(tensors["norms"], case.clip_norm)
    golden.assert_not_below(smallest, SMALLEST_DIVISOR)
    path = golden.FOLDER / f"pytorch-{case.name}.safetensors"
    golden.write_safetensors(path, tensors, metadata(case, replace(case.recipe, clip_norm=case.clip_norm)))
    size = path.stat().st_size
    print(f"{path.name}: {size} bytes, losses {tensors['losses'].round(3)}, smallest divisor {smallest:.1e}")


def main() -> None:
    """Writes every case, or those that are named."""
    set_up()
    names = [argument for argument in sys.argv[1:] if argument != "--search"]
    for case in CASES:
        if names and case.name not in names:
            continue
        if "--search" in sys.argv:
            print(case.name, *search(case), flush=True)
        else:
            write(case)


if __name__ == "__main__":
    main()
