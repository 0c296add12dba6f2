"""PyTorch on the CPU, eager: nn.LSTM, nn.GRU or nn.RNN trained with Adam; sampling with LSTMCell, which is faster for one step."""

import math

import torch
from data import TEMPERATURE, encode, windows_of
from protocol import serve
from torch import nn


def training(workload: dict, ids, vocab_size: int):
    """A step of training: random windows from a zero state, mean cross-entropy, backward, Adam, the loss read back."""
    layer = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[workload["cell"]]
    embedding = nn.Embedding(vocab_size, workload["embeddingSize"])
    recurrent = layer(workload["embeddingSize"], workload["hiddenSize"])
    linear = nn.Linear(workload["hiddenSize"], vocab_size)
    model = nn.ModuleList([embedding, recurrent, linear])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    windows = windows_of(ids, workload["batchSize"], workload["seqLength"])

    def step() -> int:
        inputs, targets = (torch.from_numpy(part).T.contiguous() for part in windows())
        logits = linear(recurrent(embedding(inputs))[0])
        loss = nn.functional.cross_entropy(logits.view(-1, vocab_size), targets.view(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if not math.isfinite(loss.item()):
            raise RuntimeError("its loss is no finite number")
        return inputs.numel()

    return step


def sampling(workload: dict, vocab_size: int):
    """One symbol for each row."""
    rows, hidden_size = workload["batchSize"], workload["hiddenSize"]
    embedding = nn.Embedding(vocab_size, workload["embeddingSize"])
    cell = nn.LSTMCell(workload["embeddingSize"], hidden_size)
    linear = nn.Linear(hidden_size, vocab_size)
    symbols = torch.zeros(rows, dtype=torch.int64)
    state = (torch.zeros(rows, hidden_size), torch.zeros(rows, hidden_size))

    @torch.inference_mode()
    def step() -> int:
        nonlocal symbols, state
        state = cell(embedding(symbols), state)
        chances = torch.softmax(linear(state[0]) / TEMPERATURE, dim=1)
        symbols = torch.multinomial(chances, 1)[:, 0]
        symbols.tolist()
        return rows

    return step


def prepare(job: dict, text: str):
    """The versions, and the step."""
    torch.set_num_threads(job["threads"])
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)
    ids, vocab_size = encode(text)
    workload = job["workload"]
    is_training = workload["kind"] == "train"
    step = training(workload, ids, vocab_size) if is_training else sampling(workload, vocab_size)
    return torch.__version__.split("+")[0], step


serve(prepare)
