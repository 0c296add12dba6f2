"""Trains a mynah model file in PyTorch step by step as mynah does, and compares the losses with mynah's own.

Any kind of model in test/golden/torch_models.py: both sides start from the same weights, read the same symbols in the
same order and take the same steps, so that their curves differ by rounding alone. Recipe: B contiguous streams,
windows of T, state carried and begun anew at each pass (a Transformer begins every window with an empty cache); mean
cross-entropy, clipping of the global norm, AdamW with decay on matrices alone, warm-up, cosine down to a tenth. Nothing
random takes part: no dropout, zoneout or weight drop. Data and rates are train_pytorch.py's.

--initial   the model before its first step, as mynah saves it: float32, configuration and vocabulary in its metadata
--losses    mynah's losses: JSON lines with "step" (from 1) and "loss" (nats, before the update), as `train` of the API
            gives them out: the mean over the steps since the line before. The more often, the sharper the comparison.
            Lines without "step" are passed over. Without this file the script only trains.
--out       where this side's losses go, a JSON list of one number per step

Prints one JSON line: `steps`; `lines` of mynah's file; `largestStepDifference`, line by line, and the step it is at;
`largestMeanDifference`, of the means of 50 steps, and the step the 50 end at; both sides' last such means.

Run: python bench/twin/curves.py ../shared/data/tinyshakespeare.txt --initial initial.safetensors --losses mynah.jsonl
"""

import argparse
import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "golden"))

import read_mynah  # noqa: E402: the path is set above
from numpy_optimizers import Recipe  # noqa: E402
from torch_models import LanguageModel, detach, mean_loss  # noqa: E402
from torch_optimizers import clip, make_optimizer  # noqa: E402
from train_pytorch import learning_rate, make_streams  # noqa: E402

MEAN_STEPS = 50
REPORT_EVERY = 100


def parse_arguments() -> argparse.Namespace:
    """Files, and the training options of mynah with its defaults."""
    parser = argparse.ArgumentParser(description="Compare mynah's training losses with PyTorch's, step by step.")
    parser.add_argument("file", type=Path, help="UTF-8 text, e.g. ../shared/data/tinyshakespeare.txt")
    parser.add_argument("--initial", type=Path, required=True, help="mynah file with the weights to start from")
    parser.add_argument("--losses", type=Path, help="mynah's losses, JSON lines")
    parser.add_argument("--out", type=Path, help="where to write the losses, a JSON list")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seq-length", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--learning-rate", type=float, default=0.003)
    parser.add_argument("--schedule", choices=("cosine", "constant"), default="cosine")
    parser.add_argument("--warmup-steps", type=int, default=100)
    parser.add_argument("--clip-norm", type=float, default=1.0, help="0 turns clipping off")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--beta1", type=float, default=0.9)
    parser.add_argument("--beta2", type=float, default=0.99)
    parser.add_argument("--epsilon", type=float, default=1e-8)
    parser.add_argument("--validation", type=float, default=0.1, help="share of the text's end that is not trained on")
    parser.add_argument("--double", action="store_true", help="float64: what float32 alone changes")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def refuse_random(config: dict[str, object]) -> None:
    """Zoneout draws masks in training, which no twin can repeat; conditions come with documents."""
    for name in ("zoneout", "zoneoutCell", "conditionSize"):
        if config.get(name):
            raise SystemExit(f"a model with {name} cannot be compared step by step")


def train(
    model: LanguageModel, inputs: torch.Tensor, targets: torch.Tensor, arguments: argparse.Namespace
) -> list[float]:
    """One loss per step. `inputs`, `targets`: [L, B]."""
    names = ("clip_norm", "weight_decay", "beta1", "beta2", "epsilon", "learning_rate")
    recipe = Recipe("adamw", **{name: getattr(arguments, name) for name in names})
    optimizer = make_optimizer(model, recipe)
    seq_len, losses, state = arguments.seq_length, [], None
    windows = len(inputs) // seq_len
    for step in range(arguments.steps):
        start = step % windows * seq_len
        if start == 0 or model.options.cell == "transformer":
            state = None
        window = slice(start, start + seq_len)
        logits, _, state = model(inputs[window], state, None, targets[window])
        state = detach(state)
        loss = mean_loss(logits, targets[window])
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        clip(model, recipe)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments)
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % REPORT_EVERY == 0:
            print(f"step {step + 1}: {np.mean(losses[-REPORT_EVERY:]):.4f}", file=sys.stderr, flush=True)
    return losses


def read_losses(path: Path) -> list[tuple[int, float]]:
    """mynah's losses: the step that each line ends with, and the mean over the steps since the line before."""
    lines = (json.loads(line) for line in path.read_text().splitlines() if line.strip())
    rows = [(line["step"], line["loss"]) for line in lines if "step" in line]
    if not rows or any(now <= before for (before, _), (now, _) in pairwise([(0, 0.0), *rows])):
        raise SystemExit(f"{path}: no steps, or not in order from 1")
    return rows


def like_theirs(ours: list[float], theirs: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Both curves by step; where one of mynah's lines stands for several steps, both have the mean over these."""
    parts, start = [], 0
    for end, loss in theirs:
        parts.append((np.full(end - start, np.mean(ours[start:end])), np.full(end - start, loss)))
        start = end
    first, second = zip(*parts)
    return np.concatenate(first), np.concatenate(second)


def compare(ours: list[float], theirs: list[tuple[int, float]]) -> dict[str, float | int]:
    """The largest differences between two curves of the same length; steps count from 1."""
    curves = like_theirs(ours, theirs)
    single = np.abs(curves[0] - curves[1])
    means = [np.convolve(curve, np.full(MEAN_STEPS, 1 / MEAN_STEPS), "valid") for curve in curves]
    smooth = np.abs(means[0] - means[1])
    return {
        "steps": len(ours),
        "lines": len(theirs),
        "largestStepDifference": float(single.max()),
        "atStep": int(single.argmax()) + 1,
        "largestMeanDifference": float(smooth.max()),
        "meanEndsAtStep": int(smooth.argmax()) + MEAN_STEPS,
        "lastMeanPytorch": float(means[0][-1]),
        "lastMeanMynah": float(means[1][-1]),
    }


def main() -> None:
    """Loads, trains, writes, compares."""
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    model, vocabulary, config = read_mynah.load(arguments.initial)
    refuse_random(config)
    # Gradients of zero and not None: a learned initial state has none in windows that do not begin with it.
    model.double() if arguments.double else model.float()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    tokens = vocabulary.encode(arguments.file.read_bytes().decode("utf-8"))
    trained = tokens[: int((1 - arguments.validation) * len(tokens))]
    inputs, targets = make_streams(trained, arguments.batch_size)
    if len(inputs) < arguments.seq_length or arguments.steps < 1:
        raise SystemExit("the text is too short for one window per stream, or --steps is below 1")
    # Read first: a mistake in the file should not show after minutes of training.
    theirs = read_losses(arguments.losses) if arguments.losses else None
    if theirs is not None and theirs[-1][0] != arguments.steps:
        raise SystemExit(f"{arguments.losses} has {theirs[-1][0]} steps, not {arguments.steps}")
    if theirs is not None and arguments.steps < MEAN_STEPS:
        raise SystemExit(f"fewer than {MEAN_STEPS} steps")
    ours = train(model, inputs, targets, arguments)
    if arguments.out:
        arguments.out.write_text(json.dumps(ours) + "\n")
    if theirs is not None:
        print(json.dumps(compare(ours, theirs)))


if __name__ == "__main__":
    main()
