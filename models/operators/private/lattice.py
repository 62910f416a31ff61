"""Why noise on a lattice may be charged as a sampled Gaussian: how far its Rényi divergences can be above.

`subsampled_gaussian` prices sums with N(0, σ²). Ours are whole numbers with discrete Gaussians, so that no bit of
floating point tells what it was added to. Let S be the steps of the grid to the clipping norm, z the noise multiplier,
σ = zS, d the number of weights, and μ the row of the unit that is there or not, |μ| ≤ S. With g the density of N(0, σ²)
in d dimensions and h(s) = 1 − q + q e^((2s − |μ|²)/2σ²), the moments of order α of the continuous mechanism are the
integrals, and those of the discrete one the normalised sums over whole x, of F(x) = g(x) h(⟨x, μ⟩)^p, where p = α in
the one direction and 1 − α in the other.

*Lemma.* Their ratio is at most 1 + η for each θ in (0, π/2], with t = 2πθz²S/√d and

    η = [(1 + 2/(e^t − 1))^d − 1] e^(θ²z²/2) cos(θ/2)^(1−α).

*Proof.* By Poisson's formula Σ F(x) = Σ F̂(k) over k ∈ ℤᵈ, where F̂(0) is the integral. For another k with m nonzero
entries move the contour to x − iy, y = θz²S sign(k)/√m. On it |g| = g(x) e^(θ²z²/2), and the exponential in h has an
angle of at most |y||μ|/σ² ≤ θ. So h has no zero there, |h| ≤ h(⟨x, μ⟩), and |h| ≥ cos(θ/2) h(⟨x, μ⟩), since
|a + b e^iφ| ≥ (a + b) cos(φ/2). The shift multiplies by e^(−2π⟨k, y⟩), and ⟨k, y⟩ ≥ θz²S Σ|k_j|/√d: the geometric
series over k give the bracket. Dividing by Σ g(x) instead of by 1 only lowers, as all terms of its formula are
positive. ∎

With others that take part the sum is a mixture of shifts by whole vectors, and D_α is quasi-convex: so this is the case
to look at. For the continuous pair the price is the larger direction (Mironov, Talwar & Zhang 2019, arXiv 1908.10530).
It is raised by 1e-11 of ln A. `is_covered` asks η to stay below a hundredth of that at all orders up to 10⁴; at higher
ones, which only an ε far below 0.01 would ask for, nothing is claimed. Without sampling (q = 1) and in zCDP, lattice
noise costs no more than the continuous one whatever the grid is (Canonne, Kamath & Steinke 2020, arXiv 2004.00010).
"""

from __future__ import annotations

import math

from models.privacy import orders
from models.privacy.kinds import SubsampledGaussian

HIGHEST_ORDER = 1e4
_SHARE = 1e-13  # of ln A
_ANGLES = [math.pi / 2 * 0.9**power for power in range(80)]  # any angle is a valid bound: the best of some will do


def is_covered(mechanism: SubsampledGaussian, steps: int, weights: int) -> bool:
    """Whether the price of `mechanism` holds for noise on a grid of `steps` to the norm, in `weights` dimensions.

    ln A grows with the order (as a convex function with the value 0 at order 1), and so does η.
    """
    if mechanism.rate == 1.0:
        return True
    least = (orders.LEAST - 1) * float(mechanism.renyi(orders.LEAST)) / mechanism.steps
    return log_excess(mechanism.noise_multiplier, steps, weights, HIGHEST_ORDER) <= math.log(_SHARE * least)


def log_excess(noise_multiplier: float, steps: int, weights: int, order: float) -> float:
    """ln η, at the best angle of some."""
    return min(_log_excess(angle, noise_multiplier, steps, weights, order) for angle in _ANGLES)


def _log_excess(angle: float, z: float, steps: int, weights: int, order: float) -> float:
    decay = 2 * math.pi * angle * z**2 * steps / math.sqrt(weights)
    return _log_bracket(decay, weights) + angle**2 * z**2 / 2 + (1 - order) * math.log(math.cos(angle / 2))


def _log_bracket(decay: float, weights: int) -> float:
    """ln [(1 + 2/(e^t − 1))^d − 1], where it is not 2d e^−t to more digits than matter."""
    if decay > 100:
        return math.log(2 * weights) - decay + 1e-9
    series = weights * math.log1p(2 / math.expm1(decay))
    return series if series > 700 else math.log(math.expm1(series))
