"""Prior precision and noise by the marginal likelihood, from the spectrum of the curvature.

The weights w are p Gaussians of precision λ, the data N values with independent Gaussian noise of variance s. Around
w the negative log posterior is quadratic with Hessian G/s + λ, whose eigenvalues are d_k/s + λ. Laplace's
approximation of the log evidence, exact for a linear model at its posterior mean, is

    −N/2 log(2πs) − r/(2s) + p/2 log λ − λ|w|²/2 − ½ Σ_k log(d_k/s + λ),        r the sum of squared errors.

Where it is stationary, γ = Σ d_k/(d_k + λs) weights are determined by the data, λ = γ/|w|² and s = r/(N − γ) (MacKay
1992, Neural Computation 4, 415-447; Daxberger et al. 2021, arXiv:2106.14806). The last is found as s = (r + sγ)/N,
which has the same fixed point and stays positive where there are more weights than values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_ITERATIONS = 1000
_STILL = 1e-10  # relative change of λ and s at which the iteration ends
_SMALLEST = 1e-12  # of a sum of squares, beside the sum of squares of what was wanted: round-off of double precision


@dataclass(frozen=True)
class Curvature:
    """What the evidence depends on, for one output channel."""

    eigenvalues: Tensor  # of G, ≥ 0, in double precision
    counts: Tensor  # how often each of them occurs; they sum to p
    squared_weights: float  # |w|²
    squared_errors: float  # r
    squared_wanted: float  # the same of an operator that always says 0
    values: int  # N


@dataclass(frozen=True)
class Beliefs:
    """Of the weights before the data, and of the data given the weights."""

    precision: float  # λ
    noise: float  # s, a variance


def log_evidence(curvature: Curvature, beliefs: Beliefs) -> float:
    """In nats."""
    prior, noise = beliefs.precision, beliefs.noise
    fit = -curvature.values / 2 * math.log(2 * math.pi * noise) - curvature.squared_errors / (2 * noise)
    complexity = float((curvature.counts * torch.log1p(curvature.eigenvalues / (noise * prior))).sum())
    return fit - prior * curvature.squared_weights / 2 - complexity / 2


def likeliest(curvature: Curvature) -> Beliefs:
    """By fixed-point iteration from s = r/N and λ = p/|w|²."""
    d, values = curvature.eigenvalues, curvature.values
    errors = max(curvature.squared_errors, _SMALLEST * curvature.squared_wanted)
    weights = max(curvature.squared_weights, _SMALLEST)
    prior, noise = float(curvature.counts.sum()) / weights, errors / values
    for _ in range(_ITERATIONS):
        determined = float((curvature.counts * d / (d + prior * noise)).sum())
        before = prior, noise
        prior, noise = determined / weights, (errors + noise * determined) / values
        if abs(prior - before[0]) <= _STILL * prior and abs(noise - before[1]) <= _STILL * noise:
            break
    return Beliefs(prior, noise)
