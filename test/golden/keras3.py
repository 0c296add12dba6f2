"""Writes keras-NAME.safetensors: forward, gradients and ten Adam steps of small Keras 3 language models.

Everything in float64 on one thread from a fixed seed, TensorFlow backend, weights under Keras' names and in Keras'
layout. README.md lists the tensors. Before a file is written its numbers are checked against numpy_cells.py:
forward and losses directly, gradients by central differences, Adam by a transcription of Keras' update.
(Not called keras.py, because `import keras` would then import this file.)

Run: python test/golden/keras3.py
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

os.environ |= {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
os.environ |= {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_CPP_MIN_LOG_LEVEL": "2"}

import keras  # noqa: E402: reads the environment set above
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import golden_file as golden  # noqa: E402
from golden_file import Arrays  # noqa: E402
from numpy_cells import keras_forward, keras_step  # noqa: E402
from numpy_keras_optimizers import Optimizer, clipped  # noqa: E402
from numpy_optimizers import Recipe  # noqa: E402


# Keras adds epsilon to sqrt(v), PyTorch to sqrt(v^) = sqrt(v / (1 - beta2^t)): ten times as much in the first step.
# Above this limit PyTorch's form ends within 3e-5 of the file (measured, all four cases), and the step is well
# conditioned. Seeds are chosen so that it holds.
SMALLEST_ROOT_V = 3e-5


@dataclass(frozen=True)
class Case:
    """One golden file. `clip_norm` lies between the gradient norms of its ten steps (asserted)."""

    cell: str
    seed: int
    clip_norm: float
    gate_order: str
    gates: int
    bias_rows: int
    update: str
    hidden_size: int = 6


GRU_UPDATE = "h' = z*h + (1-z)*hh"
CASES = [
    Case("simple-rnn", 1, 0.93, "", gates=1, bias_rows=0, update="h' = tanh(x kernel + h recurrent_kernel + bias)"),
    Case("gru-reset-after", 17, 0.57, "z,r,h", gates=3, bias_rows=2, update=GRU_UPDATE),
    Case("gru-reset-before", 5, 0.5, "z,r,h", gates=3, bias_rows=0, update=GRU_UPDATE),
    Case("lstm", 39, 0.315, "i,f,c,o", gates=4, bias_rows=0, update="c' = f*c + i*cc; h' = o*tanh(c')"),
]


def initial_values(case: Case, rng: np.random.Generator) -> Arrays:
    """Random values for all weights, biases included, in Keras' shapes; the embedding N(0, 1), the rest uniform."""
    vocab_size, embedding_size, hidden_size = golden.VOCAB_SIZE, golden.EMBEDDING_SIZE, case.hidden_size
    width = case.gates * hidden_size
    # As in pytorch.py: about twice the usual bound 1 / sqrt(H), so that the gates leave their straight part.
    bound = 2 / np.sqrt(hidden_size)

    def uniform(*shape: int) -> np.ndarray:
        return rng.uniform(-bound, bound, shape)

    return {
        "embedding.embeddings": rng.standard_normal((vocab_size, embedding_size)),
        "rnn.kernel": uniform(embedding_size, width),
        "rnn.recurrent_kernel": uniform(hidden_size, width),
        "rnn.bias": uniform(case.bias_rows, width) if case.bias_rows else uniform(width),
        "dense.kernel": uniform(hidden_size, vocab_size),
        "dense.bias": uniform(vocab_size),
    }


class LanguageModel:
    """Embedding -> SimpleRNN, GRU or LSTM -> Dense, with `variables` under the names of the golden file."""

    def __init__(self, case: Case, values: Arrays) -> None:
        options = {"return_sequences": True, "return_state": True}
        self.embedding = keras.layers.Embedding(golden.VOCAB_SIZE, golden.EMBEDDING_SIZE)
        if case.cell == "simple-rnn":
            self.rnn = keras.layers.SimpleRNN(case.hidden_size, **options)
        elif case.cell == "lstm":
            self.rnn = keras.layers.LSTM(case.hidden_size, **options)
        else:
            self.rnn = keras.layers.GRU(case.hidden_size, reset_after=case.cell == "gru-reset-after", **options)
        self.dense = keras.layers.Dense(golden.VOCAB_SIZE)
        self.embedding.build()
        self.rnn.build((golden.BATCH, golden.SEQ_LEN, golden.EMBEDDING_SIZE))
        self.dense.build((golden.BATCH, golden.SEQ_LEN, case.hidden_size))
        cell = self.rnn.cell
        self.variables = {
            "embedding.embeddings": self.embedding.embeddings,
            "rnn.kernel": cell.kernel,
            "rnn.recurrent_kernel": cell.recurrent_kernel,
            "rnn.bias": cell.bias,
            "dense.kernel": self.dense.kernel,
            "dense.bias": self.dense.bias,
        }
        for name, variable in self.variables.items():
            assert tuple(variable.shape) == values[name].shape, f"{name}: {variable.shape}, not {values[name].shape}"
            variable.assign(values[name])

    def values(self) -> Arrays:
        """Copies of all weights by name."""
        return {name: variable.numpy().copy() for name, variable in self.variables.items()}

    def __call__(self, tokens: np.ndarray, state: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """`tokens`: [T, B]; `state`: [h] or [h, c], each [B, H]; returns logits, outputs (both [B, T, .]) and state."""
        hidden, *last = self.rnn(self.embedding(tokens.T), initial_state=state)
        return self.dense(hidden), hidden, last


def mean_loss(logits: tf.Tensor, targets: np.ndarray) -> tf.Tensor:
    """Mean cross-entropy in nats. `logits`: [B, T, V]; `targets`: [T, B]."""
    return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(targets.T, logits, from_logits=True))


def loss_and_gradients(
    model: LanguageModel, tokens: np.ndarray, targets: np.ndarray, state: list[tf.Tensor]
) -> tuple[dict[str, tf.Tensor | list[tf.Tensor]], Arrays]:
    """One window forward and backward: what the model gave by name, and dense gradients by name, h0 and c0 included."""
    sources = {name: variable.value for name, variable in model.variables.items()}
    sources |= dict(zip(("h0", "c0"), state))
    with tf.GradientTape() as tape:
        tape.watch(state)
        logits, hidden, last = model(tokens, state)
        loss = mean_loss(logits, targets)
    gradients = tape.gradient(loss, sources)
    dense = {name: tf.convert_to_tensor(gradient).numpy() for name, gradient in gradients.items()}
    return {"logits": logits, "hidden": hidden, "loss": loss, "last": last}, dense


def single_window(
    case: Case, model: LanguageModel, tokens: np.ndarray, targets: np.ndarray, rng: np.random.Generator
) -> Arrays:
    """Forward and backward over one window from a random state. Time first in the file: [T, B, .], state [1, B, H]."""
    names = ("h0", "c0") if case.cell == "lstm" else ("h0",)
    state = {name: 0.5 * rng.standard_normal((golden.BATCH, case.hidden_size)) for name in names}
    given, gradients = loss_and_gradients(model, tokens, targets, [tf.constant(value) for value in state.values()])
    found = {name: value[None] for name, value in state.items()}
    found |= {name: value.numpy()[None] for name, value in zip(("hn", "cn"), given["last"])}
    found |= {name: given[name].numpy().transpose(1, 0, 2).copy() for name in ("logits", "hidden")}
    found["loss"] = given["loss"].numpy().reshape(1)
    for name, gradient in gradients.items():
        found[f"grad.{name}"] = gradient[None] if name in names else gradient
    return found


def adam() -> keras.optimizers.Optimizer:
    """Keras' Adam with the constants of all golden files."""
    # As Python floats the betas would pass through float32 on their way into Keras' bias correction (1e-8 off).
    beta1, beta2 = np.float64(golden.BETA1), np.float64(golden.BETA2)
    return keras.optimizers.Adam(golden.LEARNING_RATE, beta_1=beta1, beta_2=beta2, epsilon=golden.EPSILON)


def ten_steps(
    case: Case,
    model: LanguageModel,
    tokens: np.ndarray,
    targets: np.ndarray,
    optimizer: keras.optimizers.Optimizer,
    run: Callable[..., tuple[dict, Arrays]] = loss_and_gradients,
) -> tuple[Arrays, list[Arrays]]:
    """Trains over the windows in order, state carried; also returns each step's gradients before clipping.

    The norm is clipped here, at the case's unless that is 0; norms are those before.
    """
    zeros = tf.zeros((tokens.shape[2], case.hidden_size), tf.float64)
    state = [zeros, zeros] if case.cell == "lstm" else [zeros]
    losses, norms, all_gradients = [], [], []
    for window_tokens, window_targets in zip(tokens, targets):
        given, gradients = run(model, window_tokens, window_targets, state)
        state = given["last"]
        gradients = {name: gradients[name] for name in model.variables}
        norm = golden.global_norm(gradients)
        scale = min(1.0, case.clip_norm / norm) if case.clip_norm else 1.0
        optimizer.apply([tf.constant(scale * g) for g in gradients.values()], list(model.variables.values()))
        losses.append(given["loss"].numpy())
        norms.append(norm)
        all_gradients.append(gradients)
    after = {f"after.{name}": value for name, value in model.values().items()}
    return after | {"losses": np.array(losses), "norms": np.array(norms)}, all_gradients


def check_single_window(case: Case, initial: Arrays, tokens: np.ndarray, targets: np.ndarray, found: Arrays) -> None:
    """Forward against numpy_cells, gradients against central differences of it."""
    point = {name: value.copy() for name, value in initial.items()}
    point["h0"] = found["h0"].copy()
    c0 = found["c0"].copy() if "c0" in found else np.zeros_like(point["h0"])
    if "c0" in found:
        point["c0"] = c0
    expected = keras_forward(case.cell, point, tokens, point["h0"], c0)
    for name in ("logits", "hidden", "hn", "cn"):
        if name in found:
            golden.assert_close(name, found[name], getattr(expected, name), golden.EXACT_TOLERANCE)

    def loss() -> float:
        return golden.cross_entropy(keras_forward(case.cell, point, tokens, point["h0"], c0).logits, targets)

    golden.assert_close("loss", found["loss"], [loss()], golden.EXACT_TOLERANCE)
    for name, value in point.items():
        gradient = golden.central_difference(loss, value)
        golden.assert_close(f"grad.{name}", found[f"grad.{name}"], gradient, golden.DIFFERENCE_TOLERANCE)


def check_ten_steps(
    case: Case,
    recipe: Recipe,
    initial: Arrays,
    windows: list[golden.Rows],
    found: Arrays,
    gradients: list[Arrays],
) -> float:
    """Repeats clipping and optimiser in numpy along Keras' gradients; losses and final parameters must agree.

    Returns the smallest sqrt(v^), of RMSProp sqrt(v), that is not zero on the way.
    """
    p = {name: value.copy() for name, value in initial.items()}
    optimizer = Optimizer(recipe, p)
    h = np.zeros((len(windows[0].lengths), case.hidden_size))
    c = np.zeros_like(h)
    for step, (rows, raw) in enumerate(zip(windows, gradients)):
        logits, _, h, c = masked_forward(case, p, rows, h, c)
        golden.assert_close(f"losses[{step}]", found["losses"][step], rows.cross_entropy(logits), golden.EXACT_TOLERANCE)
        optimizer.step(clipped(recipe, raw)[0])
    for name, value in p.items():
        golden.assert_close(f"after.{name}", found[f"after.{name}"], value, golden.EXACT_TOLERANCE)
    return optimizer.smallest_root


def masked_forward(case: Case, w: Arrays, rows: golden.Rows, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, ...]:
    """Logits, hidden, h and c with numpy_cells, where a row that is over keeps its state. `h`, `c`: [B, H]."""
    step, outputs = keras_step(case.cell, w), []
    for row, is_valid in zip(rows.tokens, rows.valid):
        h_next, c_next = step(w["embedding.embeddings"][row], h, c)
        h, c = np.where(is_valid[:, None], h_next, h), np.where(is_valid[:, None], c_next, c)
        outputs.append(h)
    hidden = np.stack(outputs)
    return hidden @ w["dense.kernel"] + w["dense.bias"], hidden, h, c


def metadata(case: Case) -> dict[str, str]:
    """The strings of `__metadata__`."""
    facts = {
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "cell": case.cell,
        "hidden_size": str(case.hidden_size),
        "num_layers": "1",
        "gate_order": case.gate_order,
        "update": case.update,
        "clip": "g * min(1, clip_norm / norm), by hand",
    }
    if case.cell.startswith("gru"):
        facts["reset_after"] = "true" if case.cell == "gru-reset-after" else "false"
    if case.cell == "gru-reset-after":
        facts["bias_rows"] = "[2, 3H]: row 0 the input bias, row 1 the recurrent bias"
    return golden.common_metadata("keras3.py", case.seed, case.clip_norm) | facts


def compute(case: Case) -> tuple[Arrays, float]:
    """All tensors of one golden file, checked, and the smallest non-zero sqrt(v^) of its ten steps."""
    rng = np.random.default_rng(case.seed)
    tokens, targets = golden.make_windows(rng)
    initial = initial_values(case, rng)
    model = LanguageModel(case, initial)
    window = single_window(case, model, tokens[0], targets[0], rng)
    check_single_window(case, initial, tokens[0], targets[0], window)
    steps, gradients = ten_steps(case, model, tokens, targets, adam())
    recipe = Recipe(clip_norm=case.clip_norm)
    smallest = check_ten_steps(case, recipe, initial, golden.unpadded(tokens, targets), steps, gradients)
    tensors = {f"initial.{name}": value for name, value in initial.items()}
    return tensors | {"tokens": tokens, "targets": targets} | window | steps, smallest


def set_up() -> None:
    """float64, one thread, no randomness of its own."""
    keras.config.set_floatx("float64")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(0)


def main() -> None:
    """Writes every case."""
    set_up()
    for case in CASES:
        tensors, smallest = compute(case)
        golden.assert_really_clips(tensors["norms"], case.clip_norm)
        golden.assert_not_below(smallest, SMALLEST_ROOT_V)
        golden.write_safetensors(golden.FOLDER / f"keras-{case.cell}.safetensors", tensors, metadata(case))
        print(f"keras-{case.cell}: losses {tensors['losses'].round(3)}, smallest sqrt(v^) {smallest:.1e}")


if __name__ == "__main__":
    main()
