"""What every Python peer is given: the text as numbers, random windows of it, and the draw of the next symbol."""

from collections.abc import Callable

import numpy as np

# Share of the text that is trained on.
TRAINED = 0.9
TEMPERATURE = 0.8

Windows = Callable[[], tuple[np.ndarray, np.ndarray]]


def encode(text: str) -> tuple[np.ndarray, int]:
    """The symbols of a text as int64 numbers, and how many distinct ones there are."""
    numbers = {symbol: i for i, symbol in enumerate(sorted(set(text)))}
    return np.array([numbers[symbol] for symbol in text], dtype=np.int64), len(numbers)


def windows_of(ids: np.ndarray, batch_size: int, seq_length: int) -> Windows:
    """Random windows of the first 90 %: inputs and, one symbol further, targets; both [batch, length]."""
    random = np.random.default_rng(1)
    starts = int(len(ids) * TRAINED) - seq_length - 1
    places = np.arange(seq_length)

    def next_windows() -> tuple[np.ndarray, np.ndarray]:
        at = random.integers(0, starts, size=(batch_size, 1)) + places
        return ids[at], ids[at + 1]

    return next_windows


def drawer(rows: int) -> Callable[[np.ndarray], np.ndarray]:
    """Draws one symbol for each row of logits [rows, vocabulary] from their softmax at TEMPERATURE; int64 [rows]."""
    random = np.random.default_rng(1)

    def draw(logits: np.ndarray) -> np.ndarray:
        weights = np.exp((logits - logits.max(axis=1, keepdims=True)) / TEMPERATURE)
        sums = weights.cumsum(axis=1)
        return (sums < random.random((rows, 1)) * sums[:, -1:]).sum(axis=1)

    return draw
