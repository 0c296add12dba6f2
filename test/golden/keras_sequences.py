"""Writes keras-sequences.json: what keras.utils.pad_sequences and to_categorical return for many inputs and options,
and categorical cross-entropy on one-hot targets beside the sparse one.

Padding is checked against a transcription in plain Python, one-hot against the identity matrix, losses against numpy.

Run: python test/golden/keras_sequences.py
"""

import json
from itertools import product

import keras3
import numpy as np

import golden_file as golden
from keras3 import keras

SEED = 8
NUMBERS = [[1], [2, 3], [4, 5, 6, 7], [], [8, 9, 10]]
FRACTIONS = [[0.5, -1.25, 2.75], [3.5], [], [-0.75, 4.0]]
VECTORS = [[[1, 2], [3, 4], [5, 6]], [[7, 8]]]
SIDES = ("pre", "post")


def padded(sequences: list, maxlen: int | None, padding: str, truncating: str, value: float) -> list:
    """pad_sequences of numbers in plain Python, before the conversion to `dtype`."""
    length = max(map(len, sequences)) if maxlen is None else maxlen
    rows = []
    for sequence in sequences:
        kept = sequence[max(0, len(sequence) - length) :] if truncating == "pre" else sequence[:length]
        filling = [value] * (length - len(kept))
        rows.append(filling + kept if padding == "pre" else kept + filling)
    return rows


def pad_case(name: str, sequences: list, **options: object) -> dict[str, object]:
    """One call of pad_sequences with these options and what it gave; `options` are those that were given."""
    output = keras.utils.pad_sequences(sequences, **options)
    full = {"maxlen": None, "padding": "pre", "truncating": "pre", "value": 0.0, "dtype": "int32"} | options
    dtype = full.pop("dtype")
    if sequences is not VECTORS:
        expected = np.array(padded(sequences, **full)).astype(dtype).reshape(output.shape)
        assert output.dtype == dtype and np.array_equal(output, expected), f"{name}: {output} is not {expected}"
    given = {"name": name, "sequences": sequences, "options": options}
    return given | {"shape": list(output.shape), "dtype": str(output.dtype), "output": output.tolist()}


def pad_cases() -> list[dict[str, object]]:
    """Every side with every length for numbers; the other options apart."""
    cases = [pad_case("defaults", NUMBERS), pad_case("one sequence", [[5, 6]]), pad_case("all empty", [[], []])]
    for padding, truncating, maxlen in product(SIDES, SIDES, (None, 1, 2, 3, 4, 6)):
        name = f"padding {padding}, truncating {truncating}, maxlen {maxlen}"
        cases.append(pad_case(name, NUMBERS, padding=padding, truncating=truncating, maxlen=maxlen))
    for padding, dtype in product(SIDES, ("int32", "float32")):
        name = f"fractions as {dtype}, padding {padding}"
        cases.append(pad_case(name, FRACTIONS, padding=padding, dtype=dtype, value=-1.0, maxlen=2))
        cases.append(pad_case(name + ", value 0.25", FRACTIONS, padding=padding, dtype=dtype, value=0.25))
    cases.append(pad_case("value 99", NUMBERS, value=99, padding="post"))
    cases.append(pad_case("vectors", VECTORS, padding="post", maxlen=2))
    return cases


def one_hot_case(name: str, x: object, num_classes: int | None) -> dict[str, object]:
    """One call of to_categorical and what it gave."""
    output = np.asarray(keras.utils.to_categorical(x, num_classes))
    labels = np.array(x)
    # A last axis of one is dropped, as Keras documents.
    labels = labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels
    expected = np.eye(num_classes or labels.max() + 1)[labels]
    assert np.array_equal(output, expected), f"{name}: {output} is not {expected}"
    return {"name": name, "x": x, "numClasses": num_classes, "shape": list(output.shape), "output": output.tolist()}


def one_hot_cases() -> list[dict[str, object]]:
    """One and two axes, with and without a number of classes."""
    return [
        one_hot_case("classes from the largest label", [0, 2, 1, 2], None),
        one_hot_case("more classes than labels", [1, 0], 4),
        one_hot_case("one class", [0, 0], 1),
        one_hot_case("rows of labels", [[0, 1, 2], [2, 2, 0]], 3),
        one_hot_case("a last axis of one", [[1], [3], [0]], None),
    ]


def cross_entropy_case() -> dict[str, object]:
    """Mean losses over logits [5, 4]: categorical on one-hot targets, sparse on labels; they are the same number."""
    rng = np.random.default_rng(SEED)
    logits, labels = rng.normal(scale=2.0, size=(5, 4)), rng.integers(0, 4, size=5)
    one_hot = keras.utils.to_categorical(labels, 4).astype(np.float64)
    categorical = keras.losses.CategoricalCrossentropy(from_logits=True, dtype="float64")(one_hot, logits).numpy()
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")(labels, logits).numpy()
    golden.assert_close("categorical", categorical, sparse, golden.EXACT_TOLERANCE)
    golden.assert_close("sparse", sparse, golden.cross_entropy(logits[None], labels[None]), golden.EXACT_TOLERANCE)
    given = {"logits": logits.tolist(), "labels": labels.tolist(), "oneHot": one_hot.tolist()}
    return given | {"categoricalCrossEntropy": float(categorical), "sparseCategoricalCrossEntropy": float(sparse)}


def main() -> None:
    """Writes the file, one case a line."""
    keras3.set_up()
    facts = {"generator": "test/golden/keras_sequences.py", "keras": keras.__version__, "numpy": np.__version__}
    parts = {"padSequences": pad_cases(), "toCategorical": one_hot_cases(), "crossEntropy": [cross_entropy_case()]}
    lines = [f'"metadata": {json.dumps(facts | {"seed": str(SEED)})}']
    for name, cases in parts.items():
        lines.append(f'"{name}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]")
    path = golden.FOLDER / "keras-sequences.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    assert json.loads(path.read_text())["padSequences"] == parts["padSequences"]
    print(f"{path.name}: {path.stat().st_size} bytes, {sum(map(len, parts.values()))} cases")


if __name__ == "__main__":
    main()
