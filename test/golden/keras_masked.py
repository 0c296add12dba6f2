"""Writes keras-masked-NAME.safetensors: padded rows of several lengths through Keras' masks, forward and gradients.

Embedding(mask_zero=True) -> LSTM or GRU -> Dense, sparse categorical cross-entropy that Keras masks itself, from a
random state, float64. Layout and names as in keras3.py. Checked against numpy_cells.py, where a row that is over keeps
its state, gradients by central differences; and with the masks that mask_zero and layers.Masking hand on.

Run: python test/golden/keras_masked.py
"""

import json

import keras3
import numpy as np
import tensorflow as tf

import golden_file as golden
from golden_file import Arrays
from keras3 import keras
from numpy_cells import keras_step

SEQ_LEN = 7
# One row that fills the window and one of a single token are among them.
LENGTHS = np.array([7, 3, 5, 1])
# Keras' mask_zero takes this token for padding.
PADDING = 0

CASES = [
    keras3.Case("lstm", 41, 0.0, "i,f,c,o", gates=4, bias_rows=0, update="c' = f*c + i*cc; h' = o*tanh(c')"),
    keras3.Case("gru-reset-after", 42, 0.0, "z,r,h", gates=3, bias_rows=2, update=keras3.GRU_UPDATE),
]


def valid() -> np.ndarray:
    """Which cells of [T, B] hold a token."""
    return np.arange(SEQ_LEN)[:, None] < LENGTHS


def make_rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and targets [T, B] from 1 to V - 1, and PADDING after each row's end."""
    steps = rng.integers(1, 4, size=(SEQ_LEN + 1, len(LENGTHS)))
    stream = 1 + np.cumsum(steps, axis=0) % (golden.VOCAB_SIZE - 1)
    tokens, targets = (np.where(valid(), part, PADDING).astype(np.int64) for part in (stream[:-1], stream[1:]))
    return tokens, targets


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


def run(model: MaskedModel, tokens: np.ndarray, targets: np.ndarray, state: Arrays) -> Arrays:
    """Forward and backward. Time first in what comes back: [T, B, .], states [1, B, H]."""
    start = [tf.constant(value) for value in state.values()]
    sources = {name: variable.value for name, variable in model.variables.items()} | dict(zip(state, start))
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    with tf.GradientTape() as tape:
        tape.watch(start)
        logits, hidden, last = model(tokens, start)
        loss = loss_of(targets.T, logits)
    gradients = tape.gradient(loss, sources)
    found = {f"grad.{name}": tf.convert_to_tensor(gradient).numpy() for name, gradient in gradients.items()}
    for name, value in state.items():
        found[f"grad.{name}"] = found[f"grad.{name}"][None]
        found[name] = value[None]
    found |= {name: value.numpy()[None] for name, value in zip(("hn", "cn"), last)}
    # Keras repeats a row's last output after its end; the file has zeros there, as the masked PyTorch files.
    for name, value in (("logits", logits), ("hidden", hidden)):
        found[name] = np.where(valid()[:, :, None], value.numpy().transpose(1, 0, 2), 0)
    return found | {"loss": loss.numpy().reshape(1)}


def oracle(case: keras3.Case, w: Arrays, tokens: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, ...]:
    """Logits, hidden, h and c with numpy_cells and a mask. `h`, `c`: [B, H]."""
    step, outputs = keras_step(case.cell, w), []
    for t, row in enumerate(tokens):
        keep = (t >= LENGTHS)[:, None]
        h_next, c_next = step(w["embedding.embeddings"][row], h, c)
        h, c = np.where(keep, h, h_next), np.where(keep, c, c_next)
        outputs.append(h)
    hidden = np.stack(outputs)
    return hidden @ w["dense.kernel"] + w["dense.bias"], hidden, h, c


def check(
    case: keras3.Case, initial: Arrays, tokens: np.ndarray, targets: np.ndarray, state: Arrays, found: Arrays
) -> None:
    """Forward and loss against `oracle`, gradients against its central differences."""
    point = {name: value.copy() for name, value in (initial | state).items()}
    zeros = np.zeros_like(point["h0"])

    def forward() -> tuple[np.ndarray, ...]:
        return oracle(case, point, tokens, point["h0"], point.get("c0", zeros))

    def loss() -> float:
        return golden.cross_entropy(forward()[0][valid()][None], targets[valid()][None])

    logits, hidden, h, c = forward()
    golden.assert_close("logits", found["logits"][valid()], logits[valid()], golden.EXACT_TOLERANCE)
    golden.assert_close("hidden", found["hidden"][valid()], hidden[valid()], golden.EXACT_TOLERANCE)
    for name, expected in (("hn", h), ("cn", c)):
        if name in found:
            golden.assert_close(name, found[name][0], expected, golden.EXACT_TOLERANCE)
    golden.assert_close("loss", found["loss"], [loss()], golden.EXACT_TOLERANCE)
    for name, value in point.items():
        gradient = golden.central_difference(loss, value)
        actual = found[f"grad.{name}"]
        actual = actual[0] if name in state else actual
        golden.assert_close(f"grad.{name}", actual, gradient, golden.DIFFERENCE_TOLERANCE)


def check_layers(case: keras3.Case, model: MaskedModel, tokens: np.ndarray, initial: Arrays) -> None:
    """From a zero state, where Keras hands masks on by itself: mask_zero, and layers.Masking over rows of zeros."""
    zeros = np.zeros((len(LENGTHS), case.hidden_size))
    _, expected, h, _ = oracle(case, initial, tokens, zeros, zeros)
    embedded = model.embedding(tf.constant(tokens.T))
    blank = tf.where(valid().T[:, :, None], embedded, 0.0)
    for name, inputs in (("mask_zero", embedded), ("Masking", keras.layers.Masking(mask_value=0.0)(blank))):
        hidden, *last = model.rnn(inputs)
        by_time = hidden.numpy().transpose(1, 0, 2)
        golden.assert_close(f"{name}: hidden", by_time[valid()], expected[valid()], golden.EXACT_TOLERANCE)
        golden.assert_close(f"{name}: hn", last[0].numpy(), h, golden.EXACT_TOLERANCE)


def metadata(case: keras3.Case) -> dict[str, str]:
    """The strings of `__metadata__`."""
    sizes = {"hiddenSize": case.hidden_size, "numLayers": 1, "embeddingSize": golden.EMBEDDING_SIZE}
    config = {"cell": "lstm"} if case.cell == "lstm" else {"cell": "gru", "resetAfter": True}
    facts = {"seed": str(case.seed), "cell": case.cell, "config": json.dumps(config | sizes)}
    kept = {"python", "numpy", "keras", "tensorflow", "gate_order", "update", "bias_rows", "reset_after"}
    common = {name: value for name, value in keras3.metadata(case).items() if name in kept}
    return common | facts | {"generator": "test/golden/keras_masked.py"}


def main() -> None:
    """Writes every case."""
    keras3.set_up()
    for case in CASES:
        rng = np.random.default_rng(case.seed)
        tokens, targets = make_rows(rng)
        initial = keras3.initial_values(case, rng)
        names = ("h0", "c0") if case.cell == "lstm" else ("h0",)
        state = {name: 0.5 * rng.standard_normal((len(LENGTHS), case.hidden_size)) for name in names}
        model = MaskedModel(case, initial)
        found = run(model, tokens, targets, state)
        check(case, initial, tokens, targets, state, found)
        check_layers(case, model, tokens, initial)
        tensors = {f"initial.{name}": value for name, value in initial.items()} | found
        tensors |= {"tokens": tokens[None], "targets": targets[None], "lengths": LENGTHS}
        path = golden.FOLDER / f"keras-masked-{case.cell}.safetensors"
        golden.write_safetensors(path, tensors, metadata(case))
        print(f"{path.name}: {path.stat().st_size} bytes, loss {found['loss'][0]:.3f}")


if __name__ == "__main__":
    main()
