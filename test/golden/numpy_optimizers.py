"""Clipping and PyTorch's optimisers written out in numpy: what ten golden steps must agree with."""

from dataclasses import asdict, dataclass

import numpy as np

Arrays = dict[str, np.ndarray]

# What torch.nn.utils.clip_grad_norm_ adds to the norm before it divides.
TORCH_CLIP_EPSILON = 1e-6
# Of Muon: PyTorch's coefficients and least norm, and mynah's number of iterations.
MUON_COEFFICIENTS = 3.4445, -4.7750, 2.0315
MUON_LEAST_NORM = 1e-7
MUON_ITERATIONS = 3


def is_hidden_matrix(name: str) -> bool:
    """Whether Muon takes care of it, instead of AdamW."""
    return ".weight_ih" in name or ".weight_hh" in name


@dataclass(frozen=True)
class Recipe:
    """Optimiser and clipping; `options` gives mynah's names."""

    optimizer: str = "adam"
    learning_rate: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.99
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    momentum: float = 0.0
    clip_norm: float = 0.0
    clip_value: float = 0.0

    def options(self) -> dict[str, str | float]:
        """mynah's train options, those alone that the optimiser reads, and a constant rate."""
        read = {"optimizer", "learning_rate", "clip_norm", "clip_value"}
        read |= {
            "adam": {"beta1", "beta2", "epsilon"},
            "adamw": {"beta1", "beta2", "epsilon", "weight_decay"},
            "rmsprop": {"beta2", "epsilon", "momentum"},
            "sgd": {"momentum"},
            "muon": {"beta1", "beta2", "epsilon", "weight_decay", "momentum"},
        }[self.optimizer]
        words = {name: name.split("_") for name in asdict(self) if name in read}
        named = {
            first + "".join(word.capitalize() for word in rest): getattr(self, name)
            for name, (first, *rest) in words.items()
        }
        return named | {"schedule": "constant", "warmupSteps": 0}


def clipped(recipe: Recipe, gradients: Arrays) -> tuple[Arrays, float]:
    """Gradients after clipping by value and then by norm, and the norm between the two."""
    if recipe.clip_value:
        gradients = {name: np.clip(g, -recipe.clip_value, recipe.clip_value) for name, g in gradients.items()}
    norm = float(np.sqrt(sum((g * g).sum() for g in gradients.values())))
    scale = min(1.0, recipe.clip_norm / (norm + TORCH_CLIP_EPSILON)) if recipe.clip_norm else 1.0
    return {name: scale * g for name, g in gradients.items()}, norm


class Optimizer:
    """Updates parameters in place, as PyTorch documents its own."""

    def __init__(self, recipe: Recipe, parameters: Arrays) -> None:
        self.recipe, self.p = recipe, parameters
        self.m = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.v = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.steps = 0
        # The smallest number that was divided by, where there was a gradient at all.
        self.smallest_divisor = np.inf

    def step(self, gradients: Arrays) -> None:
        """One update with gradients that are clipped already."""
        self.steps += 1
        update = {
            "adam": self.adam,
            "adamw": self.adam,
            "rmsprop": self.rmsprop,
            "sgd": self.sgd,
            "muon": self.muon,
        }
        for name, g in gradients.items():
            update[self.recipe.optimizer](name, g)

    def adam(self, name: str, g: np.ndarray) -> None:
        """p -= lr m^ / (sqrt(v^) + eps); before that p -= lr decay p, for tensors of rank 2 and more."""
        r, p = self.recipe, self.p[name]
        if p.ndim >= 2:
            p *= 1 - r.learning_rate * r.weight_decay
        self.m[name] = r.beta1 * self.m[name] + (1 - r.beta1) * g
        self.v[name] = r.beta2 * self.v[name] + (1 - r.beta2) * g * g
        m_hat, v_hat = self.m[name] / (1 - r.beta1**self.steps), self.v[name] / (1 - r.beta2**self.steps)
        p -= r.learning_rate * m_hat / (np.sqrt(v_hat) + r.epsilon)
        self.note(v_hat)

    def rmsprop(self, name: str, g: np.ndarray) -> None:
        """v = beta2 v + (1 - beta2) g^2; m = momentum m + g / (sqrt(v) + eps); p -= lr m."""
        r = self.recipe
        self.v[name] = r.beta2 * self.v[name] + (1 - r.beta2) * g * g
        self.m[name] = r.momentum * self.m[name] + g / (np.sqrt(self.v[name]) + r.epsilon)
        self.p[name] -= r.learning_rate * self.m[name]
        self.note(self.v[name])

    def sgd(self, name: str, g: np.ndarray) -> None:
        """m = momentum m + g; p -= lr m."""
        self.m[name] = self.recipe.momentum * self.m[name] + g
        self.p[name] -= self.recipe.learning_rate * self.m[name]

    def muon(self, name: str, g: np.ndarray) -> None:
        """m = momentum m + (1 - momentum) g; p -= lr 0.2 sqrt(max(R, C)) O((1 - momentum) g + momentum m); else AdamW."""
        if not is_hidden_matrix(name):
            self.adam(name, g)
            return
        r, p = self.recipe, self.p[name]
        self.m[name] = r.momentum * self.m[name] + (1 - r.momentum) * g
        x = (1 - r.momentum) * g + r.momentum * self.m[name]
        x /= max(np.linalg.norm(x), MUON_LEAST_NORM)
        for _ in range(MUON_ITERATIONS):
            u, s, v = np.linalg.svd(x, full_matrices=False)
            a, b, c = MUON_COEFFICIENTS
            x = u @ np.diag(a * s + b * s**3 + c * s**5) @ v
        p *= 1 - r.learning_rate * r.weight_decay
        p -= r.learning_rate * 0.2 * np.sqrt(max(p.shape)) * x

    def note(self, v: np.ndarray) -> None:
        """Keeps the smallest sqrt(v) + epsilon of any v that is not zero."""
        if (v > 0).any():
            self.smallest_divisor = min(self.smallest_divisor, float(np.sqrt(v[v > 0].min())) + self.recipe.epsilon)
