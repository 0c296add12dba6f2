"""ONNX Runtime, native, on the CPU: the same file as its web build runs, one symbol for each row and call."""

import numpy as np
import onnxruntime as ort
from data import drawer
from protocol import serve


def prepare(job: dict, _text: str):
    """The versions, and the step."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = job["threads"]
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(job["modelFile"], options, providers=["CPUExecutionProvider"])
    workload = job["workload"]
    rows, hidden_size = workload["batchSize"], workload["hiddenSize"]
    draw = drawer(rows)
    symbols = np.zeros(rows, dtype=np.int64)
    h = c = np.zeros((1, rows, hidden_size), dtype=np.float32)

    def step() -> int:
        nonlocal symbols, h, c
        logits, h, c = session.run(None, {"symbols": symbols[None], "h": h, "c": c})
        symbols = draw(logits)
        return rows

    return ort.__version__, step


serve(prepare)
