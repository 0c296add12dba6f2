"""Clipping and PyTorch's optimisers as a Recipe names them, for the generators and bench/twin/curves.py."""

import torch
from torch import nn

from numpy_optimizers import Recipe


def make_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """PyTorch's optimiser for `recipe`; weight decay for tensors of rank 2 and more alone."""
    rate, epsilon = recipe.learning_rate, recipe.epsilon
    betas = (recipe.beta1, recipe.beta2)
    parameters = list(model.parameters())
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, betas=betas, eps=epsilon)
    if recipe.optimizer == "adamw":
        groups = [
            {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": recipe.weight_decay},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=rate, betas=betas, eps=epsilon)
    if recipe.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, alpha=recipe.beta2, eps=epsilon, momentum=recipe.momentum)
    return torch.optim.SGD(parameters, lr=rate, momentum=recipe.momentum)


def clip(model: nn.Module, recipe: Recipe) -> float:
    """Clips by value and then by norm in place; returns the norm between the two."""
    if recipe.clip_value:
        nn.utils.clip_grad_value_(model.parameters(), recipe.clip_value)
    # A limit of infinity clips nothing and gives the norm.
    return nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm or float("inf")).item()
