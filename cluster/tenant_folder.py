"""Where a tenant's artefacts are below the folder of all of them."""

from __future__ import annotations

import hashlib
from pathlib import Path


def tenant_folder(root: Path, owner: str) -> Path:
    """Named by a digest of the tenant's name, which file systems could take for another's."""
    return root / hashlib.blake2b(owner.encode(), digest_size=16).hexdigest()
