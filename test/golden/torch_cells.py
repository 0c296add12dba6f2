"""One recurrent layer of every kind in PyTorch, for torch_models.py: options, parameters, and a window through it.

PyTorch's own kernels do the work wherever it has them (torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu); cells
it has not are written out, one step after the other.

Sizes: T time steps, B rows, D input, H hidden, G gates, C condition.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch.nn import functional

GATES = {"rnn": 1, "gru": 3, "lstm": 4, "min-gru": 2, "min-lstm": 3}
NORM_EPSILON = 1e-5
# From this vocabulary size on the output layer has the embedding's weights unless the configuration says otherwise.
TIED_FROM = 500

Parameters = Mapping[str, torch.Tensor]


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
