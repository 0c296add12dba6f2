"""Clipping and PyTorch's optimisers as a Recipe names them, for the generators and bench/twin/curves.py."""

from unittest.mock import patch

import torch
from torch import nn

from numpy_optimizers import MUON_ITERATIONS, Recipe, is_hidden_matrix


class MuonAndAdamW:
    """PyTorch's Muon for the matrices between vectors, its AdamW for the rest."""

    def __init__(self, model: nn.Module, recipe: Recipe) -> None:
        named = dict(model.named_parameters())
        matrices = [p for name, p in named.items() if is_hidden_matrix(name)]
        others = [p for name, p in named.items() if not is_hidden_matrix(name)]
        self.muon = torch.optim.Muon(
            matrices,
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            momentum=recipe.momentum,
            ns_steps=MUON_ITERATIONS,
            adjust_lr_fn="match_rms_adamw",
        )
        self.adamw = adamw(others, recipe)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """As that of an optimiser."""
        self.muon.zero_grad(set_to_none)
        self.adamw.zero_grad(set_to_none)

    def step(self) -> None:
        """As that of an optimiser. PyTorch orthogonalises in bfloat16, which is too coarse to compare with."""
        with patch.object(torch, "bfloat16", torch.float64):
            self.muon.step()
        self.adamw.step()


def adamw(parameters: list[nn.Parameter], recipe: Recipe) -> torch.optim.AdamW:
    """Weight decay for tensors of rank 2 and more alone."""
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(recipe.beta1, recipe.beta2), eps=recipe.epsilon)


def make_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer | MuonAndAdamW:
    """PyTorch's optimiser for `recipe`."""
    rate, epsilon = recipe.learning_rate, recipe.epsilon
    betas = (recipe.beta1, recipe.beta2)
    parameters = list(model.parameters())
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, betas=betas, eps=epsilon)
    if recipe.optimizer == "adamw":
        return adamw(parameters, recipe)
    if recipe.optimizer == "muon":
        return MuonAndAdamW(model, recipe)
    if recipe.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, alpha=recipe.beta2, eps=epsilon, momentum=recipe.momentum)
    return torch.optim.SGD(parameters, lr=rate, momentum=recipe.momentum)


def clip(model: nn.Module, recipe: Recipe) -> float:
    """Clips by value and then by norm in place; returns the norm between the two."""
    if recipe.clip_value:
        nn.utils.clip_grad_value_(model.parameters(), recipe.clip_value)
    # A limit of infinity clips nothing and gives the norm.
    return nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm or float("inf")).item()
