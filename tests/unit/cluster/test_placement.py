"""Where replicas run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster.placement import actor_options, default_placement
from models.base import Resources
from models.catalog import CATALOG


@pytest.mark.parametrize(("cluster_gpus", "gpus"), [(0.0, 0.0), (1.0, 0.25), (8.0, 0.25)])
def test_a_share_of_a_gpu_is_asked_for_only_where_there_are_gpus(cluster_gpus: float, gpus: float) -> None:
    placement = replace(default_placement(CATALOG["identity"]), resources=Resources(cpus=0.5, gpus=0.25))
    assert actor_options(placement, cluster_gpus) == {"num_cpus": 0.5, "num_gpus": gpus}


@pytest.mark.parametrize("name", CATALOG)
def test_the_catalogue_says_how_a_model_is_deployed(name: str) -> None:
    placement = default_placement(CATALOG[name])
    assert (placement.model, placement.resources) == (name, CATALOG[name].resources)
    assert placement.target_in_flight == 2 * placement.max_batch
