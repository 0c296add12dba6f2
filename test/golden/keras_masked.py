"""Writes keras-masked-NAME.safetensors: padded rows of several lengths through Keras' masks: a window, and ten steps.

Embedding(mask_zero=True) -> LSTM or GRU -> Dense, sparse categorical cross-entropy that Keras masks itself, float64: one
window from a random state, then ten steps of Adam as in keras3.py, whose layout and names the files have. Checked against
numpy_cells.py, where a row that is over keeps its state, gradients by central differences; and with the masks that
mask_zero and layers.Masking hand on.

Run: python test/golden/keras_masked.py; with --search it prints seeds that pass all checks instead
"""

import json
import sys
from dataclasses import replace
from itertools import pairwise

import keras3
import numpy as np
import tensorflow as tf

import golden_file as golden
from golden_file import Arrays, Rows
from keras3 import keras
from numpy_optimizers import Recipe

SEQ_LEN = 7
# Of the rows of a window, in every order. One that fills it and one of a single token are among them.
LENGTHS = np.array([7, 3, 5, 1])
# Of sqrt(v^) in the ten steps, as pytorch_variants.SMALLEST_DIVISOR: below it a step blows up small differences.
SMALLEST_ROOT_V = 5e-6
# Keras' mask_zero takes this token for padding.
PADDING = 0

CASES = [
    keras3.Case("lstm", 1, 0.341, "i,f,c,o", gates=4, bias_rows=0, update="c' = f*c + i*cc; h' = o*tanh(c')"),
    keras3.Case("gru-reset-after", 1, 0.435, "z,r,h", gates=3, bias_rows=2, update=keras3.GRU_UPDATE),
]


def make_rows(rng: np.random.Generator, lengths: np.ndarray) -> Rows:
    """Tokens and targets from 1 to V - 1, and PADDING after each row's end."""
    steps = rng.integers(1, 4, size=(SEQ_LEN + 1, len(lengths)))
    return golden.padded(1 + np.cumsum(steps, axis=0) % (golden.VOCAB_SIZE - 1), lengths)


class MaskedModel(keras3.LanguageModel):
    """The model of keras3.py, whose embedding tells the layers above which tokens are padding."""

    def __init__(self, case: keras3.Case, values: Arrays) -> None:
        super().__init__(case, values)
        self.embedding.mask_zero = self.embedding.supports_masking = True

    def __call__(self, tokens: np.ndarray, state: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """As in keras3.py. With an initial state Keras takes no mask from the inputs, so that it is handed over."""
        mask = self.embedding.compute_mask(tf.constant(tokens.T))
        hidden, *last = self.rnn(self.embedding(tokens.T), initial_state=state, mask=mask)
        return self.dense(hidden), hidden, last


def loss_and_gradients(
    model: MaskedModel, tokens: np.ndarray, targets: np.ndarray, state: list[tf.Tensor]
) -> tuple[dict[str, tf.Tensor | list[tf.Tensor]], Arrays]:
    """As keras3.loss_and_gradients, with the loss that takes the mask from the logits."""
    sources = {name: variable.value for name, variable in model.variables.items()}
    sources |= dict(zip(("h0", "c0"), state))
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    with tf.GradientTape() as tape:
        tape.watch(state)
        logits, hidden, last = model(tokens, state)
        loss = loss_of(targets.T, logits)
    gradients = tape.gradient(loss, sources)
    dense = {name: tf.convert_to_tensor(gradient).numpy() for name, gradient in gradients.items()}
    return {"logits": logits, "hidden": hidden, "loss": loss, "last": last}, dense


def run(model: MaskedModel, rows: Rows, state: Arrays) -> Arrays:
    """Forward and backward. Time first in what comes back: [T, B, .], states [1, B, H]."""
    given, gradients = loss_and_gradients(model, rows.tokens, rows.targets, list(map(tf.constant, state.values())))
    found = {f"grad.{name}": gradient[None] if name in state else gradient for name, gradient in gradients.items()}
    found |= {name: value[None] for name, value in state.items()}
    found |= {name: value.numpy()[None] for name, value in zip(("hn", "cn"), given["last"])}
    # Keras repeats a row's last output after its end; the file has zeros there, as the masked PyTorch files.
    for name in ("logits", "hidden"):
        found[name] = np.where(rows.valid[:, :, None], given[name].numpy().transpose(1, 0, 2), 0)
    return found | {"loss": given["loss"].numpy().reshape(1)}


def check(case: keras3.Case, initial: Arrays, rows: Rows, state: Arrays, found: Arrays) -> None:
    """Forward and loss against numpy_cells, gradients against central differences of it."""
    point = {name: value.copy() for name, value in (initial | state).items()}
    zeros, valid = np.zeros_like(point["h0"]), rows.valid

    def forward() -> tuple[np.ndarray, ...]:
        return keras3.masked_forward(case, point, rows, point["h0"], point.get("c0", zeros))

    def loss() -> float:
        return rows.cross_entropy(forward()[0])

    logits, hidden, h, c = forward()
    golden.assert_close("logits", found["logits"][valid], logits[valid], golden.EXACT_TOLERANCE)
    golden.assert_close("hidden", found["hidden"][valid], hidden[valid], golden.EXACT_TOLERANCE)
    for name, expected in (("hn", h), ("cn", c)):
        if name in found:
            golden.assert_close(name, found[name][0], expected, golden.EXACT_TOLERANCE)
    golden.assert_close("loss", found["loss"], [loss()], golden.EXACT_TOLERANCE)
    for name, value in point.items():
        gradient = golden.central_difference(loss, value)
        actual = found[f"grad.{name}"]
        actual = actual[0] if name in state else actual
        golden.assert_close(f"grad.{name}", actual, gradient, golden.DIFFERENCE_TOLERANCE)


def check_layers(case: keras3.Case, model: MaskedModel, rows: Rows, initial: Arrays) -> None:
    """From a zero state, where Keras hands masks on by itself: mask_zero, and layers.Masking over rows of zeros."""
    zeros, valid = np.zeros((len(rows.lengths), case.hidden_size)), rows.valid
    _, expected, h, _ = keras3.masked_forward(case, initial, rows, zeros, zeros)
    embedded = model.embedding(tf.constant(rows.tokens.T))
    blank = tf.where(valid.T[:, :, None], embedded, 0.0)
    for name, inputs in (("mask_zero", embedded), ("Masking", keras.layers.Masking(mask_value=0.0)(blank))):
        hidden, *last = model.rnn(inputs)
        by_time = hidden.numpy().transpose(1, 0, 2)
        golden.assert_close(f"{name}: hidden", by_time[valid], expected[valid], golden.EXACT_TOLERANCE)
        golden.assert_close(f"{name}: hn", last[0].numpy(), h, golden.EXACT_TOLERANCE)


def ten_steps(case: keras3.Case, model: MaskedModel, initial: Arrays, windows: list[Rows]) -> Arrays:
    """Ten steps of Adam, the states at the rows' ends carried; checked as keras3.py does."""
    stacked = golden.stacked(windows)
    given = stacked["tokens"], stacked["targets"], keras3.adam()
    steps, gradients = keras3.ten_steps(case, model, *given, run=loss_and_gradients)
    smallest = keras3.check_ten_steps(case, Recipe(clip_norm=case.clip_norm), initial, windows, steps, gradients)
    golden.assert_really_clips(steps["norms"], case.clip_norm)
    golden.assert_not_below(smallest, SMALLEST_ROOT_V)
    return steps | stacked


def inputs_of(case: keras3.Case) -> tuple[list[Rows], Arrays, np.random.Generator]:
    """Ten windows and initial weights of a case, and the generator that goes on from there."""
    rng = np.random.default_rng(case.seed)
    windows = [make_rows(rng, rng.permutation(LENGTHS)) for _ in range(golden.WINDOWS)]
    return windows, keras3.initial_values(case, rng), rng


def compute(case: keras3.Case) -> Arrays:
    """All tensors of a file, checked."""
    windows, initial, rng = inputs_of(case)
    names = ("h0", "c0") if case.cell == "lstm" else ("h0",)
    state = {name: 0.5 * rng.standard_normal((len(LENGTHS), case.hidden_size)) for name in names}
    model = MaskedModel(case, initial)
    found = run(model, windows[0], state)
    check(case, initial, windows[0], state, found)
    check_layers(case, model, windows[0], initial)
    found |= ten_steps(case, model, initial, windows)
    return found | {f"initial.{name}": value for name, value in initial.items()}


def search(case: keras3.Case) -> tuple[int, float]:
    """The first seed whose ten steps pass their checks, and a norm in the widest gap between theirs to clip at."""
    for seed in range(1, 300):
        windows, initial, _ = inputs_of(replace(case, seed=seed))
        stacked = golden.stacked(windows)
        given = stacked["tokens"], stacked["targets"], keras3.adam(), loss_and_gradients
        steps, _ = keras3.ten_steps(replace(case, clip_norm=0.0), MaskedModel(case, initial), *given)
        ordered = np.sort(steps["norms"])[1:-1]
        limit = round(max((b - a, (a + b) / 2) for a, b in pairwise(ordered))[1], 3)
        try:
            ten_steps(replace(case, clip_norm=limit), MaskedModel(case, initial), initial, windows)
            return seed, limit
        except AssertionError:
            continue
    raise SystemExit(f"no seed for {case.cell}")


def metadata(case: keras3.Case) -> dict[str, str]:
    """The strings of `__metadata__`."""
    sizes = {"hiddenSize": case.hidden_size, "numLayers": 1, "embeddingSize": golden.EMBEDDING_SIZE}
    config = {"cell": "lstm"} if case.cell == "lstm" else {"cell": "gru", "resetAfter": True}
    facts = {"seed": str(case.seed), "cell": case.cell, "config": json.dumps(config | sizes)}
    return keras3.metadata(case) | facts | {"generator": "test/golden/keras_masked.py"}


def main() -> None:
    """Writes every case, or with --search prints a seed and a norm to clip at for each."""
    keras3.set_up()
    for case in CASES:
        if "--search" in sys.argv:
            print(case.cell, *search(case), flush=True)
            continue
        tensors = compute(case)
        path = golden.FOLDER / f"keras-masked-{case.cell}.safetensors"
        golden.write_safetensors(path, tensors, metadata(case))
        print(f"{path.name}: {path.stat().st_size} bytes, loss {tensors['loss'][0]:.3f}")


if __name__ == "__main__":
    main()
