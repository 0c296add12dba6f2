"""Every kind of model that mynah knows, in PyTorch, under the tensor names of a mynah file.

The golden generators, read_mynah.py and bench/twin/curves.py share this module, so that each equation stands once.
PyTorch's own kernels do the work wherever it has them (torch.lstm, torch.gru, torch.rnn_tanh, rms_norm, layer_norm,
conv1d, scaled_dot_product_attention); cells it has not are written out, one step after the other. numpy_models.py
has the same equations a second time, token by token, as the oracle.

Not here: dropout, training with zoneout, padded rows (pytorch_masked.py).

Sizes: T time steps, B rows, V vocabulary, E embedding, D input, H hidden, G gates, C condition, d model width.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

GATES = {"rnn": 1, "gru": 3, "lstm": 4, "min-gru": 2, "min-lstm": 3}
NORM_EPSILON = 1e-5
CONV_WIDTH = 4
ROPE_BASE = 10000.0
# From this vocabulary size on the output layer has the embedding's weights unless the configuration says otherwise.
TIED_FROM = 500

# What a model carries from window to window, by name: h_l{k} and c_l{k} [B, H], of blocks also conv_l{k} [3, B, d];
# of a Transformer keys_l{k} and values_l{k} [B, heads, n, d / heads] of the last n tokens.
State = dict[str, torch.Tensor]
Parameters = Mapping[str, torch.Tensor]


def rounded(value: float) -> int:
    """To the nearest integer, halves up (Python's `round` takes halves to the even one)."""
    return int(value + 0.5)


@dataclass(frozen=True)
class Options:
    """mynah's model options under Python's names; `of` reads the `config` of a file."""

    cell: str = "gru"
    activation: str = "tanh"
    reset_after: bool = True
    hidden_sizes: tuple[int, ...] = (256,)
    embedding_size: int = 128
    residual: bool = False
    layer_norm: bool = False
    block: bool = False
    expansion: float = 1.5
    mlp_factor: float = 2.0
    num_heads: int = 4
    context_length: int = 256
    tie_weights: bool = False
    projection_size: int | None = None
    bidirectional: bool = False
    zoneout: float = 0.0
    zoneout_cell: float = 0.0
    train_initial_state: bool = False
    condition_size: int = 0
    condition_mode: str = "bias"

    @staticmethod
    def of(config: Mapping[str, object], vocab_size: int) -> "Options":
        """The options of a `config`; what it leaves open has mynah's default."""
        renamed = {
            "cell": "cell", "activation": "activation", "resetAfter": "reset_after", "residual": "residual",
            "layerNorm": "layer_norm", "block": "block", "expansion": "expansion", "mlpFactor": "mlp_factor",
            "numHeads": "num_heads", "contextLength": "context_length", "tieWeights": "tie_weights",
            "projectionSize": "projection_size", "bidirectional": "bidirectional", "zoneout": "zoneout",
            "zoneoutCell": "zoneout_cell", "trainInitialState": "train_initial_state",
            "conditionSize": "condition_size", "conditionMode": "condition_mode",
        }  # fmt: skip
        unknown = set(config) - set(renamed) - {"hiddenSize", "numLayers", "embeddingSize"}
        if unknown:
            raise ValueError(f"unknown options {sorted(unknown)}")
        found = {"mlp_factor": 4.0 if config.get("cell") == "transformer" else 2.0}
        found |= {"tie_weights": vocab_size >= TIED_FROM}
        found |= {renamed[name]: value for name, value in config.items() if name in renamed and value is not None}
        sizes = config.get("hiddenSize", 256)
        sizes = tuple(sizes) if isinstance(sizes, list) else (sizes,) * config.get("numLayers", 1)
        wide = found.get("block", False) or found.get("cell") == "transformer"
        embedding_size = sizes[0] if wide else config.get("embeddingSize", 128)
        return Options(hidden_sizes=sizes, embedding_size=embedding_size, **found)

    @property
    def has_memory(self) -> bool:
        """Whether the cell carries a c beside its h."""
        return self.cell == "lstm"

    @property
    def is_min(self) -> bool:
        """Whether the cell's gates see the input alone."""
        return self.cell in ("min-gru", "min-lstm")

    @property
    def output_size(self) -> int:
        """Width of what the projection, or without one the output layer, reads."""
        return self.hidden_sizes[-1] * (2 if self.bidirectional else 1)

    @property
    def projected_size(self) -> int | None:
        """Width of the projection before the output layer, or None."""
        if self.tie_weights:
            return None if self.output_size == self.embedding_size else self.embedding_size
        return self.projection_size


class Weights(nn.Module):
    """Parameters by name and nothing else."""

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))


def layer_shapes(options: Options, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """Shapes of one recurrent layer's parameters; their full names end in `_l{k}`."""
    rows = GATES[options.cell] * hidden_size
    shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, input_size), "bias_ih": (rows,)}
    if not options.is_min:
        shapes |= {"weight_hh": (rows, hidden_size), "bias_hh": (rows,)}
    if options.layer_norm:
        shapes |= {"norm_ih": (rows,), "norm_hh": (rows,)}
        if options.has_memory:
            shapes |= {"norm_c": (hidden_size,), "norm_c_bias": (hidden_size,)}
    parts = ("h0", "c0") if options.has_memory else ("h0",)
    if options.train_initial_state:
        shapes |= {part: (hidden_size,) for part in parts}
    if options.condition_size and options.condition_mode == "initial-state":
        shapes |= {f"condition_{part}": (hidden_size, options.condition_size) for part in parts}
    elif options.condition_size:
        width = rows if options.condition_mode == "bias" else 2 * hidden_size
        shapes["condition"] = (width, options.condition_size)
    return shapes


# --- one layer -------------------------------------------------------------------------------------------------------


def layer_norm(preact: torch.Tensor, gain: torch.Tensor, groups: list[int]) -> torch.Tensor:
    """Each group of columns with mean 0 and (biased) variance 1 per row, times `gain`. `preact`: [..., sum(groups)]."""
    parts = [functional.layer_norm(part, part.shape[-1:], eps=NORM_EPSILON) for part in preact.split(groups, dim=-1)]
    return gain * torch.cat(parts, dim=-1)


def norm_groups(cell: str, hidden_size: int) -> list[int]:
    """Which gates a layer norm takes together: all of the LSTM's, r with z, n alone."""
    return {"rnn": [hidden_size], "gru": [2 * hidden_size, hidden_size], "lstm": [4 * hidden_size]}[cell]


def input_part(options: Options, p: Parameters, inputs: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor:
    """The input's share of all preactivations with its bias and the condition's. `inputs`: [T, B, D]."""
    product = inputs @ p["weight_ih"].T
    if options.layer_norm:
        hidden_size = len(p["bias_ih"]) // GATES[options.cell]
        product = layer_norm(product, p["norm_ih"], norm_groups(options.cell, hidden_size))
    product = product + p["bias_ih"]
    if condition is not None and options.condition_mode == "bias":
        product = product + condition @ p["condition"].T
    return product


def recurrent_part(
    options: Options, p: Parameters, h: torch.Tensor, gates: slice = slice(None), group: int | None = None
) -> torch.Tensor:
    """W_hh h + b_hh of some rows, normalised where the model is. `group` names the one norm group of these rows."""
    product = h @ p["weight_hh"][gates].T
    if options.layer_norm:
        groups = norm_groups(options.cell, h.shape[1])
        groups = groups if group is None else [groups[group]]
        product = layer_norm(product, p["norm_hh"][gates], groups)
    return product + p["bias_hh"][gates]


def rnn_step(options: Options, p: Parameters, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """f(x + U h): `x` is the input's part [B, H]; returns the next h."""
    preact = x + recurrent_part(options, p, h)
    return torch.relu(preact) if options.activation == "relu" else torch.tanh(preact)


def gru_step(options: Options, p: Parameters, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """Gates r, z, n. Reset after: h' = (1 - z) n + z h as in nn.GRU; reset before: h' = (1 - z) h + z n (Cho 2014)."""
    size = h.shape[1]
    r_x, z_x, n_x = x.chunk(3, dim=1)
    if options.reset_after:
        r_h, z_h, n_h = recurrent_part(options, p, h).chunk(3, dim=1)
        r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
        return (1 - z) * torch.tanh(n_x + r * n_h) + z * h
    r_h, z_h = recurrent_part(options, p, h, slice(0, 2 * size), 0).chunk(2, dim=1)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + recurrent_part(options, p, r * h, slice(2 * size, None), 1))
    return (1 - z) * h + z * n


def lstm_step(
    options: Options, p: Parameters, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gates i, f, g, o. With layer norm c is normalised inside the tanh alone and carried as it is (Ba et al. 2016).

    Zoneout of c comes last: the new h is of the c before it.
    """
    i, f, g, o = (x + recurrent_part(options, p, h)).chunk(4, dim=1)
    c_next = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    seen = c_next
    if options.layer_norm:
        seen = layer_norm(c_next, p["norm_c"], [c_next.shape[1]]) + p["norm_c_bias"]
    h_next = torch.sigmoid(o) * torch.tanh(seen)
    return h_next, options.zoneout_cell * c + (1 - options.zoneout_cell) * c_next


def min_activation(v: torch.Tensor) -> torch.Tensor:
    """g(v) = v + 0.5 from 0 on, s(v) below."""
    return torch.where(v >= 0, v + 0.5, torch.sigmoid(v))


def min_parts(options: Options, preact: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What minGRU and minLSTM keep of h and what they add to it, for all steps at once. `preact`: [T, B, G*H]."""
    if options.cell == "min-gru":
        z, v = preact.chunk(2, dim=-1)
        z = torch.sigmoid(z)
        return 1 - z, z * min_activation(v)
    f, i, v = preact.chunk(3, dim=-1)
    f, i = torch.sigmoid(f), torch.sigmoid(i)
    return f / (f + i), i / (f + i) * min_activation(v)


def run_steps(
    options: Options, p: Parameters, x: torch.Tensor, state: list[torch.Tensor]
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """A written-out layer over all steps. `x`: the input's part [T, B, G*H]; returns outputs [T, B, H] and state."""
    h, outputs = state[0], []
    c = state[1] if options.has_memory else None
    kept, added = min_parts(options, x) if options.is_min else (None, None)
    for t in range(len(x)):
        if options.is_min:
            h_next = kept[t] * h + added[t]
        elif options.has_memory:
            h_next, c = lstm_step(options, p, x[t], h, c)
        else:
            h_next = {"rnn": rnn_step, "gru": gru_step}[options.cell](options, p, x[t], h)
        h = options.zoneout * h + (1 - options.zoneout) * h_next if options.zoneout else h_next
        outputs.append(h)
    return torch.stack(outputs), [h, c] if options.has_memory else [h]


def run_fused(
    options: Options, p: Parameters, inputs: torch.Tensor, state: list[torch.Tensor], condition: torch.Tensor | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The same by PyTorch's own kernel. A condition that is a bias goes in as further inputs with weights W_c."""
    w_ih = p["weight_ih"]
    if condition is not None and options.condition_mode == "bias":
        inputs = torch.cat([inputs, condition.expand(len(inputs), -1, -1)], dim=2)
        w_ih = torch.cat([w_ih, p["condition"]], dim=1)
    weights = [w_ih, p["weight_hh"], p["bias_ih"], p["bias_hh"]]
    h0 = tuple(part[None] for part in state) if options.has_memory else state[0][None]
    name = f"rnn_{options.activation}" if options.cell == "rnn" else options.cell
    # Biases, one layer, no dropout, training (cuDNN keeps what its backward needs), one direction, time first.
    outputs, *last = getattr(torch, name)(inputs, h0, weights, True, 1, 0.0, True, False, False)
    return outputs, [part[0] for part in last]


def run_layer(
    options: Options, p: Parameters, inputs: torch.Tensor, state: list[torch.Tensor], condition: torch.Tensor | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """One recurrent layer over a window. `inputs`: [T, B, D]; returns what the next layer reads [T, B, H] and state."""
    written_out = options.is_min or options.layer_norm or options.zoneout or options.zoneout_cell
    if written_out or (options.cell == "gru" and not options.reset_after):
        outputs, state = run_steps(options, p, input_part(options, p, inputs, condition), state)
    else:
        outputs, state = run_fused(options, p, inputs, state, condition)
    if condition is not None and options.condition_mode == "film":
        gamma, beta = (condition @ p["condition"].T).chunk(2, dim=1)
        outputs = (1 + gamma) * outputs + beta
    return outputs, state


# --- stacks and blocks -----------------------------------------------------------------------------------------------


class Stack(nn.Module):
    """Recurrent layers one above the other, in one direction or two; parameters end in `_l{k}` or `_l{k}_reverse`."""

    def __init__(self, options: Options, input_size: int, hidden_sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.options, self.hidden_sizes = options, hidden_sizes
        for suffix in ("", "_reverse") if options.bidirectional else ("",):
            for k, (width, hidden_size) in enumerate(zip((input_size, *hidden_sizes), hidden_sizes)):
                for name, shape in layer_shapes(options, width, hidden_size).items():
                    self.register_parameter(f"{name}_l{k}{suffix}", nn.Parameter(torch.zeros(shape)))

    def layer(self, k: int, suffix: str) -> Parameters:
        """The parameters of layer `k` under their names without `_l{k}`."""
        end = f"_l{k}{suffix}"
        return {name.removesuffix(end): p for name, p in self.named_parameters() if name.endswith(end)}

    def initial_state(self, batch: int, condition: torch.Tensor | None, suffix: str = "") -> State:
        """Zero, or as it was learned, plus what the condition sets."""
        state = {}
        for k, hidden_size in enumerate(self.hidden_sizes):
            p = self.layer(k, suffix)
            for part in ("h", "c") if self.options.has_memory else ("h",):
                value = p["weight_ih"].new_zeros(batch, hidden_size)
                if self.options.train_initial_state:
                    value = value + p[f"{part}0"]
                if condition is not None and self.options.condition_mode == "initial-state":
                    given = condition @ p[f"condition_{part}0"].T
                    value = value + (torch.tanh(given) if part == "h" else given)
                state[f"{part}_l{k}"] = value
        return state

    def forward(
        self, inputs: torch.Tensor, state: State, condition: torch.Tensor | None, suffix: str = ""
    ) -> tuple[torch.Tensor, State]:
        """`inputs`: [T, B, D]; returns the top layer's outputs [T, B, H] and the last state."""
        last = {}
        for k in range(len(self.hidden_sizes)):
            names = [f"h_l{k}", f"c_l{k}"] if self.options.has_memory else [f"h_l{k}"]
            start = [state[name] for name in names]
            outputs, end = run_layer(self.options, self.layer(k, suffix), inputs, start, condition)
            last |= dict(zip(names, end))
            inputs = outputs + inputs if self.options.residual and k > 0 else outputs
        return inputs, last

    def backward_outputs(self, embedded: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor:
        """The second direction: row t is its output after reading `embedded` [T, B, E] from the last row to t + 1.

        Nothing follows the last row, which therefore has the top layer's initial h.
        """
        state = self.initial_state(embedded.shape[1], condition, "_reverse")
        none_read = state[f"h_l{len(self.hidden_sizes) - 1}"][None]
        if len(embedded) == 1:
            return none_read
        outputs, _ = self(embedded[1:].flip(0), state, condition, "_reverse")
        return torch.cat([outputs.flip(0), none_read])


class Mlp(nn.Module):
    """down(gelu(up(x))) with tanh's approximation of gelu."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x`: [T, B, d]."""
        return self.down(functional.gelu(self.up(x), approximate="tanh"))


class RecurrentBlock(nn.Module):
    """x += conv(norm x); x += down(cell(norm x)); x += mlp(norm x)."""

    def __init__(self, options: Options, width: int) -> None:
        super().__init__()
        inner = rounded(options.expansion * width)
        self.conv_norm = nn.RMSNorm(width, NORM_EPSILON)
        self.conv = Weights({"weight": (width, CONV_WIDTH), "bias": (width,)})
        self.cell_norm = nn.RMSNorm(width, NORM_EPSILON)
        self.cell = Stack(options, width, (inner,))
        self.down = nn.Linear(inner, width, bias=False)
        self.mlp_norm = nn.RMSNorm(width, NORM_EPSILON)
        self.mlp = Mlp(width, rounded(options.mlp_factor * width))

    def initial_state(self, batch: int, condition: torch.Tensor | None) -> State:
        """No inputs before the first for the convolution, and the cell's."""
        none = self.conv.weight.new_zeros(CONV_WIDTH - 1, batch, len(self.conv.bias))
        return {"conv_l0": none} | self.cell.initial_state(batch, condition)

    def convolve(self, x: torch.Tensor, history: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Causal depthwise convolution. `history`: the three inputs before `x`, [3, B, d]; also returns the next."""
        joined = torch.cat([history, x])
        weight, bias = self.conv.weight[:, None, :], self.conv.bias
        convolved = functional.conv1d(joined.permute(1, 2, 0), weight, bias, groups=len(bias))
        return convolved.permute(2, 0, 1), joined[len(x) :]

    def forward(
        self, x: torch.Tensor, state: State, condition: torch.Tensor | None
    ) -> tuple[torch.Tensor, State]:
        """`x`: [T, B, d]."""
        convolved, history = self.convolve(self.conv_norm(x), state["conv_l0"])
        x = x + convolved
        outputs, last = self.cell(self.cell_norm(x), state, condition)
        x = x + self.down(outputs)
        return x + self.mlp(self.mlp_norm(x)), last | {"conv_l0": history}


def rotate(x: torch.Tensor, first: int) -> torch.Tensor:
    """Rotary position embedding: pairs (x_j, x_{j + dh/2}) turned by position * 10000^(-2j/dh).

    `x`: [B, heads, n, dh], the first of them at position `first`.
    """
    half = x.shape[-1] // 2
    frequencies = ROPE_BASE ** (-2 * torch.arange(half, dtype=x.dtype, device=x.device) / x.shape[-1])
    positions = first + torch.arange(x.shape[-2], dtype=x.dtype, device=x.device)
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    low, high = x[..., :half], x[..., half:]
    return torch.cat([low * cos - high * sin, high * cos + low * sin], dim=-1)


class Attention(nn.Module):
    """Causal attention over the last `context_length` tokens, the present one included."""

    def __init__(self, options: Options, width: int) -> None:
        super().__init__()
        self.heads, self.context_length = options.num_heads, options.context_length
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """`x`: [T, B, d]. The cache holds keys before their rotation: only distances count, so positions restart."""
        seq_len, batch, width = x.shape
        q, k, v = (
            part.reshape(seq_len, batch, self.heads, -1).permute(1, 2, 0, 3) for part in self.qkv(x).chunk(3, dim=-1)
        )
        if state:
            k, v = torch.cat([state["keys_l0"], k], dim=2), torch.cat([state["values_l0"], v], dim=2)
        past = k.shape[2] - seq_len
        age = past + torch.arange(seq_len, device=x.device)[:, None] - torch.arange(past + seq_len, device=x.device)
        visible = (age >= 0) & (age < self.context_length)
        seen = functional.scaled_dot_product_attention(rotate(q, past), rotate(k, 0), v, attn_mask=visible)
        kept = slice(-self.context_length, None)
        cache = {"keys_l0": k[:, :, kept], "values_l0": v[:, :, kept]}
        return self.out(seen.permute(2, 0, 1, 3).reshape(seq_len, batch, width)), cache


class TransformerBlock(nn.Module):
    """x += attention(norm x); x += mlp(norm x)."""

    def __init__(self, options: Options, width: int) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(width, NORM_EPSILON)
        self.attention = Attention(options, width)
        self.mlp_norm = nn.RMSNorm(width, NORM_EPSILON)
        self.mlp = Mlp(width, rounded(options.mlp_factor * width))

    def initial_state(self, batch: int, condition: torch.Tensor | None) -> State:
        """An empty cache."""
        return {}

    def forward(self, x: torch.Tensor, state: State, condition: torch.Tensor | None) -> tuple[torch.Tensor, State]:
        """`x`: [T, B, d]."""
        attended, cache = self.attention(self.attention_norm(x), state)
        x = x + attended
        return x + self.mlp(self.mlp_norm(x)), cache


# --- the language model ----------------------------------------------------------------------------------------------


class LanguageModel(nn.Module):
    """Embedding -> recurrent layers, blocks or Transformer -> output layer, from the `config` of a mynah file.

    All parameters are zero until `load_state_dict`.
    """

    def __init__(self, config: Mapping[str, object], vocab_size: int) -> None:
        super().__init__()
        o = self.options = Options.of(config, vocab_size)
        self.embedding = Weights({"weight": (vocab_size, o.embedding_size)})
        width = o.hidden_sizes[0]
        self.is_deep = o.block or o.cell == "transformer"
        if self.is_deep:
            make: Callable[[Options, int], nn.Module] = RecurrentBlock if o.block else TransformerBlock
            self.blocks = nn.ModuleList(make(o, width) for _ in o.hidden_sizes)
            self.norm = nn.RMSNorm(width, NORM_EPSILON)
        else:
            self.rnn = Stack(o, o.embedding_size, o.hidden_sizes)
        read = o.projected_size or o.output_size
        if o.projected_size:
            self.projection = Weights({"weight": (o.projected_size, o.output_size)})
        own = {} if o.tie_weights else {"weight": (vocab_size, read)}
        self.linear = Weights(own | {"bias": (vocab_size,)})

    def initial_state(self, batch: int, condition: torch.Tensor | None = None) -> State:
        """The state before the first token. `condition`: [B, C]."""
        if not self.is_deep:
            return self.rnn.initial_state(batch, condition)
        states = [block.initial_state(batch, condition) for block in self.blocks]
        return {name.replace("_l0", f"_l{k}"): v for k, state in enumerate(states) for name, v in state.items()}

    def forward(
        self,
        tokens: torch.Tensor,
        state: State | None = None,
        condition: torch.Tensor | None = None,
        targets: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, State]:
        """`tokens`: [T, B]; returns logits [T, B, V], what the output layer read [T, B, .] and the last state.

        `targets` [T, B], the token after each of `tokens`, is what the second direction of a bidirectional model
        reads: at position t those to the right of targets[t]. It starts from its initial state in each call.
        """
        state = self.initial_state(tokens.shape[1], condition) if state is None else state
        x = functional.embedding(tokens, self.embedding.weight)
        if self.is_deep:
            x, state = self.run_blocks(x, state, condition)
        else:
            x, state = self.rnn(x, state, condition)
        if self.options.bidirectional:
            right = functional.embedding(targets, self.embedding.weight)
            x = torch.cat([x, self.rnn.backward_outputs(right, condition)], dim=2)
        return self.output(x), x, state

    def run_blocks(
        self, x: torch.Tensor, state: State, condition: torch.Tensor | None
    ) -> tuple[torch.Tensor, State]:
        """All blocks and the last norm. `x`: [T, B, d]."""
        last = {}
        for k, block in enumerate(self.blocks):
            end = f"_l{k}"
            own = {name.replace(end, "_l0"): value for name, value in state.items() if name.endswith(end)}
            x, after = block(x, own, condition)
            last |= {name.replace("_l0", end): value for name, value in after.items()}
        return self.norm(x), last

    def output(self, x: torch.Tensor) -> torch.Tensor:
        """Projection, if there is one, and the logits [T, B, V]."""
        if self.options.projected_size:
            x = x @ self.projection.weight.T
        weight = self.embedding.weight if self.options.tie_weights else self.linear.weight
        return functional.linear(x, weight, self.linear.bias)


def mean_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over all T*B targets, in nats."""
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def detach(state: State) -> State:
    """The same state, cut from its history."""
    return {name: value.detach() for name, value in state.items()}
