"""What the golden generators share: the token streams, the numerical checks and the file writer.

Nothing here knows PyTorch or Keras. Sizes: W windows, B batch, T time steps, V vocabulary.
"""

import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent

VOCAB_SIZE = 11
EMBEDDING_SIZE = 5
SEQ_LEN = 5
BATCH = 3
WINDOWS = 10

LEARNING_RATE = 0.01
BETA1 = 0.9
BETA2 = 0.99
EPSILON = 1e-8

# Both sides compute in float64, in another order of summation: a few units of 2^-53 per operation.
EXACT_TOLERANCE = 1e-12
# Central differences with step 1e-5: truncation about 1e-10, rounding about 1e-16 / 1e-5 = 1e-11.
DIFFERENCE_STEP = 1e-5
DIFFERENCE_TOLERANCE = 1e-8

Arrays = dict[str, np.ndarray]


def make_windows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets, each int64 [W, T, B]: consecutive windows of one token stream per row b.

    The next token is the present one plus 1, 2 or 3, modulo V, so that there is something to learn.
    """
    steps = rng.integers(1, 4, size=(BATCH, WINDOWS * SEQ_LEN + 1))
    streams = np.cumsum(steps, axis=1) % VOCAB_SIZE

    def windows(first: int) -> np.ndarray:
        part = streams[:, first : first + WINDOWS * SEQ_LEN]
        return part.reshape(BATCH, WINDOWS, SEQ_LEN).transpose(1, 2, 0).astype(np.int64)

    return windows(0), windows(1)


def cross_entropy(logits: np.ndarray, targets: np.ndarray) -> float:
    """Mean cross-entropy in nats. `logits`: [T, B, V]; `targets`: [T, B]."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-1))
    picked = np.take_along_axis(shifted, targets[..., None], axis=-1)[..., 0]
    return float((log_sum - picked).mean())


@dataclass(frozen=True)
class Rows:
    """One window of rows padded at their ends: `tokens`, `targets` [T, B], zero there, and `lengths` [B]."""

    tokens: np.ndarray
    targets: np.ndarray
    lengths: np.ndarray

    @property
    def valid(self) -> np.ndarray:
        """Which cells of [T, B] hold a token."""
        return np.arange(len(self.tokens))[:, None] < self.lengths

    def cross_entropy(self, logits: np.ndarray) -> float:
        """Mean over the cells that hold a token, in nats. `logits`: [T, B, V]."""
        return cross_entropy(logits[self.valid][None], self.targets[self.valid][None])


def padded(stream: np.ndarray, lengths: np.ndarray) -> Rows:
    """The first tokens of each column of `stream` [T + 1, B] and, as targets, those after them."""
    valid = np.arange(len(stream) - 1)[:, None] < lengths
    tokens, targets = (np.where(valid, part, 0).astype(np.int64) for part in (stream[:-1], stream[1:]))
    return Rows(tokens, targets, lengths)


def unpadded(tokens: np.ndarray, targets: np.ndarray) -> list[Rows]:
    """Windows [W, T, B] whose rows all fill them."""
    return [Rows(x, y, np.full(x.shape[1], len(x))) for x, y in zip(tokens, targets)]


def stacked(windows: list[Rows]) -> Arrays:
    """As in a file: `tokens`, `targets` [W, T, B], `lengths` [W, B]."""
    names = ("tokens", "targets", "lengths")
    return {name: np.stack([getattr(rows, name) for rows in windows]) for name in names}


def central_difference(loss: Callable[[], float], values: np.ndarray) -> np.ndarray:
    """Gradient of `loss()` by every element of `values`, which is changed in place and put back."""
    gradient = np.empty_like(values)
    for index in np.ndindex(values.shape):
        kept = values[index]
        values[index] = kept + DIFFERENCE_STEP
        above = loss()
        values[index] = kept - DIFFERENCE_STEP
        below = loss()
        values[index] = kept
        gradient[index] = (above - below) / (2 * DIFFERENCE_STEP)
    return gradient


def global_norm(gradients: Mapping[str, np.ndarray]) -> float:
    """Root of the sum of the squares of all elements of all gradients."""
    return float(np.sqrt(sum((g * g).sum() for g in gradients.values())))


def assert_close(what: str, actual: np.ndarray | float, expected: np.ndarray | float, tolerance: float) -> float:
    """Asserts max |actual - expected| <= tolerance * max(1, max |expected|); returns that largest difference."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, expected {expected.shape}"
    difference = float(np.abs(actual - expected).max())
    limit = tolerance * max(1.0, float(np.abs(expected).max()))
    assert difference <= limit, f"{what}: differs by {difference:.3g}, more than {limit:.3g}"
    return difference


def assert_really_clips(norms: np.ndarray, clip_norm: float) -> None:
    """Asserts that clipping acts on at least two steps, not on at least two, and that none is a near miss (1 %)."""
    clipped = int((norms > clip_norm).sum())
    assert 2 <= clipped <= len(norms) - 2, f"clips {clipped} of {len(norms)} steps: {norms}"
    assert np.abs(norms / clip_norm - 1).min() > 0.01, f"a norm within 1 % of {clip_norm}: {norms}"


def assert_not_below(smallest_root_v: float, limit: float) -> None:
    """Asserts that no Adam step divides by a tiny sqrt(v^), which would blow up a difference in gradient or epsilon."""
    assert smallest_root_v >= limit, f"smallest sqrt(v^) is {smallest_root_v:.1e}, below {limit}: choose another seed"


def common_metadata(generator: str, seed: int, clip_norm: float) -> dict[str, str]:
    """The strings every golden file of a training run carries in `__metadata__`."""
    return {
        "generator": f"test/golden/{generator}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "seed": str(seed),
        "learning_rate": repr(LEARNING_RATE),
        "beta1": repr(BETA1),
        "beta2": repr(BETA2),
        "epsilon": repr(EPSILON),
        "clip_norm": repr(clip_norm),
    }


def write_safetensors(path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Writes float64 and int64 arrays with names and metadata sorted, so that a second run gives the same bytes.

    The `safetensors` package writes the metadata in a random order; it is used here to read the file back.
    """
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    blocks: list[bytes] = []
    offset = 0
    for name in sorted(tensors):
        array = tensors[name]
        block = np.ascontiguousarray(array).tobytes()
        dtype = {"float64": "F64", "int64": "I64"}[array.dtype.name]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + len(block)]}
        blocks.append(block)
        offset += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blocks))
    assert_reads_back(path, tensors)


def assert_reads_back(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Asserts that the `safetensors` package reads the same arrays from `path`."""
    from safetensors.numpy import load_file

    read = load_file(path)
    assert read.keys() == tensors.keys(), f"{path.name}: names differ"
    for name, array in tensors.items():
        assert read[name].dtype == array.dtype and np.array_equal(read[name], array), f"{path.name}: {name} differs"
