"""What notebooks import: λ̂ of any model, results as a table, weights as a module."""

from typing import TYPE_CHECKING

import numpy as np

from cpbench.errors import UsageError
from cpbench.plan.compiling import load_compiled
from cpbench.project import find, known_protocol
from cpbench.records.results import Row, read_results
from cpbench.specs.validating import one_of

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor, nn

    from cpbench.measurements.llc.backends import LossFunction
    from cpbench.measurements.llc.reading import LLCReading
    from cpbench.measurements.llc.settings import Backend
    from cpbench.report.figures.readings import Bracket, Picture


def llc(  # noqa: PLR0913, PLR0917 - one line to use, every setting reachable
    model: "nn.Module",
    inputs: "Tensor",
    targets: "Tensor",
    loss: "str | LossFunction" = "cross_entropy",
    nbeta: float | None = None,
    localization: float | None = None,
    seed: int = 0,
    *,
    step_size: float | None = None,
    num_chains: int = 8,
    num_burnin_steps: int = 600,
    num_draws: int = 600,
    max_draws: int = 2400,
    precision: float = 0.02,
    batch_size: int = 512,
    weight_decay: float = 0.0,
    backend: "Backend | None" = None,
) -> "LLCReading":
    """Return the local learning coefficient λ̂ of a model at its present weights.

    What is not given is calibrated, and recorded in the reading. `docs/llc.md` is a tutorial.

    Args:
        model: Any module, on any device. It is left as it was, to the last bit; batch norm uses its
            running statistics, dropout is off.
        inputs: All that L is the mean over, augmented and normalised, on the model's device.
        targets: As the loss takes them.
        loss: `cross_entropy`, `squared_error` (half the squared distance, summed over outputs), or
            a function (outputs, targets) → the mean, or the loss of each example.
        nbeta: nβ; by default n / ln n.
        localization: γ; by default the weakest pull that equilibrates within the burn-in.
        seed: Of all the randomness.
        step_size: ε; by default the largest rung of a ladder whose bias stays below 15 % of λ̂.
        num_chains: Half of them begin at the weights, half around them.
        num_burnin_steps: Steps before the first draw.
        num_draws: Steps per chain that are averaged.
        max_draws: Draws double until the checks pass, or there are this many.
        precision: Standard error, as a share of λ̂, at which doubling stops.
        batch_size: Examples per gradient; keep nβ below it.
        weight_decay: Adds half of it times |w|² to L. A net trained with it is a minimum of
            that sum, not of L.
        backend: `loop`, `vmap` or `compiled`; by default a rule on model, shapes and device.

    Raises:
        UsageError: An argument is out of range, or model, inputs and targets do not fit together.
    """
    from cpbench.measurements.llc.notebook import reading  # noqa: PLC0415 - imports torch

    return reading(
        model,
        inputs,
        targets,
        loss,
        seed,
        nbeta=nbeta,
        localization=localization,
        step_size=step_size,
        num_chains=num_chains,
        num_burnin_steps=num_burnin_steps,
        num_draws=num_draws,
        max_draws=max_draws,
        precision=precision,
        batch_size=batch_size,
        weight_decay=weight_decay,
        backend=backend,
    )


def llc_trace(reading: "LLCReading") -> "Picture":
    """Return a picture of a reading's chains; notebooks show it, `.svg` is its text.

    Raises:
        UsageError: The reading failed: it has no chains to show.
    """
    from cpbench.report.figures.readings import trace  # noqa: PLC0415 - imports matplotlib

    bracket = _bracket(reading)
    return trace(np.asarray(reading.trace), bracket, reading.status)


def llc_ladder(reading: "LLCReading") -> "Picture":
    """Return a picture of the step sizes that calibration tried, and of the one it took.

    Raises:
        UsageError: The reading failed, or its step size was given.
    """
    from cpbench.report.figures.readings import Step, ladder  # noqa: PLC0415 - imports matplotlib

    bracket = _bracket(reading)
    if not reading.ladder:
        raise UsageError("llc_ladder: step_size was given, so nothing was tried")
    steps = [Step(rung.step_size, rung.raw, rung.bias) for rung in reading.ladder]
    return ladder(steps, bracket, reading.conditions.step_size)


def _bracket(reading: "LLCReading") -> "Bracket":
    from cpbench.report.figures.readings import Bracket  # noqa: PLC0415 - imports matplotlib

    if reading.llc is None or reading.raw is None or reading.interval is None:
        raise UsageError(f"there is nothing to draw: the reading {reading.status}")
    return Bracket(reading.llc, reading.raw, *reading.interval)


def load_results(protocol: str) -> "pd.DataFrame":
    """Return a protocol's tidy results, one row per number.

    Args:
        protocol: Its id; the columns are those of `reports/results/<protocol>.csv`.

    Raises:
        UsageError: There is no such protocol.
        EvidenceError: It has no results yet.
    """
    import pandas as pd  # noqa: PLC0415 - a second that only a caller of this function should pay

    project = find()
    rows = read_results(project.result(known_protocol(project, protocol)))
    return pd.DataFrame(rows, columns=list(Row._fields))


def load_model(
    protocol: str, *, removal: int, seed: int, arm: str = "main", epoch: int | None = None
) -> "nn.Module":
    """Return the model of one run of the curve, in evaluation mode.

    The nearest stored epoch is loaded and the epochs after it are trained again in memory;
    nothing is written.

    Args:
        protocol: Its id.
        removal: Removal epoch of the run.
        seed: Seed of the run.
        arm: Arm of the run; a protocol without arms has `main`.
        epoch: After how many epochs; by default at the end.

    Raises:
        UsageError: There is no such protocol, arm, removal, seed or epoch.
        EvidenceError: Nothing of that run is stored on this machine.
    """
    from cpbench.executors.replaying import replay  # noqa: PLC0415 - imports torch

    project = find()
    compiled = load_compiled(project, known_protocol(project, protocol))
    if seed not in compiled.plan.seeds:
        raise UsageError(f"seed {seed} is not one of {protocol}'s: {list(compiled.plan.seeds)}")
    if arm not in compiled.plan.arms:
        raise UsageError(f"arm {one_of(arm, compiled.plan.arms)}")
    return replay(project, compiled.protocol, arm=arm, removal=removal, seed=seed, epoch=epoch)
