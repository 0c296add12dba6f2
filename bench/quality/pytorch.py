"""PyTorch on the same text: an LSTM trained as mynah trains one, and nanoGPT's recipe for CPUs.

nanoGPT's recipe (github.com/karpathy/nanoGPT, README and config/train_shakespeare_char.py), written anew: 4 layers and 4 heads of a
pre-norm decoder of width 128 over 64 symbols, tied weights, no biases, no dropout; 2,000 updates of 12 random windows; AdamW at 1e-3,
warm-up of 100, a cosine down to 1e-4, betas 0.9 and 0.99, decay 0.1 of matrices, clipping at 1.

Prints one JSON object per reading of the held-out text, and a last one with "done"; the clock stands still meanwhile. "zero" is its loss
in windows of 64 symbols from a fresh start, "loss" that with the state carried over all of it, in one pass.

Run: python bench/quality/pytorch.py nanogpt --learnt FILE --held-out FILE
Needs torch (bench/peers/requirements.txt).
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

CONTEXT = 64
READINGS = 20
# Windows side by side in a reading, and steps of a pass at once: they bound its memory and change nothing else.
WINDOWS_AT_ONCE = 128
STEPS_AT_ONCE = 1024


class Block(nn.Module):
    """Attention and MLP, each on a normalised copy and added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width, bias=False) for _ in range(2)])
        self.queries_keys_values = nn.Linear(width, 3 * width, bias=False)
        self.attended = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x`: [B, T, C]."""
        batch, steps, width = x.shape
        parts = self.queries_keys_values(self.norms[0](x)).view(batch, steps, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        x = x + self.attended(seen.transpose(1, 2).reshape(batch, steps, width))
        return x + self.down(functional.gelu(self.up(self.norms[1](x))))


class Decoder(nn.Module):
    """The Transformer of the recipe."""

    def __init__(self, vocab_size: int, width: int = 128, layers: int = 4, heads: int = 4) -> None:
        super().__init__()
        self.symbols = nn.Embedding(vocab_size, width)
        self.places = nn.Embedding(CONTEXT, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width, bias=False)
        for name, weights in self.named_parameters():
            if weights.dim() >= 2:
                is_residual = name.endswith(("attended.weight", "down.weight"))
                nn.init.normal_(weights, std=0.02 / math.sqrt(2 * layers) if is_residual else 0.02)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """`tokens`: [B, T]; the logits [B, T, V]."""
        x = self.symbols(tokens) + self.places(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return functional.linear(self.norm(x), self.symbols.weight)


class Recurrent(nn.Module):
    """Embedding, nn.LSTM with a forget bias of 1, Linear."""

    def __init__(self, vocab_size: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 128)
        self.lstm = nn.LSTM(128, width, batch_first=True)
        self.linear = nn.Linear(width, vocab_size)
        with torch.no_grad():
            self.lstm.bias_ih_l0[width : 2 * width] = 1
            self.lstm.bias_hh_l0[width : 2 * width] = 0

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """`tokens`: [B, T]; the logits [B, T, V] from a fresh start."""
        return self.carried(tokens, None)[0]

    def carried(self, tokens: torch.Tensor, state):
        """As `forward`, from a state, and with the one that it ends with."""
        hidden, state = self.lstm(self.embedding(tokens), state)
        return self.linear(hidden), tuple(part.detach() for part in state)


def parse_arguments() -> argparse.Namespace:
    """Flags."""
    parser = argparse.ArgumentParser(description="PyTorch on the same text.")
    parser.add_argument("what", choices=("nanogpt", "lstm"))
    parser.add_argument("--learnt", type=Path, required=True, help="UTF-8 text to train on")
    parser.add_argument("--held-out", type=Path, required=True, help="UTF-8 text to foresee")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--hidden-size", type=int, default=256, help="of the lstm")
    parser.add_argument("--learning-rate", type=float, default=0.004, help="of the lstm")
    parser.add_argument("--batch-size", type=int, default=32, help="of the lstm")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def mean_loss(logits: torch.Tensor, targets: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """Cross-entropy in nats of logits [..., V]."""
    return functional.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction=reduction)


@torch.no_grad()
def loss_from_zero(model: nn.Module, tokens: torch.Tensor) -> float:
    """In windows that know nothing of each other, the last of them shorter."""
    count = len(tokens) - 1
    whole = count // CONTEXT * CONTEXT
    inputs, targets = (tokens[first : first + whole].view(-1, CONTEXT) for first in (0, 1))
    total = 0.0
    for x, y in zip(inputs.split(WINDOWS_AT_ONCE), targets.split(WINDOWS_AT_ONCE), strict=True):
        total += mean_loss(model(x), y, "sum").item()
    if whole < count:
        total += mean_loss(model(tokens[None, whole:-1]), tokens[whole + 1 :], "sum").item()
    return total / count


@torch.no_grad()
def loss_carried(model: Recurrent, tokens: torch.Tensor) -> float:
    """In one pass."""
    total, state = 0.0, None
    for inputs, targets in zip(tokens[:-1].split(STEPS_AT_ONCE), tokens[1:].split(STEPS_AT_ONCE), strict=True):
        logits, state = model.carried(inputs[None], state)
        total += mean_loss(logits, targets, "sum").item()
    return total / (len(tokens) - 1)


def rate(step: int, steps: int, peak: float) -> float:
    """Up in 100 steps, then down to a tenth along a cosine."""
    warm_up = min(100, steps // 10)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * (0.1 + 0.45 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up))))


def random_windows(model: Decoder, tokens: torch.Tensor) -> Iterator[tuple[torch.Tensor, int]]:
    """The recipe's batches: the loss of each, and its symbols."""
    while True:
        starts = torch.randint(len(tokens) - CONTEXT, (12,))
        windows = torch.stack([tokens[start : start + CONTEXT + 1] for start in starts])
        yield mean_loss(model(windows[:, :-1]), windows[:, 1:]), 12 * CONTEXT


def streams(model: Recurrent, tokens: torch.Tensor, batch: int) -> Iterator[tuple[torch.Tensor, int]]:
    """Contiguous streams whose state is carried, as mynah reads a text."""
    length = (len(tokens) - 1) // batch
    inputs, targets = (tokens[first : first + length * batch].view(batch, length) for first in (0, 1))
    while True:
        state = None
        for start in range(0, length - CONTEXT + 1, CONTEXT):
            logits, state = model.carried(inputs[:, start : start + CONTEXT], state)
            yield mean_loss(logits, targets[:, start : start + CONTEXT]), batch * CONTEXT


def train(
    model: nn.Module,
    losses: Iterator[tuple[torch.Tensor, int]],
    arguments: argparse.Namespace,
    peak: float,
    decay: float,
    read: Callable[[], dict],
) -> None:
    """All steps, with readings on the way."""
    matrices = [weights for weights in model.parameters() if weights.dim() >= 2]
    others = [weights for weights in model.parameters() if weights.dim() < 2]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=peak, betas=(0.9, 0.99), eps=1e-8)
    seconds, tokens, clock = 0.0, 0, time.perf_counter()
    for step in range(arguments.steps):
        loss, symbols = next(losses)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate(step, arguments.steps, peak)
        optimizer.step()
        tokens += symbols
        done = step + 1 == arguments.steps
        if done or (step + 1) * READINGS // arguments.steps > step * READINGS // arguments.steps:
            trained = loss.item()
            seconds += time.perf_counter() - clock
            line = {"tokens": tokens, "seconds": seconds, "trained": trained} | read()
            count = sum(weights.numel() for weights in model.parameters())
            print(json.dumps(line | ({"done": True, "parameters": count} if done else {})), flush=True)
            clock = time.perf_counter()


def main() -> None:
    """Reads the texts, trains."""
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    learnt, held_out = (path.read_bytes().decode("utf-8") for path in (arguments.learnt, arguments.held_out))
    symbols = sorted(set(learnt + held_out))
    ids = {symbol: i for i, symbol in enumerate(symbols)}
    # The first symbol of the held-out text is foreseen, too.
    tokens, foreseen = (torch.tensor([ids[c] for c in text]) for text in (learnt, learnt[-1] + held_out))
    if arguments.what == "nanogpt":
        decoder = Decoder(len(symbols))
        losses = random_windows(decoder, tokens)
        train(decoder, losses, arguments, 1e-3, 0.1, lambda: {"zero": loss_from_zero(decoder, foreseen)})
    else:
        lstm = Recurrent(len(symbols), arguments.hidden_size)
        losses = streams(lstm, tokens, arguments.batch_size)

        def read() -> dict:
            loss = loss_carried(lstm, foreseen)
            bits = loss * len(held_out) / math.log(2)
            bits_per_byte = bits / len(held_out.encode("utf-8"))
            return {"zero": loss_from_zero(lstm, foreseen), "loss": loss, "bitsPerByte": bits_per_byte}

        train(lstm, losses, arguments, arguments.learning_rate, 0.01, read)


if __name__ == "__main__":
    main()
