"""The strategies by name, for who imports no network: each is a line here and the module that it names."""

from __future__ import annotations

STRATEGIES = {
    "random": "models.operators.acquisition.uniform:Uniform",
    "bald": "models.operators.acquisition.bald:Bald",
    "badge": "models.operators.acquisition.badge:Badge",
    "lcmd": "models.operators.acquisition.lcmd:Lcmd",
    "residual": "models.operators.acquisition.residual:Residual",
}
