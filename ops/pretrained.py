"""`python -m ops.pretrained`: make the operators that come with the system, about ten minutes of one core.

Writes models/operators/pretrained/darcy.safetensors. One thread: with more of them sums are rounded otherwise.
"""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path

import click

FOLDER = Path(__file__).resolve().parents[1] / "models" / "operators" / "pretrained"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER, show_default=True)
@click.option("--keep-weights", is_flag=True, help="Do not train: calibrate and measure the operator that is there.")
def make(folder: Path, keep_weights: bool) -> None:
    """Train, calibrate, measure and write."""
    import torch

    from models.operators.artefact import unpack
    from models.operators.calibrated import Calibrated
    from models.operators.pretrained import darcy
    from models.operators.restored import restored

    torch.set_num_threads(1)
    path = folder / f"{darcy.NAME}.safetensors"
    if keep_weights:
        card, tensors = unpack(path.read_bytes())
        content = darcy.calibrated(Calibrated(card, *restored(card, tensors)))
    else:
        content = _trained()
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    card, _ = unpack(content)
    click.echo(f"{path}: {len(content)} bytes, {card.metrics}")


def _trained() -> bytes:
    from models.operators.pretrained import darcy

    steps = darcy.made(time.process_time, version("faraday-server"))
    try:
        while True:
            click.echo(next(steps).progress.message, err=True)
    except StopIteration as end:
        content: bytes = end.value
        return content


if __name__ == "__main__":
    make()
