"""Writes a mynah model file of any kind with random float32 weights: something to start from that mynah did not make.

Matrices are uniform within 1 / sqrt(columns), embeddings N(0, 1), or N(0, 0.02) where they are as wide as a block;
biases are zero, but the LSTM's forget bias, which is 1; gains are 1. (mynah's own initial weights are orthogonal and
Xavier's; this is no copy of them.) The vocabulary is that of the text.

Run: python test/golden/make_model.py '{"cell":"lstm","hiddenSize":64,"embeddingSize":32}' TEXT.txt OUT.safetensors
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from torch_models import LanguageModel

DEEP_EMBEDDING = 0.02


@torch.no_grad()
def initialize(model: LanguageModel, generator: torch.Generator) -> None:
    """Draws all weights."""
    for name, parameter in model.named_parameters():
        if name == "embedding.weight":
            parameter.normal_(std=DEEP_EMBEDDING if model.is_deep else 1.0, generator=generator)
        elif parameter.ndim >= 2:
            bound = parameter.shape[-1] ** -0.5
            parameter.uniform_(-bound, bound, generator=generator)
        elif "norm" in name and "bias" not in name:
            parameter.fill_(1)
        elif "bias_ih" in name and model.options.cell == "lstm":
            size = len(parameter) // 4
            parameter[size : 2 * size] = 1


def main() -> None:
    """Reads the arguments, writes the file."""
    parser = argparse.ArgumentParser(description="Write a mynah model file with random weights.")
    parser.add_argument("config", type=json.loads, help="JSON with mynah's option names")
    parser.add_argument("text", type=Path, help="a UTF-8 text file whose characters are the vocabulary")
    parser.add_argument("out", type=Path, help="the .safetensors file to write")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    symbols = "".join(sorted(set(arguments.text.read_bytes().decode("utf-8"))))
    model = LanguageModel(arguments.config, len(symbols) + 1)
    initialize(model, torch.Generator().manual_seed(arguments.seed))
    tokenizer = {"kind": "char", "symbols": symbols, "hasUnknown": True}
    metadata = {"format": "mynah", "version": "1"}
    metadata |= {"config": json.dumps(arguments.config), "tokenizer": json.dumps(tokenizer)}
    save_file({name: p.detach().contiguous() for name, p in model.named_parameters()}, arguments.out, metadata)


if __name__ == "__main__":
    main()
