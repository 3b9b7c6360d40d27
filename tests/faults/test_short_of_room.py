"""Where disk or memory is short nothing is lost, and what is possible is done."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from trainers import LINUX, Study

pytestmark = [pytest.mark.slow, LINUX]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A finished study; not to be changed."""
    study = Study(tmp_path_factory.mktemp("whole"))
    assert study.train().code == 0
    return study


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_is_said_with_path_and_bytes_and_nothing_stored_is_lost(
    workers: str, whole: Study, tmp_path: Path
):
    study = Study(tmp_path)
    some = sorted(whole.segments.glob("??/*"))[:10]
    for folder in some:
        shutil.copytree(folder, study.segments / folder.parent.name / folder.name)
    before = study.weights()
    assert len(before) == 10
    trainer = study.train("no room for weights", CPBENCH_WORKERS=workers)
    assert trainer.code == 6
    assert ".cpbench/segments/" in trainer.said
    assert "bytes could not be stored (File too large)" in trainer.said
    assert "nothing stored before is lost" in trainer.said
    assert trainer.said.count("\n") == 1
    assert study.weights() == before
    assert [*study.segments.rglob(".partial-*"), *study.leases.glob("*.json")] == []
    assert study.train(CPBENCH_WORKERS=workers).code == 0
    assert study.weights() == whole.weights()
    assert study.records() == whole.records()


@pytest.mark.parametrize(("stage", "file"), [("measure", "readings/"), ("evaluate", "results/")])
def test_readings_and_results_that_do_not_fit_are_said_so_too(
    stage: str, file: str, whole: Study, tmp_path: Path
):
    study = Study(tmp_path)
    stages = ("train", "measure", "evaluate")
    assert study.train(stages=stages[: stages.index(stage)]).code == 0
    trainer = study.train("no room for weights", (stage,))
    assert trainer.code == 6
    assert file in trainer.said
    assert "bytes could not be written (File too large)" in trainer.said
    assert study.train(stages=(stage,)).code == 0
    assert study.weights() == whole.weights()


def test_on_a_full_disk_of_four_megabytes_too(whole: Study, tmp_path: Path):
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(mounted)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk may be mounted here")
    try:
        study = Study(mounted)
        filler = mounted / "filler"
        filler.write_bytes(bytes(4 * 2**20 - 300_000))
        trainer = study.train()
        assert trainer.code == 6
        assert "(No space left on device)" in trainer.said
        assert trainer.said.count("\n") == 1
        before = study.weights()
        assert before.items() <= whole.weights().items()
        filler.unlink()
        assert study.train().code == 0
        assert study.weights() == whole.weights()
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def test_out_of_memory_halves_the_pack_until_it_fits_and_moves_no_bit(whole: Study, tmp_path: Path):
    study = Study(tmp_path)
    trainer = study.train("room for two")
    assert trainer.code == 0
    assert "out of memory: going on with 4 members at once" in trainer.said
    assert "out of memory: going on with 2 members at once" in trainer.said
    assert "with 1 members" not in trainer.said
    assert study.weights() == whole.weights()
    assert study.records() == whole.records()


def test_where_one_member_is_too_much_the_memory_needed_is_said(tmp_path: Path):
    study = Study(tmp_path)
    trainer = study.train("room for none")
    assert trainer.code == 6
    last = trainer.said.splitlines()[-1]
    assert "out of memory with one member alone" in last
    assert "MB" in last
    assert list(study.leases.glob("*.json")) == []
