"""Which executor trains what is a function of the spec and the device, nothing else."""

import subprocess
import sys
from typing import get_args

import pytest
from pydantic import TypeAdapter

from cpbench.errors import EnvironmentFault
from cpbench.plan.choosing import DENSE, EXECUTORS, asked_executor, choose
from cpbench.plan.forest import Root
from cpbench.specs.datasets import Digits, ImageFolder
from cpbench.specs.models import Model

NEEDED = {"mlp": {"widths": [8]}, "deep_linear": {"widths": [8]}, "resnet18": {"stem": "cifar"}}


def root(kind: str, *, side: int = 8, **fields: object) -> Root:
    model = TypeAdapter(Model).validate_python({"kind": kind, **NEEDED.get(kind, {}), **fields})
    if side == 8:
        return Root(Digits(kind="digits", train_size=50), model)
    return Root(
        ImageFolder(
            kind="image_folder",
            root="anywhere",
            sha256="0" * 64,
            shape=(3, side, side),
            num_classes=10,
            train_size=50,
        ),
        model,
    )


@pytest.mark.parametrize(
    ("kind", "device", "executor"),
    [
        ("mlp", "cpu", "stacked"),
        ("mlp", "cuda", "stacked"),
        ("deep_linear", "cpu", "stacked"),
        ("small_resnet", "cpu", "sequential"),
        ("small_resnet", "cuda", "graphed"),
    ],
)
def test_auto_goes_by_model_and_device(kind: str, device: str, executor: str):
    choice = choose(root(kind), device)
    assert choice == choose(root(kind), device, asked="auto")
    assert choice.executor == executor
    assert (choice.width > 1) == (executor != "sequential")
    assert kind in choice.why


@pytest.mark.parametrize("kind", ["all_cnn", "small_resnet"])
@pytest.mark.parametrize(
    ("width", "side", "executor"),
    [
        (8, 8, "vmapped"),
        (4, 16, "vmapped"),
        (2, 32, "vmapped"),
        (6, 8, "sequential"),
        (8, 16, "sequential"),
        (16, 8, "sequential"),
        (16, 16, "sequential"),
    ],
)
def test_small_convolutions_on_few_pixels_share_their_calls(
    kind: str, width: int, side: int, executor: str
):
    """The last line is `blur_cifar10_cpu`, whose published states are `sequential`."""
    small = root(kind, width=width, side=side)
    assert choose(small, "cpu").executor == executor
    assert choose(small, "cuda").executor == "graphed"


@pytest.mark.parametrize("asked", EXECUTORS)
def test_the_environment_may_ask_for_any_that_fits(asked: str):
    fitting = root("small_resnet") if asked == "vmapped" else root("mlp")
    choice = choose(fitting, "cpu", asked=asked)
    assert choice.executor == asked
    assert "CPBENCH_EXECUTOR" in choice.why


def test_what_cannot_be_done_is_refused_with_what_can():
    with pytest.raises(EnvironmentFault, match="cannot stack small_resnet; it stacks deep_linear"):
        choose(root("small_resnet"), "cpu", asked="stacked")
    for unfit in (root("mlp"), root("resnet18"), root("all_cnn", width=12)):
        with pytest.raises(EnvironmentFault, match=r"cannot map over .* a power of two"):
            choose(unfit, "cpu", asked="vmapped")
    with pytest.raises(EnvironmentFault, match=r"allowed: .*stacked.*; did you mean 'stacked'"):
        choose(root("mlp"), "cpu", asked="staked")


def test_a_probe_chooses_only_the_width_of_a_graph():
    tuned = {"small_resnet": 16, "mlp": 3}
    assert choose(root("small_resnet"), "cuda", tuned=tuned).width == 16
    assert choose(root("mlp"), "cpu", tuned=tuned) == choose(root("mlp"), "cpu")


def test_what_stacks_is_a_model_of_the_language():
    kinds = {
        get_args(each.model_fields["kind"].annotation)[0] for each in get_args(get_args(Model)[0])
    }
    assert kinds > DENSE


def test_an_empty_variable_asks_for_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CPBENCH_EXECUTOR", "")
    assert asked_executor() is None
    monkeypatch.setenv("CPBENCH_EXECUTOR", "stacked")
    assert asked_executor() == "stacked"


def test_choosing_needs_no_torch():
    code = "import cpbench.plan.choosing, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
