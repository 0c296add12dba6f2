"""Minimax fit of e^r = 1 + r + r^2 P(r), P of degree 4, for |r| <= ln(2) / 2, in relative error.

    python crates/kernels/coefficients/exp.py

needs numpy and mpmath; prints the f32 coefficients in `src/activation.rs` (constant term first) and the error of the fit,
before and after they are rounded to f32.
Method: Lawson's iteratively reweighted least squares.
"""

import mpmath as mp
import numpy as np

DEGREE = 4
# A little more than ln(2) / 2: n is the nearest integer to a product that was rounded itself.
LIMIT = mp.log(2) / 2 * mp.mpf("1.0001")
POINTS = 200
ROUNDS = 200

mp.mp.dps = 40


def chebyshev_points() -> list[mp.mpf]:
    """They crowd towards both ends, where a minimax error has its extrema."""
    return [LIMIT * mp.cos(mp.pi * (i + mp.mpf("0.5")) / POINTS) for i in range(POINTS)]


def errors(p: list[mp.mpf], points: list[mp.mpf]) -> list[mp.mpf]:
    """Relative errors of 1 + r + r^2 P(r)."""
    return [abs((1 + r + r * r * mp.polyval(p[::-1], r)) / mp.exp(r) - 1) for r in points]


def fit(points: list[mp.mpf]) -> list[mp.mpf]:
    """Coefficients of P, constant term first."""
    weight = [mp.mpf(1)] * POINTS
    best: tuple[mp.mpf, list[mp.mpf]] | None = None
    for _ in range(ROUNDS):
        normal = mp.zeros(DEGREE + 1)
        right = mp.zeros(DEGREE + 1, 1)
        for r, w in zip(points, weight):
            scale = w / mp.exp(r) ** 2
            row = [r ** (2 + k) for k in range(DEGREE + 1)]
            target = mp.exp(r) - 1 - r
            for a in range(DEGREE + 1):
                right[a] += scale * row[a] * target
                for b in range(DEGREE + 1):
                    normal[a, b] += scale * row[a] * row[b]
        p = list(mp.lu_solve(normal, right))
        error = errors(p, points)
        if best is None or max(error) < best[0]:
            best = (max(error), p)
        mean = sum(w * e for w, e in zip(weight, error)) / sum(weight)
        weight = [w * (e / mean + mp.mpf("1e-3")) for w, e in zip(weight, error)]
        total = sum(weight)
        weight = [w * POINTS / total for w in weight]
    assert best is not None
    return best[1]


def main() -> None:
    points = chebyshev_points()
    p = fit(points)
    rounded = [np.float32(float(c)) for c in p]
    print("P:", ", ".join(repr(c) for c in rounded))
    for what, coefficients in [("exact", p), ("rounded", [mp.mpf(float(c)) for c in rounded])]:
        worst = float(max(errors(coefficients, points)))
        print(f"{what}: largest relative error {worst:.3g} = {worst * 2**24:.3f} x 2^-24")


if __name__ == "__main__":
    main()
