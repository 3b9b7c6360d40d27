"""What notebooks import: results as a table, weights as a module."""

from typing import TYPE_CHECKING

from cpbench.errors import UsageError
from cpbench.plan.compiling import load_compiled
from cpbench.project import find, known_protocol
from cpbench.records.results import Row, read_results
from cpbench.specs.validating import one_of

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn


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
    experiment = compiled.protocol.protocol
    return replay(project, experiment, arm=arm, removal=removal, seed=seed, epoch=epoch)
