"""PyTorch reads a model file written by mynah and evaluates a text with it: the check that our files are theirs.

Prints one JSON line {"loss", "tokens"}: mean cross-entropy in nats over all symbols of the text but the first (which
is only input), in one pass with the state carried from its start, and how many symbols that were. With --documents
each line of the file is one document: the model starts anew, reads the boundary and predicts every symbol and the
boundary at the end. The float32 weights are evaluated in float64. The models are those of torch_models.py.

A Transformer's cache holds the last contextLength tokens. The second direction of a bidirectional model starts at the
end of each call (--chunk tokens, or the document's end).

Run: python test/golden/read_mynah.py MODEL.safetensors TEXT.txt
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn

from torch_models import LanguageModel

# Of a checkpoint: what only goes on training.
TRAINING_STATE = ("optimizer.", "raw.", "previous.", "previous_average.", "best.", "state.")
UNKNOWN = 0


class Vocabulary:
    """The tokens of a file's character tokenizer: unknown and boundary, as far as it has them, then the symbols.

    What is in none of them is the unknown one, then its UTF-8 bytes in digits of 8, 4 or 1 bits: digit d is symbol d.
    """

    def __init__(self, tokenizer: dict[str, object]) -> None:
        if tokenizer["kind"] != "char":
            raise SystemExit(f"unknown tokenizer {tokenizer['kind']!r}")
        self.has_unknown = tokenizer.get("hasUnknown", True)
        self.boundary = int(self.has_unknown) if tokenizer.get("hasBoundary", False) else None
        self.first = int(self.has_unknown) + (self.boundary is not None)
        self.ids = {symbol: self.first + i for i, symbol in enumerate(tokenizer["symbols"])}
        self.size = self.first + len(self.ids)

    def encode(self, text: str) -> torch.Tensor:
        """Ids of the Unicode scalar values of `text`, int64 [N]."""
        missing = set(text) - set(self.ids)
        if missing and not self.has_unknown:
            raise SystemExit(f"the vocabulary has no {sorted(missing)}, and no unknown symbol")
        tokens = []
        for symbol in text:
            tokens += [self.ids[symbol]] if symbol in self.ids else self.spell(symbol)
        return torch.tensor(tokens, dtype=torch.int64)

    def spell(self, symbol: str) -> list[int]:
        """The unknown one and the digits of the bytes, the high ones first; a missing digit (of one symbol) is 0."""
        bits = 8 if len(self.ids) >= 256 else 4 if len(self.ids) >= 16 else 1
        places = range(8 - bits, -1, -bits)
        digits = [byte >> place & ((1 << bits) - 1) for byte in symbol.encode() for place in places]
        return [UNKNOWN] + [self.first + digit if digit < len(self.ids) else UNKNOWN for digit in digits]


def load(path: Path) -> tuple[LanguageModel, Vocabulary, dict[str, object]]:
    """The model of a mynah file in float32, its vocabulary and its `config`."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys() if not name.startswith(TRAINING_STATE)}
    if metadata.get("format") != "mynah":
        raise SystemExit(f"{path} is not a mynah file: format is {metadata.get('format')!r}")
    config, vocabulary = json.loads(metadata["config"]), Vocabulary(json.loads(metadata["tokenizer"]))
    wrong = [name for name, tensor in tensors.items() if tensor.dtype != torch.float32]
    if wrong:
        raise SystemExit(f"not float32: {wrong}")
    model = LanguageModel(config, vocabulary.size)
    model.load_state_dict(tensors)  # strict: every name and shape must be as the model has it
    return model, vocabulary, config


def read_sequences(path: Path, vocabulary: Vocabulary, documents: bool) -> Iterator[torch.Tensor]:
    """The whole text, or each line that is not empty between two boundaries. Tokens, int64 [N]."""
    # Bytes, because text mode would change the line ends.
    text = path.read_bytes().decode("utf-8")
    if not documents:
        yield vocabulary.encode(text)
        return
    if vocabulary.boundary is None:
        raise SystemExit("this model knows no documents: its tokenizer has no boundary")
    edge = torch.tensor([vocabulary.boundary])
    for line in text.replace("\r\n", "\n").split("\n"):
        if line:
            yield torch.cat([edge, vocabulary.encode(line), edge])


@torch.no_grad()
def evaluate(
    model: LanguageModel, tokens: torch.Tensor, chunk: int, condition: torch.Tensor | None
) -> tuple[float, int]:
    """Sum of the losses in nats over all tokens but the first, and their number. `tokens`: [N], one stream."""
    count = len(tokens) - 1
    if count < 1:
        raise SystemExit("the text needs at least two symbols")
    total, state = 0.0, None
    for start in range(0, count, chunk):
        end = min(start + chunk, count)
        targets = tokens[start + 1 : end + 1]
        logits, _, state = model(tokens[start:end, None], state, condition, targets[:, None])
        total += nn.functional.cross_entropy(logits[:, 0], targets, reduction="sum").item()
    return total, count


def main() -> None:
    """Reads the arguments, prints the JSON line."""
    parser = argparse.ArgumentParser(description="Evaluate a text with a mynah model in PyTorch.")
    parser.add_argument("model", type=Path, help="a .safetensors file written by mynah")
    parser.add_argument("text", type=Path, help="a UTF-8 text file")
    parser.add_argument("--documents", action="store_true", help="each line is one document")
    parser.add_argument("--chunk", type=int, default=1024, help="tokens per call (default 1024)")
    parser.add_argument("--condition", type=float, nargs="+", help="the condition vector of all rows")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, vocabulary, _ = load(arguments.model)
    model.double()
    condition = torch.tensor([arguments.condition], dtype=torch.float64) if arguments.condition else None
    if (0 if condition is None else condition.shape[1]) != model.options.condition_size:
        raise SystemExit(f"this model takes a condition of {model.options.condition_size} numbers")
    total, count = 0.0, 0
    for tokens in read_sequences(arguments.text, vocabulary, arguments.documents):
        loss, own = evaluate(model, tokens, arguments.chunk, condition)
        total, count = total + loss, count + own
    print(json.dumps({"loss": total / count, "tokens": count}))


if __name__ == "__main__":
    main()
