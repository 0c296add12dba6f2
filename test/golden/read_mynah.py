"""PyTorch reads a model file written by mynah and evaluates a text with it: the check that our files are theirs.

Prints one JSON line {"loss", "tokens"}: mean cross-entropy in nats over all symbols of the text but the first (which
is only input), in one pass with the state carried from zero, and how many symbols that were. The float32 weights are
evaluated in float64. A GRU with resetAfter false has no PyTorch module; its step is written out below.

Run: python test/golden/read_mynah.py MODEL.safetensors TEXT.txt
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn

# Time steps per call: bounds the memory, changes nothing else, since the state is carried.
CHUNK = 1024

# h, or (h, c) for the LSTM, each [L, 1, H]; None is zero.
State = torch.Tensor | tuple[torch.Tensor, torch.Tensor] | None


class ResetBeforeGru(nn.Module):
    """GRU with the reset gate before the matrix product (Cho et al. 2014), parameters named as in nn.GRU.

    r = s(W_ir x + b_ir + W_hr h + b_hr), z alike, n = tanh(W_in x + b_in + W_hn (r * h) + b_hn),
    h' = (1 - z) * h + z * n. Gate order r, z, n. Note that z weighs the new value here, the old one in nn.GRU.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int) -> None:
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size
            shapes = {"weight_ih": (3 * hidden_size, width), "weight_hh": (3 * hidden_size, hidden_size)}
            shapes |= {"bias_ih": (3 * hidden_size,), "bias_hh": (3 * hidden_size,)}
            for name, shape in shapes.items():
                self.register_parameter(f"{name}_l{k}", nn.Parameter(torch.zeros(shape)))

    def step(self, k: int, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """Layer `k`, one time step. `x`: [B, D]; `h`: [B, H]; returns the next h."""
        w_ih, w_hh, b_ih, b_hh = (
            self.get_parameter(f"{name}_l{k}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        r_x, z_x, n_x = nn.functional.linear(x, w_ih, b_ih).chunk(3, dim=1)
        rows = 2 * self.hidden_size
        r_h, z_h = nn.functional.linear(h, w_hh[:rows], b_hh[:rows]).chunk(2, dim=1)
        r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
        n = torch.tanh(n_x + nn.functional.linear(r * h, w_hh[rows:], b_hh[rows:]))
        return (1 - z) * h + z * n

    def forward(self, inputs: torch.Tensor, state: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """`inputs`: [T, B, D]; `state`: [L, B, H]; returns the top layer's outputs [T, B, H] and the last state."""
        batch = inputs.shape[1]
        state = inputs.new_zeros(self.num_layers, batch, self.hidden_size) if state is None else state
        last = []
        for k in range(self.num_layers):
            h, outputs = state[k], []
            for x in inputs:
                h = self.step(k, x, h)
                outputs.append(h)
            last.append(h)
            inputs = torch.stack(outputs)
        return inputs, torch.stack(last)


class LanguageModel(nn.Module):
    """Embedding -> recurrent layers -> Linear, from the `config` of a mynah file."""

    def __init__(self, config: dict[str, object], vocab_size: int) -> None:
        super().__init__()
        sizes = (config["embeddingSize"], config["hiddenSize"], config["numLayers"])
        self.embedding = nn.Embedding(vocab_size, config["embeddingSize"])
        self.rnn = make_rnn(config, sizes)
        self.linear = nn.Linear(config["hiddenSize"], vocab_size)

    def forward(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """`tokens`: [T, B]; returns the logits [T, B, V] and the last state."""
        hidden, state = self.rnn(self.embedding(tokens), state)
        return self.linear(hidden), state


def make_rnn(config: dict[str, object], sizes: tuple[int, int, int]) -> nn.Module:
    """The recurrent module that `config` names. `sizes`: input size, hidden size, layers."""
    cell = config["cell"]
    if cell == "rnn":
        return nn.RNN(*sizes, nonlinearity=config["activation"])
    if cell == "lstm":
        return nn.LSTM(*sizes)
    if cell == "gru":
        return nn.GRU(*sizes) if config["resetAfter"] else ResetBeforeGru(*sizes)
    raise SystemExit(f"unknown cell {cell!r}")


def load(path: Path) -> tuple[LanguageModel, str]:
    """The model of a mynah file in float64, and the symbols of its tokenizer (symbol i has id i + 1)."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        names = [name for name in file.keys() if not name.startswith("optimizer.")]
        tensors = {name: file.get_tensor(name) for name in names}
    if metadata.get("format") != "mynah":
        raise SystemExit(f"{path} is not a mynah file: format is {metadata.get('format')!r}")
    config, tokenizer = json.loads(metadata["config"]), json.loads(metadata["tokenizer"])
    if tokenizer["kind"] != "char":
        raise SystemExit(f"unknown tokenizer {tokenizer['kind']!r}")
    wrong = [name for name, tensor in tensors.items() if tensor.dtype != torch.float32]
    if wrong:
        raise SystemExit(f"not float32: {wrong}")
    model = LanguageModel(config, vocab_size=len(tokenizer["symbols"]) + 1)
    model.load_state_dict(tensors)  # strict: every name and shape must be as PyTorch has it
    return model.double(), tokenizer["symbols"]


def encode(text: str, symbols: str) -> torch.Tensor:
    """Ids of the Unicode scalar values of `text`, int64 [N]; 0 for those that are not in `symbols`."""
    ids = {symbol: i + 1 for i, symbol in enumerate(symbols)}
    return torch.tensor([ids.get(symbol, 0) for symbol in text], dtype=torch.int64)


@torch.no_grad()
def evaluate(model: LanguageModel, tokens: torch.Tensor) -> tuple[float, int]:
    """Mean loss in nats over all tokens but the first, and their number. `tokens`: [N], one stream."""
    count = len(tokens) - 1
    if count < 1:
        raise SystemExit("the text needs at least two symbols")
    total, state = 0.0, None
    for start in range(0, count, CHUNK):
        end = min(start + CHUNK, count)
        logits, state = model(tokens[start:end, None], state)
        total += nn.functional.cross_entropy(logits[:, 0], tokens[start + 1 : end + 1], reduction="sum").item()
    return total / count, count


def main() -> None:
    """Reads the arguments, prints the JSON line."""
    parser = argparse.ArgumentParser(description="Evaluate a text with a mynah model in PyTorch.")
    parser.add_argument("model", type=Path, help="a .safetensors file written by mynah")
    parser.add_argument("text", type=Path, help="a UTF-8 text file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, symbols = load(arguments.model)
    # Bytes, because text mode would change the line ends.
    text = arguments.text.read_bytes().decode("utf-8")
    loss, count = evaluate(model, encode(text, symbols))
    print(json.dumps({"loss": loss, "tokens": count}))


if __name__ == "__main__":
    main()
