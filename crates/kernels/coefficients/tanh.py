"""Minimax fit of tanh(x) = x P(x^2) / Q(x^2), P and Q of degree 4, on [0, 9] in relative error.

    python crates/kernels/coefficients/tanh.py

needs numpy and mpmath; prints the f32 coefficients in `src/activation.rs` (constant term first) and the error of the fit.
Method: Lawson's iteratively reweighted least squares on the linearised problem
P(x^2) x - tanh(x) Q(x^2) = 0 with Q(0) = 1, each point divided by the previous Q (Sanathanan-Koerner).
"""

import mpmath as mp
import numpy as np

DEGREE = 4
LIMIT = 9.0
POINTS = 400
ROUNDS = 60

mp.mp.dps = 40


def fit() -> tuple[list[mp.mpf], list[mp.mpf], float]:
    """Coefficients of P and Q (constant term first) and the largest relative error."""
    # Chebyshev points crowd towards both ends, where a minimax error has its extrema.
    x = [mp.mpf(LIMIT) * (1 - mp.cos(mp.pi * (i + mp.mpf("0.5")) / POINTS)) / 2 for i in range(POINTS)]
    target = [mp.tanh(v) for v in x]
    weight = [mp.mpf(1)] * POINTS
    denominator = [mp.mpf(1)] * POINTS
    best: tuple[list[mp.mpf], list[mp.mpf], mp.mpf] | None = None
    for _ in range(ROUNDS):
        unknowns = 2 * DEGREE + 1
        normal = mp.zeros(unknowns)
        right = mp.zeros(unknowns, 1)
        for i in range(POINTS):
            s = x[i] ** 2
            scale = weight[i] / (denominator[i] * target[i]) ** 2
            row = [x[i] * s**k for k in range(DEGREE + 1)] + [-target[i] * s**k for k in range(1, DEGREE + 1)]
            for a in range(unknowns):
                right[a] += scale * row[a] * target[i]
                for b in range(a, unknowns):
                    normal[a, b] += scale * row[a] * row[b]
        for a in range(unknowns):
            for b in range(a):
                normal[a, b] = normal[b, a]
        solution = mp.lu_solve(normal, right)
        p = [solution[k] for k in range(DEGREE + 1)]
        q = [mp.mpf(1)] + [solution[DEGREE + k] for k in range(1, DEGREE + 1)]
        error = []
        for i in range(POINTS):
            s = x[i] ** 2
            denominator[i] = mp.polyval(q[::-1], s)
            error.append(abs(x[i] * mp.polyval(p[::-1], s) / denominator[i] / target[i] - 1))
        worst = max(error)
        if best is None or worst < best[2]:
            best = (p, q, worst)
        mean = sum(w * e for w, e in zip(weight, error)) / sum(weight)
        weight = [w * (e / mean + mp.mpf("1e-3")) for w, e in zip(weight, error)]
        total = sum(weight)
        weight = [w * POINTS / total for w in weight]
    assert best is not None
    return best[0], best[1], float(best[2])


def main() -> None:
    p, q, worst = fit()
    print("P:", ", ".join(repr(np.float32(float(c))) for c in p))
    print("Q:", ", ".join(repr(np.float32(float(c))) for c in q))
    print(f"largest relative error of the fit {worst:.3g} = {worst * 2**24:.2f} x 2^-24")


if __name__ == "__main__":
    main()
