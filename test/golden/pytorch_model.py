"""Writes pytorch-model.safetensors, a language model saved as a PyTorch user would, and what it must compute.

The model file is `safetensors.torch.save_file(model.state_dict(), path)`: float32, no metadata, attribute names of
the user's choosing. pytorch-model.expected.safetensors holds `tokens` [T, B] and the `logits` [T, B, V] from a zero
state (float32, stored as float64), checked here against numpy_cells.py in float64.

Run: python test/golden/pytorch_model.py
"""

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

import golden_file as golden
from numpy_cells import torch_forward

SEED = 7
VOCAB_SIZE = 13
EMBEDDING_SIZE = 8
HIDDEN_SIZE = 16
SEQ_LEN = 12
BATCH = 2
# float32 against float64 over 12 steps of 16 units: a few times 2^-24 per value.
FLOAT32_TOLERANCE = 2e-6


class CharModel(nn.Module):
    """Embedding -> LSTM -> Linear, as in many tutorials."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCAB_SIZE, EMBEDDING_SIZE)
        self.lstm = nn.LSTM(EMBEDDING_SIZE, HIDDEN_SIZE)
        self.decoder = nn.Linear(HIDDEN_SIZE, VOCAB_SIZE)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """`tokens`: [T, B]; returns the logits [T, B, V] from a zero state."""
        hidden, _ = self.lstm(self.embedding(tokens))
        return self.decoder(hidden)


def expected_logits(model: CharModel, tokens: np.ndarray) -> np.ndarray:
    """The same logits from numpy_cells in float64. `tokens`: [T, B]."""
    renamed = {"lstm": "rnn", "decoder": "linear"}
    weights = {}
    for name, value in model.state_dict().items():
        module, _, rest = name.partition(".")
        weights[f"{renamed.get(module, module)}.{rest}"] = value.numpy().astype(np.float64)
    zeros = np.zeros((1, BATCH, HIDDEN_SIZE))
    return torch_forward("lstm", weights, tokens, zeros, zeros).logits


def main() -> None:
    """Writes both files."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    model = CharModel()
    # Every symbol occurs in the 24 tokens.
    tokens = (np.arange(SEQ_LEN * BATCH, dtype=np.int64) * 5 % VOCAB_SIZE).reshape(SEQ_LEN, BATCH)
    with torch.no_grad():
        logits = model(torch.from_numpy(tokens)).numpy().astype(np.float64)
    difference = golden.assert_close("logits", logits, expected_logits(model, tokens), FLOAT32_TOLERANCE)
    save_file(model.state_dict(), golden.FOLDER / "pytorch-model.safetensors")
    metadata = {
        "generator": "test/golden/pytorch_model.py",
        "python": golden.platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "seed": str(SEED),
        "cell": "lstm",
    }
    path = golden.FOLDER / "pytorch-model.expected.safetensors"
    golden.write_safetensors(path, {"tokens": tokens, "logits": logits}, metadata)
    print(f"pytorch-model: float32 within {difference:.1e} of float64")


if __name__ == "__main__":
    main()
