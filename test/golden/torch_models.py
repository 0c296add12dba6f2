"""Every kind of model that mynah knows, in PyTorch, under the tensor names of a mynah file.

The golden generators, read_mynah.py and bench/twin/curves.py share this module, so that each equation stands once.
Recurrent layers are in torch_cells.py; norms, convolution and attention are PyTorch's own. numpy_models.py has the
same equations a second time, token by token, as the oracle.

Not here: dropout, training with zoneout, padded rows (pytorch_windows.py).

Sizes: T time steps, B rows, V vocabulary, E embedding, D input, H hidden, C condition, d model width.
"""

from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.nn import functional

from torch_cells import NORM_EPSILON, Options, Parameters, layer_shapes, run_layer

CONV_WIDTH = 4
ROPE_BASE = 10000.0

# What a model carries from window to window, by name: h_l{k} and c_l{k} [B, H], of blocks also conv_l{k} [3, B, d];
# of a Transformer keys_l{k} and values_l{k} [B, heads, n, d / heads] of the last n tokens.
State = dict[str, torch.Tensor]


def rounded(value: float) -> int:
    """To the nearest integer, halves up (Python's `round` takes halves to the even one)."""
    return int(value + 0.5)


class Weights(nn.Module):
    """Parameters by name and nothing else."""

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))


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
