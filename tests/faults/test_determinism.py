"""The same study gives the same bytes, however the work is cut, ordered, placed or moved."""

import shutil
from pathlib import Path

import pytest
from trainers import ALL, LINUX, Study

pytestmark = [pytest.mark.slow, LINUX]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A finished study; not to be changed."""
    study = Study(tmp_path_factory.mktemp("whole"))
    assert study.train(stages=ALL).code == 0
    return study


@pytest.mark.parametrize("workers", ["1", "2", "5"])
def test_a_second_time_and_by_any_number_of_workers(workers: str, whole: Study, tmp_path: Path):
    study = Study(tmp_path)
    assert study.train(stages=ALL, CPBENCH_WORKERS=workers).code == 0
    assert study.weights() == whole.weights()
    assert study.records() == whole.records()
    assert study.results() == whole.results()


@pytest.mark.parametrize("executor", ["sequential", "stacked"])
def test_one_run_alone_and_the_same_run_among_others(executor: str, tmp_path: Path):
    everything = Study(tmp_path / "all", ("seeds: 3", "seeds: 2"))
    assert everything.train(CPBENCH_EXECUTOR=executor).code == 0
    alone = Study(
        tmp_path / "one",
        ("{removal: [0, 5, 10]}", "{removal: [5]}"),
        ("controls: [no_deficit, never_removed]", "controls: []"),
        ("seeds: 3", "seeds: 1"),
    )
    assert alone.train(CPBENCH_EXECUTOR=executor).code == 0
    ours, theirs = alone.weights(), everything.weights()
    assert len(ours) == 5  # their start; two arms, each at the removal and at its end
    assert {name: theirs[name] for name in ours} == ours


def test_packs_of_one_two_and_eight(whole: Study, tmp_path: Path):
    for most in ("one", "two"):
        study = Study(tmp_path / most)
        assert study.train(f"room for {most}").code == 0
        assert study.weights() == whole.weights()


def test_in_another_order(whole: Study, tmp_path: Path):
    """Arms in another order make another plan of the same runs."""
    arms = "    b20: {}\n", "    b60: {training.batch_size: 60}\n"
    study = Study(tmp_path, ("".join(arms), "".join(reversed(arms))))
    assert study.train("backwards").code == 0
    assert study.weights() == whole.weights()


def test_in_a_folder_that_was_moved_nothing_is_trained_again(whole: Study, tmp_path: Path):
    first = Study(tmp_path / "here")
    assert first.train(stages=ALL).code == 0
    shutil.move(tmp_path / "here", tmp_path / "über there")
    moved = Study(tmp_path / "über there")
    begun = moved.epochs_begun()
    assert moved.train(stages=ALL).code == 0
    assert moved.epochs_begun() == begun
    assert moved.records() == whole.records()
    assert moved.results() == whole.results()
