"""Clipping and Keras' optimisers written out in numpy: what ten golden steps of Keras must agree with.

Where they differ from PyTorch's (numpy_optimizers.py): epsilon is added to sqrt(v) before the bias correction (Adam), or
to v under the root (RMSProp), and clipping divides by the norm itself.
"""

import numpy as np

from numpy_optimizers import Arrays, Recipe


def clipped(recipe: Recipe, gradients: Arrays) -> tuple[Arrays, float]:
    """Gradients after clipping by value or by norm (Keras has no both), and the norm before the latter."""
    if recipe.clip_value:
        gradients = {name: np.clip(g, -recipe.clip_value, recipe.clip_value) for name, g in gradients.items()}
    norm = float(np.sqrt(sum((g * g).sum() for g in gradients.values())))
    scale = min(1.0, recipe.clip_norm / norm) if recipe.clip_norm else 1.0
    return {name: scale * g for name, g in gradients.items()}, norm


class Optimizer:
    """Updates parameters in place, as Keras' code does."""

    def __init__(self, recipe: Recipe, parameters: Arrays) -> None:
        self.recipe, self.p = recipe, parameters
        self.m = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.v = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.steps = 0
        # The smallest sqrt(v^), or sqrt(v), where there was a gradient at all.
        self.smallest_root = np.inf

    def step(self, gradients: Arrays) -> None:
        """One update with gradients that are clipped already."""
        self.steps += 1
        update = {"adam": self.adam, "adamw": self.adam, "rmsprop": self.rmsprop, "sgd": self.sgd}
        for name, g in gradients.items():
            update[self.recipe.optimizer](name, g)

    def adam(self, name: str, g: np.ndarray) -> None:
        """p -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps); first p -= lr decay p, but for biases."""
        r, p = self.recipe, self.p[name]
        if not name.endswith("bias"):
            p *= 1 - r.learning_rate * r.weight_decay
        self.m[name] = r.beta1 * self.m[name] + (1 - r.beta1) * g
        self.v[name] = r.beta2 * self.v[name] + (1 - r.beta2) * g * g
        scale = 1 - r.beta2**self.steps
        rate = r.learning_rate * np.sqrt(scale) / (1 - r.beta1**self.steps)
        p -= rate * self.m[name] / (np.sqrt(self.v[name]) + r.epsilon)
        self.note(self.v[name] / scale)

    def rmsprop(self, name: str, g: np.ndarray) -> None:
        """v = beta2 v + (1 - beta2) g^2; m = momentum m + lr g / sqrt(v + eps); p -= m."""
        r = self.recipe
        self.v[name] = r.beta2 * self.v[name] + (1 - r.beta2) * g * g
        self.m[name] = r.momentum * self.m[name] + r.learning_rate * g / np.sqrt(self.v[name] + r.epsilon)
        self.p[name] -= self.m[name]
        self.note(self.v[name])

    def sgd(self, name: str, g: np.ndarray) -> None:
        """m = momentum m - lr g; p += m."""
        self.m[name] = self.recipe.momentum * self.m[name] - self.recipe.learning_rate * g
        self.p[name] += self.m[name]

    def note(self, v: np.ndarray) -> None:
        """Keeps the smallest root of any v that is not zero."""
        if (v > 0).any():
            self.smallest_root = min(self.smallest_root, float(np.sqrt(v[v > 0].min())))
