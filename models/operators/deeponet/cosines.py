"""What the branch sees of a function: its cosine coefficients over the unit box, by quadrature.

    c_k = ∫ v(x) Π_i φ_{k_i}(x_i) dx / |domain|,     φ_0 = 1,  φ_k(x) = √2 cos(πkx)

In place of values at fixed sensors, which only one set of points has: an integral is of the function, so that the same
network takes any points, and its answer converges with them (Lanthaler, Mishra & Karniadakis 2022, arXiv:2102.09618,
have the error of such encoders). A sum tells a cosine from slower ones where points are nearer than half of its period:
points that are further apart are refused, since what was learnt from them would hold for no others.
"""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from models.operators.operator import Functions
from models.operators.points.volumes import refuse_coarse, volumes


def weighted_cosines(inputs: Functions, modes: int) -> Tensor:
    """(points, modes^dim): the product with the values (points,) of a function has its coefficients; the last axis of
    the box is the fastest. Raises `Refusal` WRONG_POINTS."""
    of_each = volumes(inputs.positions.detach().cpu().numpy(), inputs.grid)
    if modes > 1:
        refuse_coarse(of_each, inputs.positions.shape[1], 1 / (modes - 1), f"this operator sees {modes} cosines")
    weights = torch.as_tensor(of_each / of_each.sum(), dtype=inputs.values.dtype, device=inputs.values.device)
    number = torch.arange(modes, dtype=weights.dtype, device=weights.device)
    normal = torch.where(number > 0, 2**0.5, 1.0).to(weights.dtype)
    product = weights[:, None]
    for axis in inputs.positions.to(weights.dtype).unbind(dim=1):
        cosines = normal * torch.cos(pi * axis[:, None] * number)
        product = (product[:, :, None] * cosines[:, None]).flatten(start_dim=1)
    return product
