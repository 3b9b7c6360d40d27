"""The pure parts of the engine's benchmarks: what is counted, compared and tested, not how fast."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.engine import equivalence, page
from benchmarks.engine.crews import CPU, crew, untrained
from benchmarks.engine.equivalence import MARGIN, two_one_sided
from benchmarks.engine.naive import counts_of
from benchmarks.engine.plain import Script, Way
from benchmarks.engine.stacking import Vmapped, flops_per_step
from benchmarks.engine.subjects import Picture, subject
from benchmarks.engine.turns import ratio, spread, take_turns
from benchmarks.engine.workplaces import REPOSITORY, STUDY, add_study
from cpbench.plan.compiling import Compiled, load_compiled
from cpbench.project import Project
from cpbench.training.feed import Feed
from cpbench.training.learner import resumed
from cpbench.training.loop import train_epoch

BLUR = [{"kind": "blur", "factor": 4, "down": "bilinear_antialias", "up": "bilinear"}]
MLP = {"kind": "mlp", "widths": [16]}


@pytest.fixture(scope="module")
def compiled() -> list[Compiled]:
    return [load_compiled(REPOSITORY, name) for name in STUDY]


def test_the_plain_loop_is_asked_for_every_epoch_of_every_run(compiled: list[Compiled]):
    counted = counts_of(compiled)
    assert counted.naive.total() == sum(each.plan.epochs_naive for each in compiled)


def test_distinct_runs_are_those_that_end_in_weights_of_their_own(compiled: list[Compiled]):
    ends = {
        (each.plan.protocol, run.states[str(epochs)]): epochs
        for each in compiled
        for run in each.plan.runs
        for epochs in [each.plan.conditions[run.condition].epochs]
    }
    assert counts_of(compiled).distinct.total() == sum(ends.values())


def test_a_workplace_trains_the_registered_seeds_and_more_by_the_same_rule(
    tmp_path: Path, compiled: list[Compiled]
):
    registered = compiled[0].plan
    project = Project(tmp_path)
    assert add_study(project, STUDY[0], num_seeds=len(registered.seeds)).plan == registered
    more = add_study(project, STUDY[0], num_seeds=len(registered.seeds) + 2).plan.seeds
    assert more[:-2] == registered.seeds


def test_methods_take_turns_and_each_is_first_once():
    order: list[str] = []
    methods = {name: lambda name=name: float(order.append(name) or 1) for name in "abc"}
    assert take_turns(methods, 3) == {name: [1.0] * 3 for name in "abc"}
    assert order == list("abcbcacab")


def test_a_ratio_belongs_to_one_round():
    assert ratio([2.0, 90.0, 3.0], [1.0, 30.0, 1.0]) == spread([2.0, 3.0, 3.0])


@pytest.mark.parametrize(
    ("mean", "scatter", "is_equivalent"), [(0.1, 0.3, True), (0.1, 3.0, False), (0.6, 0.1, False)]
)
def test_accuracies_are_equivalent_only_where_the_margin_is_excluded_on_both_sides(
    mean: float, scatter: float, *, is_equivalent: bool
):
    noise = np.random.default_rng(0).standard_normal(40)
    for sign in (1, -1):
        differences = sign * (mean + scatter * (noise - noise.mean()) / noise.std())
        assert (two_one_sided(list(differences))["p"] < 0.05) == is_equivalent


@pytest.mark.parametrize(("difference", "p"), [(0.0, 0.0), (MARGIN, 1.0)])
def test_accuracies_without_any_scatter_are_judged_by_their_mean(difference: float, p: float):
    assert two_one_sided([difference] * 4)["p"] == p


@pytest.mark.parametrize("deficits", [[], BLUR, [{"kind": "vertical_flip"}]])
def test_the_plain_loop_shows_its_net_what_ours_sees(deficits: list[dict[str, object]]):
    about = subject(MLP, Picture(3, 16, 12), 12, deficits=deficits)
    ours = Feed(about.data, 0).prepared(about.settings)
    for way in (Way("pil", 0), Way("tensors", 0)):
        examples = Script(about.root, about.data, 0, way)._examples(about.settings)
        images = torch.stack([examples[number][0] for number in range(12)])
        # PIL rounds to bytes, after each of the two steps of a blur.
        assert (images - ours.images).abs().max() < 2.5 / 255 / 0.5
        assert [int(examples[number][1]) for number in range(12)] == ours.labels.tolist()


def test_the_plain_loop_starts_from_our_weights_and_moves_them():
    about = subject(MLP, Picture(1, 8, 20), 10)
    script = Script(about.root, about.data, 3, Way("tensors", 0))
    start = untrained(about.root, 3).model
    assert all(torch.equal(script.model.state_dict()[name], start[name]) for name in start)
    script.epoch(about.settings)
    assert not any(torch.equal(script.model.state_dict()[name], start[name]) for name in start)


def test_members_are_trained_as_by_themselves_whoever_batches_them(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(equivalence, "STEPS", 4)
    monkeypatch.setattr(equivalence, "WIDTH", 2)
    assert all(each["median_relative_norm"] < 1e-5 for each in equivalence.distances())


def test_torch_func_trains_what_it_is_timed_for():
    about = subject(MLP, Picture(1, 8, 20), 10)
    members, (root, settings, data) = Vmapped(about, 2), about
    members()
    for seed in range(2):
        start = untrained(root, seed)
        alone = resumed(root, start, settings.update.optimizer, CPU)
        train_epoch(*alone, Feed(data, seed), settings, epoch=0)
        for name, weight in alone.model.named_parameters():
            assert torch.allclose(members.weights[name][seed], weight, rtol=0, atol=1e-6)
            assert not torch.allclose(start.model[name], weight, rtol=0, atol=1e-3)


@pytest.mark.parametrize("executor", ["sequential", "stacked"])
def test_a_crew_trains_all_its_members(executor: str):
    about = subject(MLP, Picture(1, 8, 20), 10)
    crew(executor, *about, 3)()


def test_products_of_a_step_are_counted_forward_and_backward():
    about = subject({"kind": "mlp", "widths": [16]}, Picture(1, 8, 20), 10)
    forward = 2 * 10 * (64 * 16 + 16 * 10)
    to_the_images = 2 * 10 * 64 * 16  # which need no gradient
    assert flops_per_step(about) == 3 * forward - to_the_images


def test_the_page_says_what_the_numbers_say():
    committed = Path(page.ROOT, "reports", "benchmarks.md").read_text(encoding="utf-8")
    assert committed == page.text_of(page.FOLDER / "engine"), "run benchmarks.engine.page"


def test_what_was_not_measured_is_said_to_be_so(tmp_path: Path):
    text = page.text_of(tmp_path)
    assert text.count("Not measured") == len(page.SECTIONS) + 1
