"""Any epoch of any run: the nearest stored state, and what follows trained again in memory."""

from torch import nn

from cpbench.checkpoint import from_bytes
from cpbench.datasets import load
from cpbench.errors import EvidenceError, UsageError
from cpbench.executors.sequential import Workshop, open_workshop
from cpbench.plan.forest import Root, Tree
from cpbench.plan.timelines import Course, course, grid
from cpbench.project import Project
from cpbench.specs.loading import arms_of
from cpbench.specs.protocols import Experiment
from cpbench.training.device import settle
from cpbench.training.learner import resumed, train


def replay(
    project: Project,
    experiment: Experiment,
    *,
    arm: str,
    removal: int,
    seed: int,
    epoch: int | None,
) -> nn.Module:
    """Return a run's model after so many epochs, in evaluation mode; nothing is written.

    Raises:
        UsageError: The run does not exist or is shorter.
        EvidenceError: No epoch of the run up to this one is stored here.
    """
    spec = arms_of(experiment)[arm]
    timeline = _course(spec, removal).timeline
    stop = len(timeline) if epoch is None else epoch
    if not 0 <= stop <= len(timeline):
        raise UsageError(f"epoch {stop}: the run has epochs 0 to {len(timeline)}")
    root = Root(spec.dataset, spec.model)
    tree = Tree(root)
    nodes = tree.grow(timeline, range(stop + 1))
    states = tree.states(seed)
    workshop = open_workshop(project.data, project.store, settle())
    start = _nearest(workshop, {at: states[node] for at, node in nodes.items()})
    settings = timeline[start:stop]
    optimizer = (settings or timeline)[0].update.optimizer
    stored = from_bytes(workshop.store.get(states[nodes[start]]).weights)
    learner = resumed(root, stored, optimizer, workshop.device)
    if settings:
        data = load(root.dataset, seed, workshop.data, workshop.device)
        train(learner, data, settings, seed=seed, start=start)
    return learner.model.eval()


def _course(spec: Experiment, removal: int) -> Course:
    """Return the one run of the sweep with this removal.

    Raises:
        UsageError: There is none, or several.
    """
    courses = [
        each
        for point in grid(spec.sweep)
        if (each := course(spec, point)).window.removal == removal
    ]
    if len(courses) != 1:
        known = sorted({course(spec, point).window.removal for point in grid(spec.sweep)})
        raise UsageError(
            f"removal {removal} names {len(courses)} runs of the sweep; there are removals {known}"
        )
    return courses[0]


def _nearest(workshop: Workshop, states: dict[int, str]) -> int:
    stored = [epoch for epoch, state in states.items() if workshop.store.has(state)]
    if not stored:
        raise EvidenceError(
            "no weights of this run are stored on this machine; run `dvc repro` to train them"
        )
    return max(stored)
