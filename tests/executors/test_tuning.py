from pathlib import Path

import pytest
import torch

from cpbench.cli.tune import tune as command
from cpbench.errors import EnvironmentFault, UsageError
from cpbench.executors import tuning
from cpbench.executors.tuning import candidates, random_data, tune
from cpbench.plan.compiling import compile_protocol
from cpbench.plan.forest import Stretch
from cpbench.records.tuned import Timing, Tuned, read_tuned, write_tuned
from cpbench.specs.datasets import Cifar10
from cpbench.specs.protocols import Protocol

SPEC = {
    "id": "tiny",
    "about": {"title": "A tiny protocol"},
    "protocol": {
        "dataset": {"kind": "digits", "train_size": 60},
        "model": {"kind": "mlp", "widths": [8]},
        "training": {
            "batch_size": 25,
            "optimizer": {"kind": "sgd", "lr": 0.05},
            "lr_law": {"kind": "constant"},
        },
        "phases": [
            {"until": "$removal", "deficits": [{"kind": "vertical_flip"}]},
            {"for": 2},
            {"for": 1, "batch_size": 10},
        ],
        "sweep": {"removal": [0, 2]},
        "seeds": 2,
    },
    "measurements": {"accuracy": {"kind": "accuracy", "at": ["final"]}},
}


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPBENCH_DEVICE", "cpu")
    monkeypatch.setattr(tuning, "AIM", 0.001)


def stretches() -> tuple[Stretch, ...]:
    return compile_protocol(Protocol.model_validate(SPEC), (0, 1)).stretches


def timing(width: int, milliseconds: float, **changes: object) -> Timing:
    plain = {
        "model": "resnet18",
        "batch_size": 128,
        "executor": "graphed",
        "width": width,
        "milliseconds": milliseconds,
    }
    return Timing.model_validate(plain | changes)


def tuned(*timings: Timing) -> Tuned:
    return Tuned(device="a GPU", versions={"torch": "2"}, timings=timings)


def test_each_shape_is_timed_once_under_each_executor_that_fits():
    found = tune(stretches(), pytest.fail)
    assert [(each.batch_size, each.executor) for each in found.timings] == [
        (25, "sequential"),
        (25, "stacked"),
        (10, "sequential"),
        (10, "stacked"),
    ]
    assert all(each.model == "mlp" and each.precision is None for each in found.timings)
    assert found.branches() == {}  # how wide a stack is moves bits: nothing here may choose it


def test_a_graph_is_tried_on_a_gpu_only():
    assert list(candidates("resnet18", "cpu")) == [("sequential", 1)]
    graphs = [("graphed", width) for width in (1, 2, 4, 8, 16)]
    assert list(candidates("resnet18", "cuda")) == [("sequential", 1), *graphs]
    assert [name for name, _ in candidates("mlp", "cuda")][:2] == ["sequential", "stacked"]


def test_what_does_not_fit_is_said_and_nothing_wider_is_tried(monkeypatch: pytest.MonkeyPatch):
    def milliseconds(*asked: object) -> float:
        if asked[-2:] in {("graphed", 4), ("graphed", 8)}:
            raise torch.OutOfMemoryError("2 GiB")
        return 1.0

    monkeypatch.setattr(tuning, "_milliseconds", milliseconds)
    monkeypatch.setattr(tuning, "candidates", lambda *_: candidates("resnet18", "cuda"))
    lines: list[str] = []
    found = tune(stretches()[:2], lines.append)
    assert [each.width for each in found.timings] == [1, 1, 2]
    assert lines == ["mlp: 4 members under graphed do not fit into memory"]


def test_a_member_that_does_not_fit_alone_is_the_device_s_fault(monkeypatch: pytest.MonkeyPatch):
    def milliseconds(*_: object) -> float:
        raise torch.OutOfMemoryError("2 GiB")

    monkeypatch.setattr(tuning, "_milliseconds", milliseconds)
    with pytest.raises(EnvironmentFault, match="one member does not fit"):
        tune(stretches(), lambda _: None)


@pytest.mark.parametrize(
    ("times", "width"),
    [
        ({1: 3.0, 2: 2.0, 4: 1.0, 8: 0.98}, 4),  # twice the memory for 2 percent is not worth it
        ({1: 3.0, 2: 2.0, 4: 1.0, 8: 0.9}, 8),
        ({1: 1.0, 2: 1.5}, 1),
    ],
)
def test_the_least_width_that_is_nearly_the_fastest_is_taken(times: dict[int, float], width: int):
    found = tuned(*(timing(each, time) for each, time in times.items()))
    assert found.branches() == {"resnet18": width}


def test_a_width_counts_only_where_every_shape_fits():
    small = [timing(width, 1 / width, batch_size=32) for width in (1, 2, 4)]
    large = [timing(width, 10 / width, batch_size=512) for width in (1, 2)]
    other = timing(1, 0.001, executor="sequential")
    assert tuned(*small, *large, other).branches() == {"resnet18": 2}


def test_a_record_is_read_as_it_was_written(tmp_path: Path):
    path = tmp_path / ".cpbench" / "tuned.json"
    assert read_tuned(path) is None
    found = tuned(timing(2, 0.5), timing(2, 0.4, precision="bf16"))
    write_tuned(path, found)
    assert read_tuned(path) == found


@pytest.mark.parametrize("text", ["", "{}", '{"device": 3}', "[" * 10_000])
def test_a_damaged_record_says_what_to_do(tmp_path: Path, text: str):
    path = tmp_path / "tuned.json"
    path.write_text(text)
    with pytest.raises(EnvironmentFault, match=r"tuned\.json: .*; delete it or tune again"):
        read_tuned(path)


def test_random_images_have_the_shape_of_the_dataset_s():
    data = random_data(Cifar10(kind="cifar10"), 7, torch.device("cpu"))
    assert (data.train.images.shape, data.train.images.dtype) == ((7, 3, 32, 32), torch.uint8)
    assert data.num_classes == 10
    assert data.train.images.max() > 200


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "study"
    (folder / "specs" / "protocols").mkdir(parents=True)
    (folder / "params.yaml").write_text("protocols: [tiny]\n")
    text = Protocol.model_validate(SPEC).model_dump_json(by_alias=True, exclude_none=True)
    (folder / "specs" / "protocols" / "tiny.yaml").write_text(text)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", [None, "tiny"])
def test_the_command_keeps_and_prints_what_it_found(
    project: Path, capsys: pytest.CaptureFixture[str], name: str | None
):
    command(name)
    told = capsys.readouterr().out
    kept = read_tuned(project / ".cpbench" / "tuned.json")
    assert kept is not None
    assert {each.executor for each in kept.timings} == {"sequential", "stacked"}
    assert all(
        each.executor in told and f"{each.milliseconds:.3g}" in told for each in kept.timings
    )
    assert "written to .cpbench/tuned.json" in told


@pytest.mark.usefixtures("project")
def test_an_unknown_protocol_is_a_usage_error():
    with pytest.raises(UsageError, match="did you mean 'tiny'"):
        command("tinny")
