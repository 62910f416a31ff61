"""How well a mesh carries a wave: points per wavelength, and how far the phase is off at the end.

Elements of degree p carry a wave of number k with a number k_h, on cells of size h,

    |k_h − k|  ≈  k · ½ (p! / (2p)!)² (kh)^{2p} / (2p + 1),

1/24 (kh)² of it for p = 1, 1/1440 (kh)⁴ for p = 2 (Ihlenburg & Babuška 1995, Comput. Math. Appl. 30, 9-37, and 1997,
SIAM J. Numer. Anal. 34, 315-358; Ainsworth 2004, SIAM J. Numer. Anal. 42, 553-575). So at a fixed number of points per
wavelength the error still grows with the wavelengths that fit in: pollution.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from skfem import Mesh

from models.base import Array

ENOUGH = 10.0  # points per wavelength, the rule of thumb for a few wavelengths
OFF = 0.3  # radians: an error of 30 %


def longest_edges(mesh: Mesh) -> Array:
    """(cells,)"""
    if mesh.dim() == 2:
        ends, at_cell = mesh.p[:, mesh.facets], mesh.t2f
    else:
        ends, at_cell = mesh.p[:, mesh.edges], mesh.t2e
    lengths = np.sqrt(np.sum((ends[:, 0] - ends[:, 1]) ** 2, axis=0))
    return np.asarray(lengths[at_cell].max(axis=0))


def points_per_wavelength(mesh: Mesh, degree: int, k: Array) -> Array:
    """(cells,), of wave numbers k (cells,)."""
    return np.asarray(2 * np.pi * degree / (k * longest_edges(mesh)))


def phase_error(mesh: Mesh, degree: int, k: Array) -> float:
    """In radians, of a wave that crosses the mesh along its diagonal; the mean over the cells, as it is with k."""
    length = float(np.linalg.norm(np.ptp(mesh.p, axis=1)))
    relative = (
        (factorial(degree) / factorial(2 * degree)) ** 2
        * (k * longest_edges(mesh)) ** (2 * degree)
        / (2 * (2 * degree + 1))
    )
    return length * float(np.mean(k * relative))


def advice(points: Array, off: float) -> str:
    """What to say of the mesh; empty where it carries the wave."""
    fewest = float(points.min())
    if fewest >= ENOUGH and off <= OFF:
        return ""
    return (
        f"the mesh has {fewest:.3g} points per wavelength where it is coarsest, of which 10 are few, and a wave that "
        f"crosses it is off by about {off:.2g} radians in phase (Ihlenburg & Babuška 1995): refine, or send degree 2"
    )
