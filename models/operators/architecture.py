"""The architectures that an operator may have, as an artefact and a recipe name them. Light: no PyTorch."""

from __future__ import annotations

from typing import TypeAlias

from models.operators.deeponet.config import DeepONet
from models.operators.fno.config import FNO
from models.operators.graph.config import GINO, GNO

Architecture: TypeAlias = FNO | DeepONet | GNO | GINO
