"""Any epoch of any run: the nearest stored state, and what follows trained again in memory."""

from itertools import groupby

from torch import nn

from cpbench.checkpoint import Checkpoint, from_bytes, restore
from cpbench.datasets import load
from cpbench.errors import EvidenceError, UsageError
from cpbench.executors.opening import open_pack
from cpbench.executors.packs import Seat, Work, shape
from cpbench.executors.workshop import Workshop, open_workshop
from cpbench.models import build
from cpbench.plan.forest import Root, Tree
from cpbench.plan.timelines import Course, course, grid
from cpbench.project import Project
from cpbench.specs.loading import arms_of
from cpbench.specs.protocols import Experiment, Protocol
from cpbench.store import Store
from cpbench.training.device import settle


def replay(
    project: Project,
    protocol: Protocol,
    *,
    arm: str,
    removal: int,
    seed: int,
    epoch: int | None,
) -> nn.Module:
    """Return a run's model after so many epochs, in evaluation mode; nothing is written.

    Raises:
        UsageError: The run does not exist or is shorter.
        EvidenceError: No epoch of the run up to this one is stored here, or it diverged.
    """
    spec = arms_of(protocol.protocol)[arm]
    timeline = _course(spec, removal).timeline
    stop = len(timeline) if epoch is None else epoch
    if not 0 <= stop <= len(timeline):
        raise UsageError(f"epoch {stop}: the run has epochs 0 to {len(timeline)}")
    root = Root(spec.dataset, spec.model)
    tree = Tree(root)
    nodes = tree.grow(timeline, range(stop + 1))
    states = tree.states(seed)
    workshop = open_workshop(project.data, project.store, settle(), protocol.engine)
    store = workshop.store(root)
    start = _nearest(store, {at: states[node] for at, node in nodes.items()})
    stored = store.get(states[nodes[start]])
    if stored.manifest.diverged is not None:
        raise EvidenceError(
            f"the run diverged in epoch {stored.manifest.diverged}; ask for one before"
        )
    checkpoint = from_bytes(stored.weights)
    work = [Work(settings, now) for now, settings in enumerate(timeline[start:stop], start=start)]
    if work:
        seat = Seat(seed, checkpoint, load(root.dataset, seed, workshop.data, workshop.device))
        checkpoint = _trained(seat, work, root, workshop)
    model = build(root.model, root.dataset, None, workshop.device)
    restore(checkpoint, model)
    return model.eval()


def _trained(seat: Seat, work: list[Work], root: Root, workshop: Workshop) -> Checkpoint:
    """Return a state after more epochs, by the executor that trained what is stored."""
    choice = workshop.choice(root)
    for alike, epochs in groupby(work, lambda each: shape(root, each.settings.update)):
        some = list(epochs)
        optimizer = some[0].settings.update.optimizer
        pack = open_pack(choice.executor, alike, optimizer, workshop.device, choice.width)
        pack.enter(0, seat)
        for each in some:
            pack.train_epoch({0: each})
        seat = seat._replace(checkpoint=pack.state(0))
    return seat.checkpoint


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


def _nearest(store: Store, states: dict[int, str]) -> int:
    stored = [epoch for epoch, state in states.items() if store.has(state)]
    if not stored:
        raise EvidenceError(
            "no weights of this run are stored on this machine; run `dvc repro` to train them"
        )
    return max(stored)
