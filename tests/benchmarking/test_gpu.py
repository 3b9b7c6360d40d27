"""The GPU's story at toy size on a CPU: every part runs, and what it says adds up."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import gpu
from benchmarks.accelerator import sweep
from benchmarks.accelerator.cases import guarded
from cpbench.models import taps


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("gpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPBENCH_DEVICE", "cpu")
        words = ["--device", "cpu", "--quick", "--folder", str(folder)]
        patch.setattr(sys, "argv", ["gpu", *words])
        gpu.main()
    return json.loads((folder / "gpu.json").read_text())


def test_every_part_runs_and_nothing_in_it_failed(story: dict[str, Any]):
    assert set(story["results"]) == {part.name for part in gpu.PARTS}
    assert "error" not in json.dumps(story)
    assert story["made"]["quick"]
    assert story["made"]["cuda"] is None


def test_on_a_cpu_every_executor_is_right(story: dict[str, Any]):
    cells = story["results"]["correctness"]["cells"]
    tried = {(each["model"], each["executor"], each["precision"]) for each in cells}
    assert len(tried) == len(cells) == (4 + 3) * 3
    for cell in cells:
        assert cell["same_bits_alone"], cell
        assert cell["same_bits_again"], cell
        bound = 0.5 if cell["precision"] == "bf16" else 1e-5
        assert cell["over_path"] < bound, cell
        assert (cell["over_path"] > 0) == (
            cell["precision"] == "bf16" or cell["executor"] == "stacked"
        )
    (dead,) = story["results"]["correctness"]["dead_taps"]
    assert dead["gradients"] < 1e-12
    assert dead["live_parameters"] < dead["parameters"]


def test_the_table_of_speeds_feeds_the_bet(story: dict[str, Any]):
    results = story["results"]
    assert {each["width"] for each in results["speed"]["cells"]} == {1, 2}
    assert all(each["ms"] > 0 for each in results["speed"]["cells"])
    bet = results["bet"]
    assert bet["model_epochs"] == {"naive": 3120, "shared": 1788}
    for precision in ("default", "bf16", "fp32"):
        assert bet[precision]["shared_and_packed_seconds"] > bet["llc_seconds"] >= 0
    assert results["shortened_bet"]["finite"]
    assert results["shortened_bet"]["model_steps"] == (1 + 2 + 3) * 3
    assert results["limits"]["step"]["operations"] > 0


def test_measuring_leaves_the_skipping_of_taps_as_it_was(story: dict[str, Any]):
    assert story
    assert frozenset({"cuda"}) == taps.SKIPPING


def test_a_sweep_costs_what_its_members_cost_together():
    each = sweep.spans((1, 3), 4)
    assert each == [(1, 1), (2, 2), (1, 3)]
    assert sweep.model_epochs(each) == 1 + 4 + 3
    took = sweep.seconds(each, {1: 2.0, 2: 1.0}, steps=1000)
    assert took == pytest.approx(1 * 2 + 4 * 1 + 3 * 1)


def test_parts_are_kept_for_the_next_run_and_devices_are_never_mixed(tmp_path: Path):
    path = tmp_path / "new" / "gpu.json"
    assert gpu.recorded(path, {"device": "a"}) == {}
    gpu.record(path, {"limits": 1, "speed": 2}, {"device": "a"})
    assert gpu.recorded(path, {"device": "a"}) == {"limits": 1, "speed": 2}
    assert gpu.recorded(path, {"device": "b"}) == {}
    assert [each.name for each in path.parent.iterdir()] == ["gpu.json"]


def test_a_part_is_run_again_by_itself_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CPBENCH_DEVICE", "cpu")
    told = iter(range(9))
    parts = [gpu.Part(name, 9.0, lambda *_: {"turn": next(told)}) for name in ("one", "two")]
    broken = gpu.Part("broken", 9.0, lambda *_: {"turn": 1 / 0})
    monkeypatch.setattr(gpu, "PARTS", (parts[0], broken, parts[1]))
    for words in ([], ["--parts", "two"]):
        given = ["gpu", "--device", "cpu", "--folder", str(tmp_path), *words]
        monkeypatch.setattr(sys, "argv", given)
        gpu.main()
    results = json.loads((tmp_path / "gpu.json").read_text())["results"]
    assert (results["one"]["turn"], results["two"]["turn"]) == (0, 2)
    assert "ZeroDivisionError" in results["broken"]["error"]


def test_what_stops_one_cell_is_recorded_and_stops_no_other():
    def short_of_memory() -> dict[str, Any]:
        raise torch.OutOfMemoryError("2 GiB")

    assert guarded(short_of_memory) == {"error": "out of memory"}
    assert guarded(lambda: {"x": 1 / 0}) == {"error": "ZeroDivisionError: division by zero"}
    assert guarded(lambda number: {"x": number}, 3) == {"x": 3}
