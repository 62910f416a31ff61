"""Burgers' equation ∂u/∂t + u ∂u/∂x = ν ∂²u/∂x² on the unit interval, periodic: from u at 0 to u at `time`.

The initial values are drawn as by Li et al. (2021, arXiv:2010.08895, A.3.1), from N(0, 625 (−Δ + 25)^−2), without
their mean. The equation is solved pseudo-spectrally, dealiased by the rule of 2/3, with ETDRK4 (Cox & Matthews 2002,
J. Comput. Phys. 176), whose coefficients are means over circles (Kassam & Trefethen 2005, SIAM J. Sci. Comput. 26).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.operators.pairs import Pairs

DRAWN = 64  # frequencies of the initial values; beyond them is less than 10⁻⁵ of their variance
NODES = 512  # of the solver; frequencies up to 170 are kept
STEPS = 500
# Samples that are solved together. Always so many: a transform's rounding depends on how many are transformed, and
# sample i is not to depend on the count.
_TOGETHER = 16
_CIRCLE = 32  # points of the means


def burgers(count: int, points: int, seed: int, viscosity: float = 0.1, time: float = 1.0) -> Pairs:
    """u at 0 and at `time`, at `points` from 0 to 1 in equal steps; both ends are among them, and are one point of a
    circle.

    Sample i of a seed is the same function whatever `points` and `count` are.
    """
    rng = np.random.default_rng(seed)
    blocks = -(-count // _TOGETHER)
    before = np.stack([initial(rng) for _ in range(blocks * _TOGETHER)])
    after = np.concatenate([evolved(block, viscosity, time) for block in before.reshape(blocks, _TOGETHER, -1)])
    positions = np.linspace(0.0, 1.0, points)
    inputs, targets = (values(spectra[:count], positions).astype(np.float32) for spectra in (before, after))
    return Pairs(inputs[..., None], targets[..., None], positions.astype(np.float32)[:, None], (points,))


def values(spectra: Array, positions: Array) -> Array:
    """(samples, points): Re Σ_k spectrum_k e^{2πikx} of spectra (samples, frequencies from 0 on)."""
    waves = np.exp(2j * np.pi * np.outer(np.arange(spectra.shape[1]), positions))
    return np.asarray((spectra @ waves).real)


def evolved(spectra: Array, viscosity: float, time: float, steps: int = STEPS) -> Array:
    """The spectra at `time`, in the form that `values` takes."""
    step = _step(viscosity, time / steps)
    v = spectra * (NODES / 2)  # as NumPy has them; no mean
    for _ in range(steps):
        v = step(v)
    return v / (NODES / 2)


def initial(rng: np.random.Generator) -> Array:
    """(NODES / 2 + 1,): the next spectrum."""
    number = np.arange(1, DRAWN + 1)
    deviation = 25 / (4 * np.pi**2 * number**2 + 25)
    parts = rng.standard_normal((2, DRAWN))
    spectrum = np.zeros(NODES // 2 + 1, dtype=np.complex128)
    spectrum[1 : DRAWN + 1] = np.sqrt(2) * deviation * (parts[0] - 1j * parts[1])
    return spectrum


@dataclass(frozen=True, eq=False)
class _Step:
    """v ↦ v at the next step, of dv/dt = L v + N(v) for each frequency; the letters are Kassam & Trefethen's."""

    E: Array
    E2: Array
    Q: Array
    f1: Array
    f2: Array
    f3: Array
    advection: Array

    def __call__(self, v: Array) -> Array:
        Nv = self._nonlinear(v)
        a = self.E2 * v + self.Q * Nv
        Na = self._nonlinear(a)
        b = self.E2 * v + self.Q * Na
        Nb = self._nonlinear(b)
        c = self.E2 * a + self.Q * (2 * Nb - Nv)
        Nc = self._nonlinear(c)
        return np.asarray(self.E * v + Nv * self.f1 + 2 * (Na + Nb) * self.f2 + Nc * self.f3)

    def _nonlinear(self, v: Array) -> Array:
        """−½ ∂(u²)/∂x; dealiased, since `advection` is 0 beyond two thirds, and so is v but for what was drawn."""
        return np.asarray(self.advection * np.fft.rfft(np.fft.irfft(v, n=NODES) ** 2))


def _step(viscosity: float, h: float) -> _Step:
    number = np.arange(NODES // 2 + 1)
    L = -viscosity * (2 * np.pi * number) ** 2
    around = np.exp(1j * np.pi * (np.arange(1, _CIRCLE + 1) - 0.5) / _CIRCLE)  # the upper half: L is real
    z = h * L[:, None] + around

    def mean(values: Array) -> Array:
        return np.asarray(h * values.mean(axis=1).real)

    return _Step(
        E=np.exp(h * L),
        E2=np.exp(h * L / 2),
        Q=mean((np.exp(z / 2) - 1) / z),
        f1=mean((-4 - z + np.exp(z) * (4 - 3 * z + z**2)) / z**3),
        f2=mean((2 + z + np.exp(z) * (-2 + z)) / z**3),
        f3=mean((-4 - 3 * z - z**2 + np.exp(z) * (4 - z)) / z**3),
        advection=np.where(3 * number < NODES, -1j * np.pi * number, 0),
    )
