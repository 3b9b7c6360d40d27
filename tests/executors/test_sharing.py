from pathlib import Path

import pytest
import torch

from cpbench.checkpoint import from_bytes
from cpbench.executors import sequential
from cpbench.executors.sequential import Workshop, open_workshop
from cpbench.plan.forest import Root, Stretch, Tree
from cpbench.plan.timelines import Timeline, control_timeline, course
from cpbench.specs.protocols import Experiment
from cpbench.training.device import settle

MODELS = {
    "mlp": {"kind": "mlp", "widths": [16]},
    "small_resnet": {"kind": "small_resnet", "width": 4},
}


def experiment(model: str, **training: object) -> Experiment:
    return Experiment.model_validate(
        {
            "dataset": {"kind": "digits", "train_size": 60},
            "model": MODELS[model],
            "training": {
                "batch_size": 25,
                "optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3},
                "lr_law": {"kind": "exponential", "gamma": 0.9},
                "augmentation": [{"kind": "random_crop", "padding": 1}],
                **training,
            },
            "phases": [
                {"until": "$removal", "deficits": [{"kind": "noise", "per_image": "fresh"}]},
                {"for": 3, "lr_clock": "continue"},
            ],
            "sweep": {"removal": [0, 2, 5]},
            "controls": ["no_deficit"],
            "seeds": 1,
        }
    )


def workshop(folder: Path) -> Workshop:
    return open_workshop(folder, folder / "store", settle())


def train(folder: Path, stretches: list[Stretch]) -> tuple[Workshop, list[str]]:
    place = workshop(folder)
    done: list[str] = []
    sequential.execute(stretches, place, lambda stretch: done.append(stretch.state))
    return place, done


def forest_of(timelines: list[Timeline], root: Root, kept: list[list[int]]) -> list[Stretch]:
    tree = Tree(root)
    for timeline, epochs in zip(timelines, kept, strict=True):
        tree.grow(timeline, epochs)
    return list(tree.stretches(0))


@pytest.mark.parametrize("model", sorted(MODELS))
def test_a_run_that_branches_off_a_trunk_equals_the_same_run_trained_alone_bit_for_bit(
    model: str, tmp_path: Path
):
    spec = experiment(model)
    root = Root(spec.dataset, spec.model)
    courses = [course(spec, {"removal": removal}) for removal in (0, 2, 5)]
    timelines = [each.timeline for each in courses]
    timelines += [control_timeline("no_deficit", spec, each) for each in courses]
    together = forest_of(timelines, root, [[len(each)] for each in timelines])
    shared, _ = train(tmp_path / "together", together)
    for number, timeline in enumerate(timelines):
        alone = forest_of([timeline], root, [[len(timeline)]])
        single, _ = train(tmp_path / f"alone{number}", alone)
        state = alone[-1].state
        assert alone[-1].stop == len(timeline)
        assert single.store.get(state).weights == shared.store.get(state).weights


def test_what_is_stored_is_not_trained_again(tmp_path: Path):
    spec = experiment("mlp")
    root = Root(spec.dataset, spec.model)
    long = course(spec, {"removal": 5}).timeline
    place, _ = train(tmp_path, forest_of([long], root, [[5, 8]]))
    before = {state: place.store.manifest(state) for state in place.store.states()}
    more = forest_of([long, course(spec, {"removal": 2}).timeline], root, [[5, 8], [2, 5]])
    train(tmp_path, more)
    after = {state: place.store.manifest(state) for state in place.store.states()}
    assert all(after[state] == manifest for state, manifest in before.items())
    # The trunk is cut anew at the new branch, so epochs 0-2 are replayed once to reach it.
    assert sum(m.stop - m.start for state, m in after.items() if state not in before) == 2 + 3


def test_a_diverged_loss_is_stored_as_an_outcome_and_not_tried_again(tmp_path: Path):
    spec = experiment("mlp", optimizer={"kind": "sgd", "lr": 1e30, "momentum": 0.9})
    root = Root(spec.dataset, spec.model)
    timeline = course(spec, {"removal": 5}).timeline
    stretches = forest_of([timeline], root, [[5, 8]])
    place, _ = train(tmp_path, stretches)
    ends = [place.store.manifest(each.state) for each in stretches]
    assert ends[0].diverged is None
    assert ends[1].diverged is not None
    assert ends[2].diverged == ends[1].diverged


def test_seeds_differ_in_split_initialisation_and_order(tmp_path: Path):
    spec = experiment("mlp")
    tree = Tree(Root(spec.dataset, spec.model))
    tree.grow(course(spec, {"removal": 2}).timeline, [5])
    place = workshop(tmp_path)
    stretches = [*tree.stretches(0), *tree.stretches(1)]
    sequential.execute(stretches, place, lambda _: None)
    starts = [
        from_bytes(place.store.get(each.state).weights).model
        for each in stretches
        if not each.settings
    ]
    assert not torch.equal(starts[0]["1.weight"], starts[1]["1.weight"])
