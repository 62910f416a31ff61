"""The model contract: what a task, a result, a piece of evidence and a model are, for every family.

A *task* and a *result* are frozen dataclasses whose fields are declared with `tensor` (an array with a dtype and a
shape in named dimensions) or `scalar` (a bool, int, float or str). From these declarations alone follow the bytes
between router and replica, the Open Inference Protocol's metadata, the checks of dtype and shape, and the
documentation: see `schema`.
"""

from __future__ import annotations

import enum
import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec
import numpy.typing as npt

if TYPE_CHECKING:  # names for the type checker: these modules themselves import this one
    from models.artefacts import Artefacts, Named
    from models.privacy.events import Event

Array = npt.NDArray[Any]
Scalar = bool | int | float | str


class Refusal(Exception):
    """The input cannot be answered: what is wrong, where and what to do. Nothing has happened when it is raised.

    `reason` is UPPER_SNAKE and stable; `field` is the path in the task (`"conductivity[3]"`) or empty; `details`
    repeats each dynamic part of the message.
    """

    def __init__(self, reason: str, message: str, field: str = "", details: Mapping[str, str] | None = None) -> None:
        super().__init__(reason, message, field, dict(details or {}))
        self.reason = reason
        self.message = message
        self.field = field
        self.details = dict(details or {})

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class BoundKind(enum.Enum):
    """How far an error bound may be trusted."""

    GUARANTEED = "guaranteed"  # a theorem whose conditions were checked
    ESTIMATED = "estimated"  # asymptotically right or calibrated; may be below the error


class ErrorBound(msgspec.Struct, frozen=True):
    """`norm`(exact − answer) ≤ `value`, in the units of that norm, where `kind` says how surely."""

    value: float
    norm: str
    kind: BoundKind
    relative: float  # value over the same norm of the answer; inf for a zero answer
    conditions: str  # what has to hold for the bound, in a sentence
    source: str  # paper and theorem


class IntervalKind(enum.Enum):
    """What is known of the intervals between `low` and `high` of an answer that was learnt from samples."""

    CONFORMAL = "conformal"  # a theorem on fresh samples: right at its level on average over questions like those
    BELIEVED = "believed"  # what the model's own deviations say, Gaussian; measured on samples, promised by nothing
    WITHDRAWN = "withdrawn"  # some question is unlike all that was learnt from: nothing is claimed of its answer


class Interval(msgspec.Struct, frozen=True):
    """What the intervals of an answer claim, all together: of the weakest of them where they differ."""

    level: float  # the part of cases in which it should hold, 0 to 1
    kind: IntervalKind
    simultaneous: bool  # of all points of a function at once, or of each by itself
    calibration_count: int  # how many fresh samples it was fitted on; 0 where on none
    conditions: str  # what has to hold for it, in a sentence
    source: str  # paper and theorem


class Outcome(enum.Enum):
    """How a computation ended that did end; a refusal is an exception instead."""

    CONVERGED = "converged"
    NOT_CONVERGED = "not_converged"


class Evidence(msgspec.Struct, frozen=True):
    """What a model can say for its answer. Privacy cost and trace are added by the router, which knows them."""

    outcome: Outcome = Outcome.CONVERGED
    advice: str = ""  # what to change for a better answer; always where it is not CONVERGED
    method: str = ""  # the algorithm that answered, as its field names it
    residual: float | None = None  # relative algebraic residual, dimensionless
    error_bound: ErrorBound | None = None
    interval: Interval | None = None


@dataclass(frozen=True)
class TensorField:
    """The declaration of one array: `shape` entries are sizes, or names that stand for one size throughout a task.

    `-1` is any size. `alternatives` are further shapes that are allowed.
    """

    dtype: str
    shape: tuple[int | str, ...]
    optional: bool
    doc: str
    alternatives: tuple[tuple[int | str, ...], ...] = ()


@dataclass(frozen=True)
class ScalarField:
    """The declaration of one bool, int, float or str."""

    default: Scalar
    doc: str
    choices: tuple[Scalar, ...] = ()


def tensor(
    dtype: str,
    shape: tuple[int | str, ...],
    doc: str,
    *,
    optional: bool = False,
    alternatives: tuple[tuple[int | str, ...], ...] = (),
) -> Any:
    """A dataclass field that holds an array; None where `optional` and absent."""
    declared = TensorField(dtype, shape, optional, doc, alternatives)
    if optional:
        return field(default=None, metadata={"declared": declared})
    return field(metadata={"declared": declared})


def scalar(default: Scalar, doc: str, *, choices: tuple[Scalar, ...] = ()) -> Any:
    """A dataclass field that holds one value of the type of `default`."""
    return field(default=default, metadata={"declared": ScalarField(default, doc, choices)})


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """One question to one model."""

    @property
    def affinity(self) -> str:
        """Tasks of one model that say the same go to the same replica, where what they can use again is kept, unless
        it is much busier than others. Empty: any replica is as good."""
        return ""

    @abstractmethod
    def check(self) -> None:
        """Raise `Refusal` where the task makes no sense; dtypes and shapes hold already. Cheap: the router runs it."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One answer: the declared fields of a subclass, and the evidence for them."""

    evidence: Evidence = Evidence()


T_contra = TypeVar("T_contra", bound=Task, contravariant=True)
R_co = TypeVar("R_co", bound=Result, covariant=True)


class Model(Protocol[T_contra, R_co]):
    """What a replica holds: loaded once, called on batches from one thread."""

    def run(self, tasks: Sequence[T_contra]) -> Sequence[R_co | Refusal]:
        """One result or refusal for each task, in order: a bad task never spoils its batch."""
        ...


class Progress(msgspec.Struct, frozen=True):
    """How far a long computation has come. It is stored and shown: nothing of the task belongs into it."""

    step: int  # how many steps are done
    fraction: float | None = None  # of the whole, 0 to 1 and never less than before; None where nobody can tell
    message: str = ""  # one line for people
    scalars: dict[str, float] = {}  # finite, by name: the objective, the volume, the norm of a gradient


State = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a long computation that is done, and the `state` from which the next one follows.

    `state` holds arrays of booleans, integers or floats by name, and is all that `SteppedModel.steps` needs beside the
    task to go on in another process. Nobody changes its arrays any more: it is kept by reference, and becomes bytes
    only where a checkpoint is due.
    """

    progress: Progress
    state: State


T = TypeVar("T", bound=Task)
R = TypeVar("R", bound=Result)
V = TypeVar("V")


class SteppedModel(ABC, Generic[T, R]):
    """A model that says between its steps how far it is: it may be cancelled there, and taken up again elsewhere.

    The factory of a Spec that is `stepped` makes one. It is also an ordinary model, for who wants only the result.
    """

    @abstractmethod
    def steps(self, task: T, state: State | None) -> Generator[Step, None, R]:
        """Yield each step that is done, and return the result. Raises `Refusal`, at the first step or later.

        With the `state` of an earlier step, of whichever process, the first step that is yielded is the one after it,
        and all that follows is as it would have been. A step takes a second or so: whoever cancels waits for its end.
        """

    def run(self, tasks: Sequence[T]) -> list[R | Refusal]:
        """One result or refusal for each task, in order, all steps at once."""
        return [self._whole(task) for task in tasks]

    def _whole(self, task: T) -> R | Refusal:
        try:
            return returned(self.steps(task, None))
        except Refusal as refusal:
            return refusal


def returned(steps: Generator[Step, None, V]) -> V:
    """What the generator returns, after all of its steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: V = end.value
            return result


@dataclass(frozen=True)
class Resources:
    """What one replica of a model needs by default; settings override it."""

    cpus: float = 1.0
    gpus: float = 0.0  # taken only where the cluster has GPUs; a fraction shares one
    min_replicas: int = 1  # 0 lets an idle model go, and the first call wakes it
    max_replicas: int = 4


# For a model that sleeps until it is asked, and then again: it reserves a tenth of a core, so that a laptop's two hold
# many that were asked of late. A reservation is what the cluster plans with; a replica takes what the machine has free.
ON_DEMAND = Resources(cpus=0.1, min_replicas=0)


@dataclass(frozen=True)
class Private(Generic[T_contra]):
    """That a model's answers tell of private records: whose they are, and what one costs at most.

    Both are asked before the task runs, after its `check()`, and know the task and public settings only. What an
    answer really releases is this event or nothing: the model refuses where its own settings say otherwise.
    """

    dataset: Callable[[T_contra], str]  # "tenant/name", the tenant being the owner
    worst_case: Callable[[T_contra], Event]


@dataclass(frozen=True)
class Spec:
    """One line of the catalogue: everything the system must know of a model without importing its heavy modules."""

    name: str  # dotted, e.g. "fem.diffusion"
    version: str
    summary: str
    task: type[Task]
    result: type[Result]
    factory: str  # "module:callable"; called on the replica as factory(device), "cpu" or "cuda", or with artefacts, too
    example: Callable[[], Task]  # a small real task: warm-up, documentation, conformance
    max_batch: int = 64
    quick: bool = False  # a batch takes less than the 0.1 ms of a hop to the model's thread and back
    resources: Resources = Resources()
    private: Private[Any] | None = None  # None: no answer tells of anyone's records
    stepped: bool = False  # the factory makes a `SteppedModel`: its tasks may run as long-running operations
    # Which artefacts a task names; asked before it runs, so that nobody reaches another tenant's. Where it is not None,
    # the factory is called as factory(device, artefacts).
    artefacts: Callable[[Any], Named] | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError`. A stepped model shows progress before its answer is paid for, so it must not tell of
        private records; it runs one task at a time, so its `max_batch` is 1."""
        if self.stepped and self.private is not None:
            raise ValueError(f"{self.name} is stepped and private: its progress would tell of records for nothing")
        if self.stepped and self.max_batch != 1:
            raise ValueError(f"{self.name} is stepped, so its max_batch is 1, not {self.max_batch}")

    def load(self, device: str, artefacts: Artefacts | None = None) -> Model[Task, Result]:
        """Import the heavy modules and build the model. Only a replica does this.

        Raises `ValueError` where the model takes artefacts and is given none.
        """
        module, _, name = self.factory.partition(":")
        factory = getattr(importlib.import_module(module), name)
        if self.artefacts is None:
            model: Model[Task, Result] = factory(device)
            return model
        if artefacts is None:
            raise ValueError(f"{self.name} takes artefacts")
        model = factory(device, artefacts)
        return model

    def warm_up(self, model: Model[Task, Result]) -> None:
        """Ask a model that was loaded its example. Raises the `Refusal`, where it is one."""
        (outcome,) = model.run([self.example()])
        if isinstance(outcome, Refusal):
            raise outcome
