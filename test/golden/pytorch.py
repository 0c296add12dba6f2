"""Writes pytorch-NAME.safetensors: forward, gradients and ten Adam steps of small PyTorch language models.

Everything in float64 on one thread from a fixed seed. README.md lists the tensors. Before a file is written its
numbers are checked against numpy_cells.py: forward and losses directly, gradients by central differences,
clipping and Adam by a transcription of PyTorch's documented update.

Run: python test/golden/pytorch.py
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

import golden_file as golden
from golden_file import Arrays
from numpy_cells import torch_forward

# With PyTorch's own initial weights a small cell hardly leaves the straight part of tanh and sigmoid, where a wrong
# activation would go unseen, and the gradients of a lower layer are tiny. Twice as large avoids both.
WEIGHT_SCALE = 2.0
# A step moves by lr * m^ / sqrt(v^), so float32 noise in a gradient counts for more the smaller sqrt(v^) is. Above
# this limit PyTorch's own float32 run ends within 5e-7 of the file (measured, all six cases). Seeds are chosen so
# that it holds.
SMALLEST_ROOT_V = 5e-6
# What torch.nn.utils.clip_grad_norm_ adds to the norm before it divides.
TORCH_CLIP_EPSILON = 1e-6


@dataclass(frozen=True)
class Case:
    """One golden file. `clip_norm` lies between the gradient norms of its ten steps (asserted)."""

    name: str
    cell: str
    hidden_size: int
    num_layers: int
    seed: int
    clip_norm: float


CASES = [
    Case("rnn-tanh", "rnn-tanh", hidden_size=6, num_layers=1, seed=18, clip_norm=0.95),
    Case("rnn-relu", "rnn-relu", hidden_size=6, num_layers=1, seed=34, clip_norm=0.95),
    Case("gru", "gru", hidden_size=6, num_layers=1, seed=15, clip_norm=0.53),
    Case("lstm", "lstm", hidden_size=6, num_layers=1, seed=37, clip_norm=0.33),
    Case("gru-2-layers", "gru", hidden_size=7, num_layers=2, seed=37, clip_norm=0.55),
    Case("lstm-2-layers", "lstm", hidden_size=7, num_layers=2, seed=1, clip_norm=0.285),
]

# h [L, B, H] and c [L, B, H]; cells without c ignore it and give it back unchanged.
State = tuple[torch.Tensor, torch.Tensor]


class LanguageModel(nn.Module):
    """Embedding -> RNN, GRU or LSTM -> Linear; initial values are PyTorch's, times WEIGHT_SCALE after the embedding."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        sizes = (golden.EMBEDDING_SIZE, case.hidden_size, case.num_layers)
        self.embedding = nn.Embedding(golden.VOCAB_SIZE, golden.EMBEDDING_SIZE)
        if case.cell.startswith("rnn"):
            self.rnn: nn.RNNBase = nn.RNN(*sizes, nonlinearity=case.cell.removeprefix("rnn-"))
        else:
            self.rnn = {"gru": nn.GRU, "lstm": nn.LSTM}[case.cell](*sizes)
        self.linear = nn.Linear(case.hidden_size, golden.VOCAB_SIZE)
        with torch.no_grad():
            for parameter in [*self.rnn.parameters(), *self.linear.parameters()]:
                parameter.mul_(WEIGHT_SCALE)

    def forward(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, torch.Tensor, State]:
        """`tokens`: [T, B]; returns the logits [T, B, V], the top layer's outputs [T, B, H] and the last state."""
        h, c = state
        embedded = self.embedding(tokens)
        if isinstance(self.rnn, nn.LSTM):
            hidden, (h, c) = self.rnn(embedded, (h, c))
        else:
            hidden, h = self.rnn(embedded, h)
        return self.linear(hidden), hidden, (h, c)


def mean_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over all T*B targets, in nats."""
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def parameters_of(model: LanguageModel) -> Arrays:
    """Copies of all parameters by name."""
    return {name: p.detach().numpy().copy() for name, p in model.named_parameters()}


def gradients_of(model: LanguageModel) -> Arrays:
    """Copies of all gradients by parameter name."""
    return {name: p.grad.numpy().copy() for name, p in model.named_parameters()}


def single_window(case: Case, model: LanguageModel, tokens: np.ndarray, targets: np.ndarray) -> Arrays:
    """Forward and backward over one window from a random state. `tokens`, `targets`: [T, B]."""
    shape = (case.num_layers, golden.BATCH, case.hidden_size)
    h0 = (0.5 * torch.randn(shape)).requires_grad_()
    c0 = (0.5 * torch.randn(shape)).requires_grad_()
    logits, hidden, (hn, cn) = model(torch.from_numpy(tokens), (h0, c0))
    loss = mean_loss(logits, torch.from_numpy(targets))
    model.zero_grad()
    loss.backward()
    found = {"h0": h0, "logits": logits, "hidden": hidden, "hn": hn, "loss": loss.reshape(1), "grad.h0": h0.grad}
    if case.cell == "lstm":
        found |= {"c0": c0, "cn": cn, "grad.c0": c0.grad}
    arrays = {name: tensor.detach().numpy().copy() for name, tensor in found.items()}
    return arrays | {f"grad.{name}": gradient for name, gradient in gradients_of(model).items()}


def ten_steps(case: Case, model: LanguageModel, tokens: np.ndarray, targets: np.ndarray) -> tuple[Arrays, list[Arrays]]:
    """Trains over the windows in order, state carried and detached; also returns each step's unclipped gradients."""
    betas = (golden.BETA1, golden.BETA2)
    optimizer = torch.optim.Adam(model.parameters(), lr=golden.LEARNING_RATE, betas=betas, eps=golden.EPSILON)
    zeros = torch.zeros(case.num_layers, golden.BATCH, case.hidden_size)
    state = (zeros, zeros)
    losses, norms, gradients = [], [], []
    for window_tokens, window_targets in zip(tokens, targets):
        logits, _, (h, c) = model(torch.from_numpy(window_tokens), state)
        state = (h.detach(), c.detach())
        loss = mean_loss(logits, torch.from_numpy(window_targets))
        optimizer.zero_grad()
        loss.backward()
        gradients.append(gradients_of(model))
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), case.clip_norm).item())
        optimizer.step()
        losses.append(loss.item())
    after = {f"after.{name}": value for name, value in parameters_of(model).items()}
    return after | {"losses": np.array(losses), "norms": np.array(norms)}, gradients


def check_single_window(case: Case, initial: Arrays, tokens: np.ndarray, targets: np.ndarray, found: Arrays) -> None:
    """Forward against numpy_cells, gradients against central differences of it."""
    point = {name: value.copy() for name, value in initial.items()}
    point["h0"] = found["h0"].copy()
    c0 = found["c0"].copy() if "c0" in found else np.zeros_like(point["h0"])
    if "c0" in found:
        point["c0"] = c0
    expected = torch_forward(case.cell, point, tokens, point["h0"], c0)
    for name in ("logits", "hidden", "hn", "cn"):
        if name in found:
            golden.assert_close(name, found[name], getattr(expected, name), golden.EXACT_TOLERANCE)

    def loss() -> float:
        return golden.cross_entropy(torch_forward(case.cell, point, tokens, point["h0"], c0).logits, targets)

    golden.assert_close("loss", found["loss"], [loss()], golden.EXACT_TOLERANCE)
    for name, value in point.items():
        gradient = golden.central_difference(loss, value)
        golden.assert_close(f"grad.{name}", found[f"grad.{name}"], gradient, golden.DIFFERENCE_TOLERANCE)


def check_ten_steps(
    case: Case, initial: Arrays, tokens: np.ndarray, targets: np.ndarray, found: Arrays, gradients: list[Arrays]
) -> float:
    """Repeats clipping and Adam in numpy along PyTorch's gradients; losses and final parameters must agree.

    Returns the smallest non-zero sqrt(v^) met on the way (see SMALLEST_ROOT_V).

    g *= min(1, clip / (norm + 1e-6)); m, v moving averages of g, g^2; p -= lr * m^ / (sqrt(v^) + eps),
    m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t).
    """
    p = {name: value.copy() for name, value in initial.items()}
    m = {name: np.zeros_like(value) for name, value in p.items()}
    v = {name: np.zeros_like(value) for name, value in p.items()}
    h = np.zeros((case.num_layers, golden.BATCH, case.hidden_size))
    c = np.zeros_like(h)
    smallest = np.inf
    for step, raw in enumerate(gradients):
        forward = torch_forward(case.cell, p, tokens[step], h, c)
        h, c = forward.hn, forward.cn
        loss, norm = golden.cross_entropy(forward.logits, targets[step]), golden.global_norm(raw)
        golden.assert_close(f"losses[{step}]", found["losses"][step], loss, golden.EXACT_TOLERANCE)
        golden.assert_close(f"norms[{step}]", found["norms"][step], norm, golden.EXACT_TOLERANCE)
        scale = min(1.0, case.clip_norm / (norm + TORCH_CLIP_EPSILON))
        for name, gradient in raw.items():
            g = scale * gradient
            m[name] = golden.BETA1 * m[name] + (1 - golden.BETA1) * g
            v[name] = golden.BETA2 * v[name] + (1 - golden.BETA2) * g * g
            m_hat = m[name] / (1 - golden.BETA1 ** (step + 1))
            v_hat = v[name] / (1 - golden.BETA2 ** (step + 1))
            p[name] -= golden.LEARNING_RATE * m_hat / (np.sqrt(v_hat) + golden.EPSILON)
            smallest = min(smallest, np.sqrt(v_hat[v_hat > 0].min()))
    for name, value in p.items():
        golden.assert_close(f"after.{name}", found[f"after.{name}"], value, golden.EXACT_TOLERANCE)
    return smallest


def metadata(case: Case) -> dict[str, str]:
    """The strings of `__metadata__`."""
    return golden.common_metadata("pytorch.py", case.seed, case.clip_norm) | {
        "torch": torch.__version__,
        "cell": case.cell,
        "hidden_size": str(case.hidden_size),
        "num_layers": str(case.num_layers),
        "gate_order": {"gru": "r,z,n", "lstm": "i,f,g,o"}.get(case.cell, ""),
        "clip": "g * min(1, clip_norm / (norm + 1e-6)), torch.nn.utils.clip_grad_norm_",
    }


def compute(case: Case) -> tuple[Arrays, float]:
    """All tensors of one golden file, checked, and the smallest non-zero sqrt(v^) of its ten steps."""
    torch.manual_seed(case.seed)
    tokens, targets = golden.make_windows(np.random.default_rng(case.seed))
    model = LanguageModel(case)
    initial = parameters_of(model)
    window = single_window(case, model, tokens[0], targets[0])
    check_single_window(case, initial, tokens[0], targets[0], window)
    steps, gradients = ten_steps(case, model, tokens, targets)
    smallest = check_ten_steps(case, initial, tokens, targets, steps, gradients)
    tensors = {f"initial.{name}": value for name, value in initial.items()}
    return tensors | {"tokens": tokens, "targets": targets} | window | steps, smallest


def main() -> None:
    """Writes every case."""
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for case in CASES:
        tensors, smallest = compute(case)
        golden.assert_really_clips(tensors["norms"], case.clip_norm)
        golden.assert_not_below(smallest, SMALLEST_ROOT_V)
        golden.write_safetensors(golden.FOLDER / f"pytorch-{case.name}.safetensors", tensors, metadata(case))
        print(f"pytorch-{case.name}: losses {tensors['losses'].round(3)}, smallest sqrt(v^) {smallest:.1e}")


if __name__ == "__main__":
    main()
