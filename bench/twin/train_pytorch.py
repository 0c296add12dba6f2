"""The PyTorch twin of `mynah train`: the same recipe on the same text, for curves and times side by side.

Recipe. Vocabulary: id 0 unknown, then the sorted distinct Unicode scalar values of the whole text. The first
int((1 - validation) * n) symbols train, the rest validate. Training: B contiguous streams, stream b's inputs are
train[b*L .. b*L+L] with L = (n_train - 1) // B, targets shifted by one; window w of L // T covers [w*T, (w+1)*T) of
each stream; the state is carried between windows and zero at the start of each epoch. Each step: mean cross-entropy
over B*T, global norm clipping, Adam; warm-up, then cosine down to a tenth. Initial values are PyTorch's, but for
the LSTM's forget bias, which is 1. At the end one pass over the validation part with the state carried from zero.

Prints one JSON line per 100 steps (`loss`: mean since the last line) and a last one of type "done" (`loss`: the last
100 steps; `seconds` and `tokensPerSecond`: the training steps alone, without start-up and the final validation).

Run: python bench/twin/train_pytorch.py ../shared/data/tinyshakespeare.txt --cell lstm --steps 3000
Needs torch, and safetensors for --init (versions: test/golden/requirements.txt).
"""

import argparse
import json
import math
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

REPORT_EVERY = 100
# Time steps per call of the validation pass: bounds its memory, changes nothing else.
VALIDATION_CHUNK = 1024

# h, or (h, c) for the LSTM, each [L, B, H]; None is zero.
State = torch.Tensor | tuple[torch.Tensor, torch.Tensor] | None


class LanguageModel(nn.Module):
    """Embedding -> RNN (tanh), GRU or LSTM -> Linear; parameter names are those of a mynah file."""

    def __init__(self, cell: str, vocab_size: int, embedding_size: int, hidden_size: int, num_layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell](embedding_size, hidden_size, num_layers)
        self.linear = nn.Linear(hidden_size, vocab_size)
        if cell == "lstm":
            self.set_forget_bias(hidden_size, num_layers)

    @torch.no_grad()
    def set_forget_bias(self, hidden_size: int, num_layers: int) -> None:
        """Forget part (second of i, f, g, o) of bias_ih = 1, of bias_hh = 0."""
        for k in range(num_layers):
            self.rnn.get_parameter(f"bias_ih_l{k}")[hidden_size : 2 * hidden_size] = 1
            self.rnn.get_parameter(f"bias_hh_l{k}")[hidden_size : 2 * hidden_size] = 0

    def forward(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """`tokens`: [T, B]; returns the logits [T, B, V] and the last state."""
        hidden, state = self.rnn(self.embedding(tokens), state)
        return self.linear(hidden), state


def parse_arguments() -> argparse.Namespace:
    """The options of `mynah train` that the twin knows, with the same defaults where mynah has one."""
    parser = argparse.ArgumentParser(description="PyTorch twin of `mynah train`.")
    parser.add_argument("file", type=Path, help="UTF-8 text, e.g. ../shared/data/tinyshakespeare.txt")
    parser.add_argument("--cell", choices=("lstm", "gru", "rnn"), default="gru")
    parser.add_argument("--hidden-size", type=int, default=256)
    parser.add_argument("--embedding-size", type=int, default=128)
    parser.add_argument("--num-layers", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seq-length", type=int, default=64)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--learning-rate", type=float, default=0.003)
    parser.add_argument("--schedule", choices=("cosine", "constant"), default="cosine")
    parser.add_argument("--warmup-steps", type=int, default=100)
    parser.add_argument("--clip-norm", type=float, default=1.0, help="0 turns clipping off")
    parser.add_argument("--beta1", type=float, default=0.9)
    parser.add_argument("--beta2", type=float, default=0.99)
    parser.add_argument("--epsilon", type=float, default=1e-8)
    parser.add_argument("--validation", type=float, default=0.1, help="share held out at the end; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--init", type=Path, help="mynah file (.safetensors) whose weights to start from")
    return parser.parse_args()


def read_tokens(path: Path) -> tuple[torch.Tensor, str]:
    """Ids of the whole text, int64 [n], and its sorted distinct symbols; symbol i has id i + 1."""
    # Bytes, because text mode would change the line ends.
    text = path.read_bytes().decode("utf-8")
    symbols = "".join(sorted(set(text)))
    ids = {symbol: i + 1 for i, symbol in enumerate(symbols)}
    return torch.tensor([ids[symbol] for symbol in text], dtype=torch.int64), symbols


def make_streams(train: torch.Tensor, batch_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets, each [L, B]: column b is train[b*L .. b*L+L], the target one symbol later."""
    length = (len(train) - 1) // batch_size
    used = length * batch_size
    inputs, targets = (train[first : first + used].view(batch_size, length).t() for first in (0, 1))
    return inputs.contiguous(), targets.contiguous()


def learning_rate(step: int, arguments: argparse.Namespace) -> float:
    """Rate of step s (from 0) of S: lr * (s + 1) / W while s < W, then constant or cosine down to a tenth."""
    peak, warmup = arguments.learning_rate, arguments.warmup_steps
    if step < warmup:
        return peak * (step + 1) / warmup
    if arguments.schedule == "constant":
        return peak
    progress = (step - warmup) / (arguments.steps - warmup)
    return peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress)))


def load_initial(model: LanguageModel, path: Path, cell: str, symbols: str) -> None:
    """Copies the weights of a mynah file; refuses another cell or vocabulary (other sizes fail in load_state_dict)."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        names = [name for name in file.keys() if not name.startswith("optimizer.")]
        tensors = {name: file.get_tensor(name) for name in names}
    if metadata.get("format") != "mynah":
        raise SystemExit(f"{path} is not a mynah file")
    config, tokenizer = json.loads(metadata["config"]), json.loads(metadata["tokenizer"])
    same_cell = config["cell"] == cell
    if cell == "rnn":
        same_cell = same_cell and config["activation"] == "tanh"
    if cell == "gru":
        same_cell = same_cell and config["resetAfter"]
    if not same_cell:
        raise SystemExit(f"{path} has another cell than --cell {cell}: {metadata['config']}")
    if tokenizer != {"kind": "char", "symbols": symbols}:
        raise SystemExit(f"{path} has another vocabulary than the text")
    model.load_state_dict(tensors)


def mean_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over all T*B targets, in nats."""
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def detach(state: State) -> State:
    """The same state, cut from its history."""
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def make_optimizer(model: LanguageModel, arguments: argparse.Namespace) -> torch.optim.Adam:
    """PyTorch's Adam as it comes, with the arguments' numbers."""
    betas = (arguments.beta1, arguments.beta2)
    return torch.optim.Adam(model.parameters(), lr=arguments.learning_rate, betas=betas, eps=arguments.epsilon)


def run_steps(
    model: LanguageModel,
    optimizer: torch.optim.Adam,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    arguments: argparse.Namespace,
) -> Iterator[float]:
    """Makes one optimiser step per item and yields its loss. `inputs`, `targets`: [L, B]."""
    seq_len = arguments.seq_length
    windows = len(inputs) // seq_len
    state: State = None
    for step in range(arguments.steps):
        start = step % windows * seq_len
        logits, state = model(inputs[start : start + seq_len], None if start == 0 else state)
        state = detach(state)
        loss = mean_loss(logits, targets[start : start + seq_len])
        optimizer.zero_grad()
        loss.backward()
        if arguments.clip_norm > 0:
            nn.utils.clip_grad_norm_(model.parameters(), arguments.clip_norm)
        optimizer.param_groups[0]["lr"] = learning_rate(step, arguments)
        optimizer.step()
        yield loss.item()


@torch.no_grad()
def validate(model: LanguageModel, tokens: torch.Tensor) -> float | None:
    """Mean loss over all tokens but the first, one stream, state carried from zero. `tokens`: [n_val]."""
    count = len(tokens) - 1
    if count < 1:
        return None
    total, state = 0.0, None
    for start in range(0, count, VALIDATION_CHUNK):
        end = min(start + VALIDATION_CHUNK, count)
        logits, state = model(tokens[start:end, None], state)
        total += nn.functional.cross_entropy(logits[:, 0], tokens[start + 1 : end + 1], reduction="sum").item()
    return total / count


def print_line(line: dict[str, object]) -> None:
    """One JSON object on a line of its own, at once."""
    print(json.dumps(line), flush=True)


def train(
    model: LanguageModel, inputs: torch.Tensor, targets: torch.Tensor, arguments: argparse.Namespace
) -> tuple[float, float]:
    """Trains and prints progress; returns the mean loss of the last 100 steps and the seconds taken."""
    windows = len(inputs) // arguments.seq_length
    tokens_per_step = arguments.batch_size * arguments.seq_length
    recent: deque[float] = deque(maxlen=REPORT_EVERY)
    # Made before the clock starts: the first optimiser of a process makes PyTorch import its compiler, a second or so.
    optimizer = make_optimizer(model, arguments)
    started = time.perf_counter()
    for step, loss in enumerate(run_steps(model, optimizer, inputs, targets, arguments), start=1):
        recent.append(loss)
        if step % REPORT_EVERY == 0:
            line = {"type": "progress", "step": step, "epoch": step / windows, "loss": sum(recent) / len(recent)}
            line["tokensPerSecond"] = step * tokens_per_step / (time.perf_counter() - started)
            line["learningRate"] = learning_rate(step - 1, arguments)
            print_line(line)
    return sum(recent) / len(recent), time.perf_counter() - started


def main() -> None:
    """Reads the text, trains, validates, reports."""
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    tokens, symbols = read_tokens(arguments.file)
    split = int((1 - arguments.validation) * len(tokens))
    inputs, targets = make_streams(tokens[:split], arguments.batch_size)
    if len(inputs) < arguments.seq_length or arguments.steps < 1:
        raise SystemExit("the text is too short for one window per stream, or --steps is below 1")
    sizes = (arguments.embedding_size, arguments.hidden_size, arguments.num_layers)
    model = LanguageModel(arguments.cell, len(symbols) + 1, *sizes)
    if arguments.init is not None:
        load_initial(model, arguments.init, arguments.cell, symbols)
    loss, seconds = train(model, inputs, targets, arguments)
    done = {"type": "done", "loss": loss, "validationLoss": validate(model, tokens[split:]), "steps": arguments.steps}
    trained = arguments.steps * arguments.batch_size * arguments.seq_length
    print_line(done | {"seconds": seconds, "tokensPerSecond": trained / seconds})


if __name__ == "__main__":
    main()
