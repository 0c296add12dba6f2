"""Every kind of model that mynah knows in numpy, one token after the other: the oracle for torch_models.py.

Written from the equations of docs/maths.md and not from torch_models.py, and in another form wherever there is one:
all layers take one token before the next comes, attention looks back query by query, rotations are complex numbers,
padded rows keep their state by a mask. Sizes as in torch_models.py. Gradients come from central differences of this.
"""

from collections.abc import Callable, Mapping

import numpy as np

from numpy_cells import sigmoid

Arrays = dict[str, np.ndarray]
Part = Callable[..., np.ndarray]
# [B, C], or None for a model without
Condition = np.ndarray | None

GATES = {"rnn": 1, "gru": 3, "lstm": 4, "min-gru": 2, "min-lstm": 3}
EPSILON = 1e-5


def standardize(x: np.ndarray) -> np.ndarray:
    """(x - mean) / sqrt(var + 1e-5) per row. `x`: [B, n]."""
    centred = x - x.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(axis=1, keepdims=True) + EPSILON)


def rms_norm(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """x / sqrt(mean(x^2) + 1e-5) * weight per row. `x`: [B, d]."""
    return x / np.sqrt((x * x).mean(axis=1, keepdims=True) + EPSILON) * weight


def gelu(x: np.ndarray) -> np.ndarray:
    """Gaussian error linear unit, approximated with tanh."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def min_activation(v: np.ndarray) -> np.ndarray:
    """v + 0.5 from 0 on, the logistic function below."""
    return np.where(v < 0, sigmoid(v), v + 0.5)


def turn(x: np.ndarray, position: int) -> np.ndarray:
    """x_j + i x_{j + dh/2}, turned by position * 10000^(-2j/dh). `x`: [B, heads, dh]."""
    size = x.shape[2]
    half = size // 2
    angle = position * np.array([10000 ** (-2 * j / size) for j in range(half)])
    turned = (x[:, :, :half] + 1j * x[:, :, half:]) * np.exp(1j * angle)
    return np.concatenate([turned.real, turned.imag], axis=2)


class Model:
    """A model from its `config` (mynah's option names) and weights by tensor name; `state` moves on with each token."""

    def __init__(self, config: Mapping[str, object], weights: Arrays) -> None:
        self.config, self.w = config, weights
        self.cell = config["cell"]
        self.state: dict[str, np.ndarray] = {}
        self.cache: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
        self.position = 0
        prefixes = [f"blocks.{k}." for k in range(self.num_layers())]
        # The arrays themselves, so that a change in place (central differences, optimisers) is seen.
        self.blocks = [
            {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
            for prefix in prefixes
        ]

    def option(self, name: str, default: object) -> object:
        """The option, or what it is when the config does not name it."""
        return self.config.get(name, default)

    def weight(self, name: str) -> np.ndarray | None:
        """A weight, or None where the model has none of that name."""
        return self.w.get(name)

    # --- one recurrent layer ---

    def named(self, end: str) -> Callable[[str], np.ndarray]:
        """The weights of one layer by short name; `end` as in `cell_step`."""
        prefix, _, suffix = end.rpartition("|")
        return lambda name: self.w[f"{prefix}{name}{suffix}"]

    def preactivations(self, end: str, x: np.ndarray, size: int, condition: Condition) -> tuple[Part, Part]:
        """Two functions: what the input, and what a state (first argument) gives to gates [first, last)."""
        get = self.named(end)
        normed = self.option("layerNorm", False)

        def from_input(first: int, last: int) -> np.ndarray:
            rows = slice(first * size, last * size)
            product = x @ get("weight_ih")[rows].T
            if normed:
                product = standardize(product) * get("norm_ih")[rows]
            product = product + get("bias_ih")[rows]
            if condition is not None and self.option("conditionMode", "bias") == "bias":
                product = product + condition @ get("condition")[rows].T
            return product

        def from_state(value: np.ndarray, first: int, last: int) -> np.ndarray:
            rows = slice(first * size, last * size)
            product = value @ get("weight_hh")[rows].T
            if normed:
                product = standardize(product) * get("norm_hh")[rows]
            return product + get("bias_hh")[rows]

        return from_input, from_state

    def cell_step(
        self, end: str, x: np.ndarray, h: np.ndarray, c: np.ndarray | None, condition: Condition
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """The next h and c of the layer whose weights are named PREFIX name SUFFIX, `end` = "PREFIX|SUFFIX"."""
        get, size = self.named(end), h.shape[1]
        from_input, from_state = self.preactivations(end, x, size, condition)
        if self.cell == "rnn":
            preact = from_input(0, 1) + from_state(h, 0, 1)
            return (np.maximum(preact, 0) if self.option("activation", "tanh") == "relu" else np.tanh(preact)), c
        if self.cell == "gru":
            both = sigmoid(from_input(0, 2) + from_state(h, 0, 2))
            r, z = both[:, :size], both[:, size:]
            if self.option("resetAfter", True):
                n = np.tanh(from_input(2, 3) + r * from_state(h, 2, 3))
                return n + z * (h - n), c
            n = np.tanh(from_input(2, 3) + from_state(r * h, 2, 3))
            return h + z * (n - h), c
        if self.cell == "lstm":
            gates = from_input(0, 4) + from_state(h, 0, 4)
            i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
            c_next = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            seen = c_next
            if self.option("layerNorm", False):
                seen = get("norm_c") * standardize(c_next) + get("norm_c_bias")
            h_next = sigmoid(o) * np.tanh(seen)
            kept = self.option("zoneoutCell", 0.0)
            return h_next, kept * c + (1 - kept) * c_next
        if self.cell == "min-gru":
            z, candidate = sigmoid(from_input(0, 1)), min_activation(from_input(1, 2))
            return (1 - z) * h + z * candidate, c
        # minLSTM; f / (f + i) in another form.
        f, i, candidate = sigmoid(from_input(0, 1)), sigmoid(from_input(1, 2)), min_activation(from_input(2, 3))
        share = 1 / (1 + i / f)
        return share * h + (1 - share) * candidate, c

    def layer(self, end: str, name: str, x: np.ndarray, condition: Condition, keep: np.ndarray | None) -> np.ndarray:
        """One step of one layer with its state `h_NAME`, `c_NAME`. `keep`: rows [B, 1] that are over and stay."""
        h, c = self.state[f"h_{name}"], self.state.get(f"c_{name}")
        h_next, c_next = self.cell_step(end, x, h, c, condition)
        share = self.option("zoneout", 0.0)
        h_next = share * h + (1 - share) * h_next
        if keep is not None:
            h_next = np.where(keep, h, h_next)
            c_next = None if c is None else np.where(keep, c, c_next)
        self.state[f"h_{name}"] = h_next
        if c is not None:
            self.state[f"c_{name}"] = c_next
        if condition is not None and self.option("conditionMode", "bias") == "film":
            w = self.named(end)("condition")
            size = h.shape[1]
            return h_next + (condition @ w[:size].T) * h_next + condition @ w[size:].T
        return h_next

    # --- stacks, blocks, Transformer: one token ---

    def stack_token(self, x: np.ndarray, suffix: str, condition: Condition, keep: np.ndarray | None) -> np.ndarray:
        """All plain layers. `x`: [B, E]."""
        for k in range(self.num_layers()):
            y = self.layer(f"rnn.|_l{k}{suffix}", f"l{k}{suffix}", x, condition, keep)
            x = x + y if self.option("residual", False) and k > 0 else y
        return x

    def num_layers(self) -> int:
        """Layers or blocks."""
        sizes = self.config["hiddenSize"]
        return len(sizes) if isinstance(sizes, list) else self.option("numLayers", 1)

    def block_token(self, k: int, x: np.ndarray, condition: Condition, keep: np.ndarray | None) -> np.ndarray:
        """One recurrent block. `x`: [B, d]."""
        w = self.blocks[k]
        last = np.concatenate([self.state[f"conv_l{k}"], rms_norm(x, w["conv_norm.weight"])[None]])
        self.state[f"conv_l{k}"] = last[1:]
        x = x + w["conv.bias"] + sum(w["conv.weight"][:, j] * last[j] for j in range(4))
        inner = self.layer(f"blocks.{k}.cell.|_l0", f"l{k}", rms_norm(x, w["cell_norm.weight"]), condition, keep)
        x = x + inner @ w["down.weight"].T
        return x + self.mlp(w, x)

    @staticmethod
    def mlp(w: Arrays, x: np.ndarray) -> np.ndarray:
        """down(gelu(up(norm x)))."""
        up = rms_norm(x, w["mlp_norm.weight"]) @ w["mlp.up.weight"].T + w["mlp.up.bias"]
        return gelu(up) @ w["mlp.down.weight"].T + w["mlp.down.bias"]

    def transformer_token(self, k: int, x: np.ndarray) -> np.ndarray:
        """One Transformer block. `x`: [B, d]."""
        w = self.blocks[k]
        batch, width = x.shape
        heads = self.option("numHeads", 4)
        qkv = rms_norm(x, w["attention_norm.weight"]) @ w["attention.qkv.weight"].T
        q, key, v = (qkv[:, j * width : (j + 1) * width].reshape(batch, heads, -1) for j in range(3))
        cache = self.cache.setdefault(k, [])
        cache.append((turn(key, self.position), v))
        del cache[: -self.option("contextLength", 256)]
        q = turn(q, self.position)
        scores = np.stack([(q * past).sum(axis=2) for past, _ in cache]) / np.sqrt(q.shape[2])
        shares = np.exp(scores - scores.max(axis=0))
        shares /= shares.sum(axis=0)
        seen = sum(share[:, :, None] * value for share, (_, value) in zip(shares, cache))
        x = x + seen.reshape(batch, width) @ w["attention.out.weight"].T
        return x + self.mlp(w, x)

    # --- a window ---

    def start(self, batch: int, condition: np.ndarray | None = None) -> None:
        """The state before the first token. `condition`: [B, C]."""
        self.state, self.cache, self.position = {}, {}, 0
        if self.cell == "transformer":
            return
        block = self.option("block", False)
        for suffix in ("", "_reverse") if self.option("bidirectional", False) else ("",):
            for k in range(self.num_layers()):
                prefix, end = (f"blocks.{k}.cell.", "_l0") if block else ("rnn.", f"_l{k}{suffix}")
                size = len(self.w[f"{prefix}bias_ih{end}"]) // GATES[self.cell]
                for part in ("h", "c") if self.cell == "lstm" else ("h",):
                    value = np.zeros((batch, size))
                    if self.option("trainInitialState", False):
                        value += self.w[f"{prefix}{part}0{end}"]
                    if condition is not None and self.option("conditionMode", "bias") == "initial-state":
                        given = condition @ self.w[f"{prefix}condition_{part}0{end}"].T
                        value += np.tanh(given) if part == "h" else given
                    self.state[f"{part}_l{k}{suffix}"] = value
                if block:
                    self.state[f"conv_l{k}"] = np.zeros((3, batch, self.config["hiddenSize"]))

    def token(self, tokens: np.ndarray, condition: Condition, keep: np.ndarray | None) -> np.ndarray:
        """One token of every row through the forward direction. `tokens`: [B]; returns what the output layer reads."""
        x = self.w["embedding.weight"][tokens]
        if self.cell == "transformer":
            for k in range(self.num_layers()):
                x = self.transformer_token(k, x)
        elif self.option("block", False):
            for k in range(self.num_layers()):
                x = self.block_token(k, x, condition, keep)
        else:
            return self.stack_token(x, "", condition, keep)
        self.position += 1
        return rms_norm(x, self.w["norm.weight"])

    def from_right(self, targets: np.ndarray, condition: Condition, lengths: np.ndarray) -> np.ndarray:
        """Top outputs [T, B, H] of the second direction; row t has read targets[last], ..., targets[t + 1]."""
        top = f"h_l{self.num_layers() - 1}_reverse"
        initial = {name: value for name, value in self.state.items() if name.endswith("_reverse")}
        rows = [self.state[top]]
        for t in range(len(targets) - 1, 0, -1):
            x = self.w["embedding.weight"][targets[t]]
            keep = (t >= lengths)[:, None]
            output = self.stack_token(x, "_reverse", condition, keep)
            rows.append(np.where(keep, rows[-1], output))
        self.state |= initial
        return np.stack(rows[::-1])

    def forward(
        self,
        tokens: np.ndarray,
        condition: np.ndarray | None = None,
        targets: np.ndarray | None = None,
        lengths: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """One window [T, B] from the present state, which moves on; returns logits [T, B, V] and hidden [T, B, .].

        `targets`: read by a bidirectional model. `lengths` [B]: rows are over, and keep their state, from there on.
        """
        rows = []
        for t, row in enumerate(tokens):
            keep = None if lengths is None else (t >= lengths)[:, None]
            rows.append(self.token(row, condition, keep))
        hidden = np.stack(rows)
        if self.option("bidirectional", False):
            ends = np.full(tokens.shape[1], len(tokens)) if lengths is None else lengths
            hidden = np.concatenate([hidden, self.from_right(targets, condition, ends)], axis=2)
        read = hidden if self.weight("projection.weight") is None else hidden @ self.w["projection.weight"].T
        output = self.w["linear.weight"] if "linear.weight" in self.w else self.w["embedding.weight"]
        return read @ output.T + self.w["linear.bias"], hidden
