"""Writes keras-optimizers.safetensors: ten steps of each optimiser from the same weights of one Keras GRU, state carried.

float64, one thread; reset after, whose two biases are ours. Clipping is Keras' own: global_clipnorm, or clipvalue (it
refuses both). Losses, norms and final parameters are checked against numpy_cells.py and numpy_keras_optimizers.py.
README.md lists the tensors.

Keras adds epsilon in other places than PyTorch and mynah do (numpy_keras_optimizers.py); the epsilons here are so small
that this makes no difference, for any that does would be the constant's and not the optimiser's.

Run: python test/golden/keras_optimizers.py; with --search it prints a seed that passes all checks instead
"""

import json
import sys
from dataclasses import replace

import keras3
import numpy as np
from keras3 import keras

import golden_file as golden
from golden_file import Arrays
from numpy_keras_optimizers import clipped
from numpy_optimizers import Recipe

# Between the norms of each run's ten steps (asserted), as is CLIP_VALUE among the elements of the gradients.
CLIP_NORM = 0.4
CLIP_VALUE = 0.05
# Below this sqrt(v^) a step blows up small differences, as in pytorch_variants.py.
SMALLEST_ROOT_V = 5e-6

# The norm is clipped by Keras and not in keras3.py, hence the 0.
CASE = keras3.Case("gru-reset-after", 26, 0.0, "z,r,h", gates=3, bias_rows=2, update=keras3.GRU_UPDATE)
RECIPES = {
    "adamw": Recipe("adamw", weight_decay=0.3, epsilon=1e-12),
    "adam": Recipe("adam", epsilon=1e-12),
    # Added to v and not to its root.
    "rmsprop": Recipe("rmsprop", learning_rate=0.002, epsilon=1e-20),
    "rmsprop-momentum": Recipe("rmsprop", learning_rate=0.0005, momentum=0.9, epsilon=1e-20),
    "sgd": Recipe("sgd", learning_rate=0.2),
    "sgd-momentum": Recipe("sgd", learning_rate=0.1, momentum=0.9),
}
GROUPS = {name: replace(recipe, clip_norm=CLIP_NORM) for name, recipe in RECIPES.items()}
GROUPS["adam-clip-value"] = replace(RECIPES["adam"], clip_value=CLIP_VALUE)


def make_optimizer(recipe: Recipe, variables: dict[str, keras.Variable]) -> keras.optimizers.Optimizer:
    """Keras' optimiser for `recipe`; weight decay of all variables but the biases."""
    clipping = {"global_clipnorm": recipe.clip_norm or None, "clipvalue": recipe.clip_value or None}
    # As Python floats some would pass through float32 on their way (keras3.adam).
    decay, beta1, beta2, momentum = map(np.float64, (recipe.weight_decay, recipe.beta1, recipe.beta2, recipe.momentum))
    rate, epsilon = recipe.learning_rate, recipe.epsilon
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(rate, beta1, beta2, epsilon, **clipping)
    if recipe.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(rate, decay, beta1, beta2, epsilon, **clipping)
        optimizer.exclude_from_weight_decay([variable for name, variable in variables.items() if name.endswith("bias")])
        return optimizer
    if recipe.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate, beta2, momentum, epsilon, **clipping)
    return keras.optimizers.SGD(rate, momentum, **clipping)


def smallest_root_allowed(recipe: Recipe) -> float:
    """RMSProp corrects no bias, so that its first sqrt(v) is this much less."""
    return SMALLEST_ROOT_V * (np.sqrt(1 - recipe.beta2) if recipe.optimizer == "rmsprop" else 1.0)


def assert_clips_values(gradients: list[Arrays], limit: float) -> None:
    """Asserts that in every step some elements, and at most a third, are clipped by value."""
    for gradient in gradients:
        flat = np.concatenate([g.ravel() for g in gradient.values()])
        share = (np.abs(flat) > limit).mean()
        assert 0 < share < 1 / 3, f"{share:.1%} of the elements are above {limit}"


def run(case: keras3.Case, recipe: Recipe, initial: Arrays, windows: tuple[np.ndarray, np.ndarray]) -> Arrays:
    """Losses, norms and final parameters of one optimiser, checked. Norms are those after the clipping by value."""
    model = keras3.LanguageModel(case, initial)
    found, gradients = keras3.ten_steps(case, model, *windows, make_optimizer(recipe, model.variables))
    rows = golden.unpadded(*windows)
    smallest = keras3.check_ten_steps(case, recipe, initial, rows, found, gradients)
    golden.assert_not_below(smallest, smallest_root_allowed(recipe))
    if recipe.clip_norm:
        golden.assert_really_clips(found["norms"], recipe.clip_norm)
    if recipe.clip_value:
        assert_clips_values(gradients, recipe.clip_value)
    return found | {"norms": np.array([clipped(recipe, gradient)[1] for gradient in gradients])}


def compute(case: keras3.Case) -> Arrays:
    """All tensors of the file."""
    rng = np.random.default_rng(case.seed)
    tokens, targets = golden.make_windows(rng)
    initial = keras3.initial_values(case, rng)
    tensors = {f"initial.{name}": value for name, value in initial.items()} | {"tokens": tokens, "targets": targets}
    for group, recipe in GROUPS.items():
        found = run(case, recipe, initial, (tokens, targets))
        tensors |= {f"{group}.{name}": value for name, value in found.items()}
    return tensors


def metadata(case: keras3.Case) -> dict[str, str]:
    """The strings of `__metadata__`; `groups`: mynah's train options by group."""
    kept = {"python", "numpy", "keras", "tensorflow", "cell", "gate_order", "update", "bias_rows", "reset_after"}
    common = {name: value for name, value in keras3.metadata(case).items() if name in kept}
    return common | {
        "generator": "test/golden/keras_optimizers.py",
        "seed": str(case.seed),
        "groups": json.dumps({name: recipe.options() for name, recipe in GROUPS.items()}),
        "weight_decay": "of all but the biases, the embedding included",
        "clip": "global_clipnorm or clipvalue",
    }


def passes(case: keras3.Case) -> bool:
    """Whether all checks of a case hold."""
    try:
        compute(case)
    except AssertionError as error:
        print(case.seed, error, file=sys.stderr)
        return False
    return True


def main() -> None:
    """Writes the file, or with --search prints the first seed that passes every check."""
    keras3.set_up()
    if "--search" in sys.argv:
        print(next(seed for seed in range(1, 300) if passes(replace(CASE, seed=seed))))
        return
    tensors = compute(CASE)
    path = golden.FOLDER / "keras-optimizers.safetensors"
    golden.write_safetensors(path, tensors, metadata(CASE))
    print(f"{path.name}: {path.stat().st_size} bytes")
    for group in GROUPS:
        print(f"  {group}: losses {tensors[f'{group}.losses'].round(3)}, norms {tensors[f'{group}.norms'].round(3)}")


if __name__ == "__main__":
    main()
