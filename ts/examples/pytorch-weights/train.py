"""Trains a small language model of characters in PyTorch, and saves it for a page: weights.safetensors and alphabet.txt.

    pip install torch numpy safetensors
    python train.py notes.txt [STEPS]
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

EMBEDDING_SIZE = 64
HIDDEN_SIZE = 128
BATCH_SIZE = 32
SEQ_LENGTH = 64
LEARNING_RATE = 0.003
CLIP_NORM = 1.0


class CharModel(nn.Module):
    """Embedding -> LSTM -> Linear, which is what mynah reads. nn.GRU and nn.RNN would do as well, and so would other names."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, EMBEDDING_SIZE)
        self.rnn = nn.LSTM(EMBEDDING_SIZE, HIDDEN_SIZE, batch_first=True)
        self.linear = nn.Linear(HIDDEN_SIZE, vocab_size)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """`tokens`: [B, T]; returns the logits [B, T, V] from a zero state."""
        hidden, _ = self.rnn(self.embedding(tokens))
        return self.linear(hidden)


def train(model: CharModel, tokens: torch.Tensor, steps: int) -> None:
    """Steps of Adam, each on windows from anywhere in the text."""
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    for step in range(1, steps + 1):
        starts = torch.randint(len(tokens) - SEQ_LENGTH, (BATCH_SIZE, 1))
        windows = tokens[starts + torch.arange(SEQ_LENGTH + 1)]
        logits = model(windows[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        if step % 100 == 0 or step == steps:
            print(f"step {step}: loss {loss.item():.3f} nats per character")


def main() -> None:
    """Reads the text, trains, and writes both files into the folder it is run in."""
    text = Path(sys.argv[1]).read_bytes().decode()
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    alphabet = "".join(sorted(set(text)))
    number = {symbol: i for i, symbol in enumerate(alphabet)}
    model = CharModel(len(alphabet))
    train(model, torch.tensor([number[symbol] for symbol in text]), steps)
    save_file(model.state_dict(), "weights.safetensors")
    # Row i of the embedding belongs to the i-th of these; as bytes, so that line ends stay what they are.
    Path("alphabet.txt").write_bytes(alphabet.encode())


if __name__ == "__main__":
    main()
