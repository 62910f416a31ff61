"""How honest the uncertainties are: calibration, likelihood, cost and far functions, on Darcy.

Five operators at 22² from five seeds, trained alike on 1000 functions, are asked about functions drawn like those (rate
τ = 3) and about finer ones (τ = 5); calibration is of the first kind only. Likelihood and CRPS are of the operator that
comes with the system, at 43².
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from statistics import mean, median

import msgspec
import numpy as np
import torch

from models.base import Array, returned
from models.operators.artefact import unpack
from models.operators.generators.darcy import PERMEABLE, TIGHT, darcy
from models.operators.generators.gaussian_field import gaussian_fields
from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.pretrained.recipe import DARCY
from models.operators.restored import restored
from models.operators.scaling import Scaling
from models.operators.training.recipe import Recipe
from models.operators.training.train import train
from models.operators.uncertainty import catalog, metrics
from models.operators.uncertainty.darcy_residual import darcy_residual
from models.operators.uncertainty.flag import Flag
from models.operators.uncertainty.forward import forward, functions
from models.operators.uncertainty.method import Method
from models.operators.uncertainty.temperature import Tempered
from ops.bench.contract import Better, Findings, Row, Run, compare
from ops.bench.operators.one_thread import one_thread

SEEDS = 5
BEST = "variance_head"
_SHIFTED_RATE = 5.0
_SMALLEST = 1e-4  # a distance to a level that is below is of no meaning, and compares to nothing
_CALLS = 40
_HELD = 50
RECIPE: Recipe = msgspec.structs.replace(DARCY, epochs=40, coarse=0.0, precision="float32")
NOTES = (
    "uncertainty at 22²: 1000 functions to train on, 200 to calibrate with, 200 asked of each kind; five seeds",
    "values that the boundary conditions give are not scored; NLL and CRPS are of answers divided by their scale",
    "cost: CPU seconds of mean, deviation and flag over those of the mean alone, one thread",
)


@dataclass(frozen=True, eq=False)
class Sets:
    training: Pairs
    held: Pairs  # choose among the epochs of a training
    calibration: Pairs
    asked: Mapping[str, Pairs]  # by kind


@dataclass(frozen=True, eq=False)
class Trained:
    operator: Operator
    scaling: Scaling


Assessed = Mapping[tuple[str, str], Sequence[metrics.Scores]]  # by method and kind; one for each seed

NEAR, SHIFTED = "in distribution", "shifted length scale"


def measure(asked: Run) -> Findings:
    with one_thread():
        return _measured(asked)


def _measured(asked: Run) -> Findings:
    sets = made(21)
    operators = [trained(sets, seed, asked.say) for seed in range(SEEDS)]
    found = assessed(operators, sets, asked.say)
    first = operators[0]
    fine = made(42)
    asked.say("uncertainty: the operator that comes with the system, at 43²")
    shipped = shipped_operator()
    at_43 = assess(fit(BEST, shipped, fine, 0), fine.asked[NEAR])
    rows = (*calibration_rows(found), *likelihood_rows(at_43), *cost_rows(shipped, fine), *far_rows(first, sets))
    return Findings((*rows, *beside(found)), NOTES)


def made(divisions: int, count: int = 200, training: int = 1000) -> Sets:
    """Each of its own seed; the first as the operator that comes with the system was trained on."""
    near, shifted = darcy(count, divisions, seed=103), darcy(count, divisions, seed=104, rate=_SHIFTED_RATE)
    held, calibration = darcy(_HELD, divisions, seed=101), darcy(count, divisions, seed=102)
    return Sets(darcy(training, divisions, seed=0), held, calibration, {NEAR: near, SHIFTED: shifted})


def trained(sets: Sets, seed: int, say: Callable[[str], None]) -> Trained:
    began = time.process_time()
    recipe = msgspec.structs.replace(RECIPE, seed=seed)
    learnt = returned(train(recipe, sets.training, sets.held))
    say(f"uncertainty: trained from seed {seed} in {time.process_time() - began:.0f} CPU s")
    return Trained(learnt.operator, learnt.scaling)


def shipped_operator() -> Trained:
    """Without the calibration that comes with it: that is made anew here."""
    content = files("models.operators.pretrained").joinpath("darcy.safetensors").read_bytes()
    return Trained(*restored(*unpack(content)))


def fit(name: str, known: Trained, sets: Sets, seed: int, others: Sequence[Trained] = ()) -> Method:
    """With its temperature."""
    members = tuple(each.operator for each in others)
    kind = catalog.load(name)
    found = kind.fit(known.operator, known.scaling, sets.training, sets.calibration, seed=seed, others=members)
    return Tempered.fit(found, sets.calibration)


def assess(method: Method, pairs: Pairs) -> metrics.Scores:
    parts = [
        method.predict(functions(method.operator, pairs.of(slice(at, at + 25)))) for at in range(0, len(pairs), 25)
    ]
    means, deviations = (torch.cat([getattr(each, name) for each in parts]).numpy() for name in ("mean", "deviation"))
    return metrics.assess(means, deviations, pairs.targets, float(method.scaling.output_scale))


def assessed(
    operators: Sequence[Trained], sets: Sets, say: Callable[[str], None], names: Sequence[str] = tuple(catalog.METHODS)
) -> Assessed:
    """The best method for every operator, each other one for the first; an ensemble is of four."""
    found: dict[tuple[str, str], list[metrics.Scores]] = {}
    for seed, known in enumerate(operators):
        for name in names if seed == 0 else (BEST,):
            say(f"uncertainty: {name}, seed {seed}")
            method = fit(name, known, sets, seed, operators[1:4])
            for kind, pairs in sets.asked.items():
                found.setdefault((name, kind), []).append(assess(method, pairs))
    return found


def calibration_rows(found: Assessed) -> list[Row]:
    rows = []
    for kind, most in ((NEAR, 0.025), (SHIFTED, 0.03)):
        scores = found[BEST, kind]
        eces, distances = [each.ece for each in scores], [abs(each.coverage - 0.9) for each in scores]
        rows.append(_goal(f"ECE, {kind}", mean(eces), most, "ECE"))
        rows.append(_goal(f"coverage of 90 %, {kind}", max(mean(distances), _SMALLEST), 0.02, "distance to 0.90"))
    return rows


def likelihood_rows(scores: metrics.Scores) -> list[Row]:
    """NLL as e^−NLL, as a ratio of logarithms says nothing."""
    work = "likelihood of a value at 43², e^−NLL"
    likelihood = compare(
        work,
        [float(np.exp(-scores.nll))],
        [float(np.exp(2.5))],
        peer_name="goal, NLL −2.5",
        unit="1/scale",
        better=Better.MORE,
        reach=1.0,
    )
    return [likelihood, _goal("CRPS at 43²", scores.crps, 0.012, "of the scale")]


def cost_rows(known: Trained, sets: Sets, calls: int = _CALLS) -> list[Row]:
    flag = Flag.fit(known.operator, known.scaling, sets.training, sets.calibration, residual=darcy_residual)
    method = fit(BEST, known, sets, 0)
    rows = []
    for count in (1, 16):
        raw = functions(known.operator, sets.asked[NEAR].of(slice(0, count)))

        def with_doubt(raw: Functions = raw) -> None:
            passed = forward(known.operator, known.scaling, raw)
            with torch.no_grad():
                method.prediction(passed)
                flag.score_after(passed)

        def alone(raw: Functions = raw) -> None:
            with torch.no_grad():
                known.scaling.answer(known.operator(known.scaling.inputs(raw)), raw.positions)

        both = [_cpu_s(with_doubt, calls) / _cpu_s(alone, calls) for _ in range(3)]
        rows.append(_goal(f"cost of uncertainty and flag, 43², batch {count}", median(both), 1.3, "forward passes"))
    return rows


def far_rows(known: Trained, sets: Sets, divisions: int = 21, count: int = 200) -> list[Row]:
    """AUROC against functions of the first kind. The last is no other kind of function, only five times finer."""
    flag = Flag.fit(known.operator, known.scaling, sets.training, sets.calibration, residual=darcy_residual)
    near = flag.score(functions(known.operator, sets.asked[NEAR])).numpy()
    rows = []
    for name, inputs, goal in (
        ("log-normal permeability", fields(log_normal, 3.0, divisions, count), 0.99),
        ("contrast 1 to 40", fields(lambda field: np.where(field >= 0, 40.0, 1.0), 3.0, divisions, count), 0.99),
        (
            "length scale a fifth",
            fields(lambda field: np.where(field >= 0, PERMEABLE, TIGHT), 15.0, divisions, count),
            None,
        ),
    ):
        raw = functions(known.operator, _replaced(sets.asked[NEAR], inputs))
        score = metrics.auroc(near, flag.score(raw).numpy())
        work = f"AUROC of the flag, {name}"
        wanted = (goal, "goal", 1.0) if goal else (0.5, "chance", None)
        rows.append(_more(work, score, *wanted))
    return rows


def beside(found: Assessed) -> list[Row]:
    """The best method's CRPS and ECE beside those of each other one, which inform."""
    rows = []
    for name in dict.fromkeys(name for name, _ in found if name != BEST):
        for kind in (NEAR, SHIFTED):
            for score in ("ece", "crps"):
                ours, other = (mean(getattr(each, score) for each in found[key, kind]) for key in (BEST, name))
                work = f"{score.upper()} at 22², {kind}"
                rows.append(compare(work, [ours], [other], peer_name=name, unit=score.upper(), better=Better.LESS))
    return rows


def _goal(work: str, figure: float, most: float, unit: str) -> Row:
    return compare(work, [figure], [most], peer_name="goal", unit=unit, better=Better.LESS, reach=1.0)


def _more(work: str, figure: float, wanted: float, name: str, reach: float | None) -> Row:
    return compare(work, [figure], [wanted], peer_name=name, unit="AUROC", better=Better.MORE, reach=reach)


def _cpu_s(call: Callable[[], None], calls: int) -> float:
    call()
    seconds = []
    for _ in range(calls):
        began = time.process_time()
        call()
        seconds.append(time.process_time() - began)
    return median(seconds)


def fields(permeability: Callable[[Array], Array], rate: float, divisions: int, count: int) -> Array:
    """(count, points, 1)."""
    axis = np.linspace(0.0, 1.0, divisions + 1)
    return np.array([permeability(each).ravel() for each in gaussian_fields(count, axis, 105, rate)])[..., None]


def log_normal(field: Array) -> Array:
    """With the mean logarithm and the deviation of the logarithm that the two phases have."""
    middle, half = (np.log(PERMEABLE) + np.log(TIGHT)) / 2, (np.log(PERMEABLE) - np.log(TIGHT)) / 2
    return np.asarray(np.exp(middle + half * field / field.std()))


def _replaced(pairs: Pairs, inputs: Array) -> Pairs:
    return Pairs(inputs.astype(np.float32), pairs.targets, pairs.positions, pairs.grid)
