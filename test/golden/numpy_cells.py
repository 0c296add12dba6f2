"""The equations of docs/maths.md written once more in numpy, as an oracle for PyTorch's and Keras' numbers.

Sizes: B batch, T time steps, D input size, H hidden size, V vocabulary, L layers. All float64.
What is not here: gradients (the generators take central differences of these forwards) and optimisers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]
# x [B, D], h [B, H], c [B, H] -> the next h and c; cells without c pass it through.
Step = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass
class Forward:
    """What one window gives. `logits`: [T, B, V]; `hidden`: [T, B, H] of the top layer; `hn`, `cn`: [L, B, H]."""

    logits: np.ndarray
    hidden: np.ndarray
    hn: np.ndarray
    cn: np.ndarray


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def torch_step(cell: str, w: Arrays, k: int) -> Step:
    """Layer `k` in PyTorch's layout: weight_ih [G*H, D], weight_hh [G*H, H]; LSTM i, f, g, o; GRU r, z, n."""
    w_ih, w_hh = w[f"rnn.weight_ih_l{k}"], w[f"rnn.weight_hh_l{k}"]
    b_ih, b_hh = w[f"rnn.bias_ih_l{k}"], w[f"rnn.bias_hh_l{k}"]

    def rnn(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        preact = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh
        return (np.maximum(preact, 0) if cell == "rnn-relu" else np.tanh(preact)), c

    def gru(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r_x, z_x, n_x = np.split(x @ w_ih.T + b_ih, 3, axis=1)
        r_h, z_h, n_h = np.split(h @ w_hh.T + b_hh, 3, axis=1)
        r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
        n = np.tanh(n_x + r * n_h)
        return (1 - z) * n + z * h, c

    def lstm(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        i, f, g, o = np.split(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh, 4, axis=1)
        c_next = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c_next), c_next

    return {"rnn-tanh": rnn, "rnn-relu": rnn, "gru": gru, "lstm": lstm}[cell]


def keras_step(cell: str, w: Arrays) -> Step:
    """Keras' layout: kernel [D, G*H], recurrent_kernel [H, G*H]; LSTM i, f, c, o; GRU z, r, h."""
    kernel, recurrent, bias = w["rnn.kernel"], w["rnn.recurrent_kernel"], w["rnn.bias"]
    hidden_size = recurrent.shape[0]

    def simple_rnn(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.tanh(x @ kernel + h @ recurrent + bias), c

    def gru_reset_after(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z_x, r_x, hh_x = np.split(x @ kernel + bias[0], 3, axis=1)
        z_h, r_h, hh_h = np.split(h @ recurrent + bias[1], 3, axis=1)
        z, r = sigmoid(z_x + z_h), sigmoid(r_x + r_h)
        hh = np.tanh(hh_x + r * hh_h)
        return z * h + (1 - z) * hh, c

    def gru_reset_before(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z_x, r_x, hh_x = np.split(x @ kernel + bias, 3, axis=1)
        z_h, r_h = np.split(h @ recurrent[:, : 2 * hidden_size], 2, axis=1)
        z, r = sigmoid(z_x + z_h), sigmoid(r_x + r_h)
        hh = np.tanh(hh_x + (r * h) @ recurrent[:, 2 * hidden_size :])
        return z * h + (1 - z) * hh, c

    def lstm(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
        c_next = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c_next), c_next

    steps = {"simple-rnn": simple_rnn, "lstm": lstm}
    return (steps | {"gru-reset-after": gru_reset_after, "gru-reset-before": gru_reset_before})[cell]


def run_layers(steps: list[Step], inputs: np.ndarray, h0: np.ndarray, c0: np.ndarray) -> tuple[np.ndarray, ...]:
    """All layers over all time steps. `inputs`: [T, B, D]; returns the top layer's [T, B, H], and hn, cn [L, B, H]."""
    hn, cn = h0.copy(), c0.copy()
    for k, step in enumerate(steps):
        outputs = []
        for x in inputs:
            hn[k], cn[k] = step(x, hn[k], cn[k])
            outputs.append(hn[k].copy())
        inputs = np.stack(outputs)
    return inputs, hn, cn


def torch_forward(cell: str, w: Arrays, tokens: np.ndarray, h0: np.ndarray, c0: np.ndarray) -> Forward:
    """The language model in PyTorch's layout. `tokens`: [T, B]; `h0`, `c0`: [L, B, H]."""
    steps = [torch_step(cell, w, k) for k in range(len(h0))]
    hidden, hn, cn = run_layers(steps, w["embedding.weight"][tokens], h0, c0)
    return Forward(hidden @ w["linear.weight"].T + w["linear.bias"], hidden, hn, cn)


def keras_forward(cell: str, w: Arrays, tokens: np.ndarray, h0: np.ndarray, c0: np.ndarray) -> Forward:
    """The language model in Keras' layout. `tokens`: [T, B]; `h0`, `c0`: [1, B, H]."""
    hidden, hn, cn = run_layers([keras_step(cell, w)], w["embedding.embeddings"][tokens], h0, c0)
    return Forward(hidden @ w["dense.kernel"] + w["dense.bias"], hidden, hn, cn)
