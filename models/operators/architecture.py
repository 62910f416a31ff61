"""The architectures that an operator may have, as an artefact and a recipe name them. Light: no PyTorch."""

from __future__ import annotations

from typing import TypeAlias

from models.operators.fno.config import FNO

Architecture: TypeAlias = FNO
