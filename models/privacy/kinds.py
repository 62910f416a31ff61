"""The kinds of release, as data: what a mechanism's parameters were, and from them its `Curve`.

A kind's fields and what they say are fixed for ever, since ledgers keep them: what is meant otherwise is a new kind.
Sensitivity Δ is that under the relation of the event that holds the mechanism. Noise and Δ are in the same units.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Union

import msgspec

from models.privacy import bounded_range, gaussian, pure, subsampled_gaussian
from models.privacy.errors import OtherRelation
from models.privacy.neighbours import Adjacency
from models.privacy.rounding import precise


class _Kind(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """How every kind is stored."""

    def relations(self) -> frozenset[Adjacency]:
        """For which relations the parameters may be stated."""
        return frozenset(Adjacency)


class Gaussian(_Kind, frozen=True, tag="gaussian"):
    """N(0, σ²) on every coordinate of a value of ℓ₂ sensitivity Δ; `noise_multiplier` = σ/Δ, in [1e-3, 1e9]."""

    noise_multiplier: float

    def __post_init__(self) -> None:
        _real(self, "noise_multiplier", 1e-3, 1e9)

    def renyi(self, order: float) -> Decimal:
        return gaussian.renyi(order, Fraction(1), Fraction(self.noise_multiplier) ** 2)

    def rho(self) -> Decimal:
        return gaussian.rho(Fraction(1), Fraction(self.noise_multiplier) ** 2)

    def replaced(self) -> Mechanism:
        return Gaussian(self.noise_multiplier / 2)  # exact


class DiscreteGaussian(_Kind, frozen=True, tag="discrete-gaussian"):
    """Weights exp(−x²/2σ²) on the integers, on every coordinate of an integer vector of ℓ₂ sensitivity Δ.

    `variance` = σ² in [1e-6, 1e24], exactly as sampled; `squared_sensitivity` = Δ² in [1, 2^62].
    """

    squared_sensitivity: int
    variance: float

    def __post_init__(self) -> None:
        _whole(self.squared_sensitivity, "squared_sensitivity", 2**62)
        _real(self, "variance", 1e-6, 1e24)

    def renyi(self, order: float) -> Decimal:
        return gaussian.renyi(order, Fraction(self.squared_sensitivity), Fraction(self.variance))

    def rho(self) -> Decimal:
        return gaussian.rho(Fraction(self.squared_sensitivity), Fraction(self.variance))

    def replaced(self) -> Mechanism:
        return DiscreteGaussian(4 * self.squared_sensitivity, self.variance)


class NoisyHistogram(_Kind, frozen=True, tag="noisy-histogram"):
    """Counts of disjoint buckets, each plus a discrete Gaussian of `variance` = σ² in [1e-6, 1e24].

    A unit has at most `records` records in all buckets together, in [1, 2^30]. Adding it changes the counts by at most
    that in ℓ₂; replacing it takes away some and adds others, so that Δ² = 2 records², not 4.
    """

    records: int
    variance: float

    def __post_init__(self) -> None:
        _whole(self.records, "records", 2**30)
        _real(self, "variance", 1e-6, 1e24)

    def relations(self) -> frozenset[Adjacency]:
        return frozenset({Adjacency.ADD_REMOVE})

    def renyi(self, order: float) -> Decimal:
        return gaussian.renyi(order, Fraction(self.records) ** 2, Fraction(self.variance))

    def rho(self) -> Decimal:
        return gaussian.rho(Fraction(self.records) ** 2, Fraction(self.variance))

    def replaced(self) -> Mechanism:
        return DiscreteGaussian(2 * self.records**2, self.variance)


class Exponential(_Kind, frozen=True, tag="exponential"):
    """A choice of bounded range η in [1e-9, 1e3]: the exponential mechanism with weights exp(η s/2Δ) has it."""

    bounded_range: float

    def __post_init__(self) -> None:
        _real(self, "bounded_range", 1e-9, 1e3)

    def renyi(self, order: float) -> Decimal:
        return bounded_range.renyi(order, self.bounded_range)

    def rho(self) -> Decimal:
        return bounded_range.rho(self.bounded_range)

    def replaced(self) -> Mechanism:
        return Exponential(2 * self.bounded_range)


class ReportNoisyMax(_Kind, frozen=True, tag="report-noisy-max-exponential"):
    """The index of the largest score plus exponential noise of scale 2Δ/ε; `epsilon` in [1e-9, 1e3].

    It is permute-and-flip (McKenna & Sheldon 2020, arXiv 2010.12603; Ding et al. 2021, arXiv 2105.07260). It is
    priced as ε-DP, which is what is proved of it. With Gumbel noise it would be an `Exponential`.
    """

    epsilon: float

    def __post_init__(self) -> None:
        _real(self, "epsilon", 1e-9, 1e3)

    def renyi(self, order: float) -> Decimal:
        return pure.renyi(order, self.epsilon)

    def rho(self) -> Decimal:
        return pure.rho(self.epsilon)

    def replaced(self) -> Mechanism:
        return ReportNoisyMax(2 * self.epsilon)


class SubsampledGaussian(_Kind, frozen=True, tag="poisson-subsampled-gaussian"):
    """DP-SGD: `steps` sums over units that each take part with probability `rate`, plus N(0, σ²) per coordinate.

    `noise_multiplier` is σ over the clipping norm, in [1e-2, 1e6]; `rate` in [1e-9, 1]; `steps` in [1, 1e9]. Add-remove
    only: what sampling gains where a unit is replaced is another theorem, which is not here.
    """

    rate: float
    noise_multiplier: float
    steps: int

    def __post_init__(self) -> None:
        _real(self, "rate", 1e-9, 1.0)
        _real(self, "noise_multiplier", 1e-2, 1e6)
        _whole(self.steps, "steps", 10**9)

    def relations(self) -> frozenset[Adjacency]:
        return frozenset({Adjacency.ADD_REMOVE})

    @precise
    def renyi(self, order: float) -> Decimal:
        return self.steps * subsampled_gaussian.renyi(order, self.rate, self.noise_multiplier)

    @precise
    def rho(self) -> Decimal:
        return self.steps * subsampled_gaussian.rho(self.noise_multiplier)

    def replaced(self) -> Mechanism:
        raise OtherRelation("OTHER_RELATION", "Poisson subsampling is accounted for add-remove neighbours only.")


class Zcdp(_Kind, frozen=True, tag="zcdp"):
    """Anything known to be ρ-zCDP, and no more; `bound` = ρ in [1e-12, 1e6]."""

    bound: float

    def __post_init__(self) -> None:
        _real(self, "bound", 1e-12, 1e6)

    def renyi(self, order: float) -> Decimal:
        return gaussian.renyi(order, 2 * Fraction(self.bound), Fraction(1))

    def rho(self) -> Decimal:
        return gaussian.rho(2 * Fraction(self.bound), Fraction(1))

    def replaced(self) -> Mechanism:
        """Bun & Steinke 2016, proposition 1.9: a group of two costs 2² times."""
        return Zcdp(4 * self.bound)


class Composed(_Kind, frozen=True, tag="composed"):
    """All of `parts`, each chosen as one likes from the answers before it; at least one."""

    parts: tuple[Mechanism, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("parts is empty")

    def relations(self) -> frozenset[Adjacency]:
        return frozenset.intersection(*(part.relations() for part in self.parts))

    @precise
    def renyi(self, order: float) -> Decimal:
        return sum((part.renyi(order) for part in self.parts), Decimal(0))

    @precise
    def rho(self) -> Decimal:
        return sum((part.rho() for part in self.parts), Decimal(0))

    def replaced(self) -> Mechanism:
        return Composed(tuple(part.replaced() for part in self.parts))


class SelfComposed(_Kind, frozen=True, tag="self-composed"):
    """`count` times `part`, in [1, 1e9]."""

    part: Mechanism
    count: int

    def __post_init__(self) -> None:
        _whole(self.count, "count", 10**9)

    def relations(self) -> frozenset[Adjacency]:
        return self.part.relations()

    @precise
    def renyi(self, order: float) -> Decimal:
        return self.count * self.part.renyi(order)

    @precise
    def rho(self) -> Decimal:
        return self.count * self.part.rho()

    def replaced(self) -> Mechanism:
        return SelfComposed(self.part.replaced(), self.count)


Mechanism = Union[  # noqa: UP007 msgspec resolves the recursion by name
    Gaussian,
    DiscreteGaussian,
    NoisyHistogram,
    Exponential,
    ReportNoisyMax,
    SubsampledGaussian,
    Zcdp,
    Composed,
    SelfComposed,
]


def _real(kind: _Kind, name: str, low: float, high: float) -> None:
    """A whole number becomes a float, so that equal events are stored alike."""
    value = getattr(kind, name)
    if isinstance(value, bool) or not low <= value <= high:  # NaN is not between anything
        raise ValueError(f"{name} is {value}, not between {low:g} and {high:g}")
    msgspec.structs.force_setattr(kind, name, float(value))


def _whole(value: int, name: str, most: int) -> None:
    if type(value) is not int or not 1 <= value <= most:
        raise ValueError(f"{name} is {value}, not an integer between 1 and {most}")
