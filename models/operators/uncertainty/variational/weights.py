"""Mean-field variational inference of all weights, by draws that gradients pass through.

Weights are w = m + √v ε, ε standard normal (the reparameterisation of Kingma & Welling 2014, arXiv:1312.6114, on
weights: Blundell et al. 2015, arXiv:1505.05424); a step of Adam follows the gradient of the evidence lower bound for
one ε and some functions. The prior's precision is the likeliest one for the current m and v at each step, the noise
is learnt with them. Starts at the trained weights.
"""

from __future__ import annotations

import math
from typing import Any, final

import torch
from torch import Tensor

from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, Seen, seen
from models.operators.uncertainty.linearised import Linearised
from models.operators.uncertainty.method import Method

_STEPS = 400
_FUNCTIONS = 16  # a step
_DRAWS = 16  # in an answer
_START = 1e-2  # deviation of a weight, of the root mean square of all of them
_MEAN_RATE = 1e-4  # the mean is nearly right; a larger rate lets noise move it
_RATE = 3e-2  # of logarithms
_TENSORS = ("mean", "deviation", "noise", "seed")


@final
class VariationalWeights(Method):
    """`mean`, `deviation` (weights,); `noise` a variance; `seed` of the draws that answers are made with."""

    def __init__(
        self,
        operator: Operator,
        scaling: Scaling,
        mean: Tensor,
        deviation: Tensor,
        noise: Tensor,
        seed: Tensor,
    ) -> None:
        super().__init__(operator, scaling)
        self.mean = mean
        self.deviation = deviation
        self.noise = noise
        self.seed = seed
        self._network = Linearised(operator)
        normal = torch.randn(_DRAWS, len(mean), generator=torch.Generator().manual_seed(int(seed)))
        self._draws = mean + deviation * normal.to(mean)

    @classmethod
    def fit(
        cls,
        operator: Operator,
        scaling: Scaling,
        training: Pairs,
        calibration: Pairs | None = None,
        *,
        seed: int,
        others: tuple[Operator, ...] = (),
        steps: int = _STEPS,
        mean_rate: float = _MEAN_RATE,
    ) -> VariationalWeights:
        """By what it was trained on; the calibration is not used."""
        network, draw = Linearised(operator), torch.Generator().manual_seed(seed)
        batches = [*seen(operator, scaling, training, _FUNCTIONS)]
        sizes = torch.tensor([float(each.wanted.numel()) for each in batches])
        values = int(sizes.sum())
        noise = sum(float(each.error.double().square().sum()) for each in batches) / values
        start = _START * network.weights.square().mean().sqrt()
        mean = network.weights.clone().requires_grad_()
        log_deviation = torch.full_like(mean, float(start.log())).requires_grad_()
        log_noise = torch.tensor(math.log(noise)).to(mean).requires_grad_()
        moving: list[dict[str, Any]] = [{"params": [mean], "lr": mean_rate}, {"params": [log_deviation, log_noise]}]
        optimizer = torch.optim.Adam(moving, lr=_RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(steps):
            batch = batches[int(torch.multinomial(sizes, 1, generator=draw))]
            normal = torch.randn(len(mean), generator=draw).to(mean)
            misfit = _misfit(network, batch, mean + log_deviation.exp() * normal)
            likelihood = misfit / batch.wanted.numel() / (2 * log_noise.exp()) + log_noise / 2
            loss = likelihood + _divergence(mean, log_deviation) / values
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        found = (mean.detach(), log_deviation.detach().exp(), log_noise.detach().exp())
        return cls(operator, scaling, *found, torch.tensor(seed))

    @classmethod
    def restore(cls, operator: Operator, scaling: Scaling, tensors: dict[str, Tensor]) -> VariationalWeights:
        return cls(operator, scaling, *(tensors[name] for name in _TENSORS))

    def tensors(self) -> dict[str, Tensor]:
        return {name: getattr(self, name) for name in _TENSORS}

    def believe(self, passed: Pass) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            answers = passed.shape * torch.stack([self._network.output(draw, passed.inputs) for draw in self._draws])
        variance = answers.var(dim=0) + passed.free[:, None] * self.noise
        return answers.mean(dim=0), variance.sqrt()


def _misfit(network: Linearised, batch: Seen, weights: Tensor) -> Tensor:
    """The sum of squared errors by these weights."""
    passed = batch.passed
    answer = passed.shape * network.output(weights, passed.inputs)
    return (batch.wanted - answer[:, passed.free]).square().sum()


def _divergence(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """KL of the Gaussians from a prior N(0, 1/λ) whose λ makes it least."""
    square = (mean.square() + (2 * log_deviation).exp()).mean()
    return len(mean) * square.log() / 2 - log_deviation.sum()
