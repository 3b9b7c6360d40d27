"""`cpbench.llc` checks what it is asked before anything runs, and says all that is wrong."""

from typing import Any

import pytest
import torch
from measurements.llc.subjects import linear_net, mlp, random, tensors, vectors
from torch import Tensor, nn
from torch.nn import functional

import cpbench
from cpbench.errors import UsageError
from cpbench.measurements.truth import regression_data, teacher

FEW = {"num_burnin_steps": 20, "num_draws": 20, "max_draws": 20}
GIVEN = {**FEW, "step_size": 1e-4, "localization": 10.0}


def refusal(
    model: Any = None,
    inputs: Any = None,
    targets: Any = None,
    loss: Any = "cross_entropy",
    **more: Any,
) -> str:
    given = vectors()
    model = mlp() if model is None else model
    inputs, targets = (
        each if other is None else other
        for each, other in zip(given, (inputs, targets), strict=True)
    )
    with pytest.raises(UsageError) as caught:
        cpbench.llc(model, inputs, targets, loss, **more)
    said = str(caught.value)
    assert "Traceback" not in said
    assert said.startswith(("llc", "settings of llc"))
    return said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "a net"}, "model: must be a torch.nn.Module"),
        ({"model": nn.ReLU()}, "model: has no parameters"),
        ({"model": mlp().half()}, "call model.float()"),
        ({"model": nn.Linear(5, 4)}, "model or loss fails"),
        ({"inputs": [1, 2]}, "inputs: must be a tensor"),
        ({"inputs": torch.zeros(())}, "inputs"),
        ({"inputs": torch.zeros(7, 6)}, "7 and 103 examples"),
        ({"targets": vectors()[1] + 9}, "model or loss fails"),
        ({"targets": torch.cat([vectors()[1][:-1], torch.tensor([9])])}, "model or loss fails"),
        ({"loss": "mse"}, "'mse' is neither a function nor one of cross_entropy, squared_error"),
        ({"loss": None}, "neither a function"),
        ({"loss": lambda outputs, _: outputs}, "a mean, or one number per example"),
        ({"loss": lambda *_: 1.0}, "a mean, or one number per example"),
        ({"nbeta": -1.0}, "nbeta: must be a number above 0"),
        ({"nbeta": float("nan")}, "nbeta: must be a number above 0"),
        ({"nbeta": "auto"}, "nbeta"),
        ({"localization": 0.0}, "localization: must be a number above 0"),
        ({"step_size": float("inf")}, "step_size: must be a number above 0"),
        ({"num_chains": 1}, "num_chains: must be a whole number, at least 2"),
        ({"num_chains": 2.5}, "num_chains"),
        ({"num_draws": 5}, "num_draws: must be a whole number, at least 20"),
        ({"weight_decay": -0.1}, "weight_decay"),
        ({"backend": "jit"}, "must be loop, vmap, compiled or None"),
    ],
)
def test_what_is_wrong_is_named_without_a_traceback(arguments: dict[str, Any], words: str):
    assert words in refusal(**arguments)


def test_everything_that_is_wrong_is_named_at_once():
    said = refusal(inputs=torch.zeros(7, 6), loss="mse", nbeta=-1.0, num_chains=0, batch_size=0)
    for words in ("7 and 103", "'mse'", "nbeta", "num_chains", "batch_size"):
        assert words in said, words


def test_one_example_has_no_default_of_nbeta():
    inputs, targets = vectors(1)
    assert "nbeta" in refusal(inputs=inputs, targets=targets)
    reading = cpbench.llc(nn.Linear(6, 4), inputs, targets, nbeta=1.0, **GIVEN)
    assert reading.conditions.num_examples == 1


def test_a_layer_that_cannot_be_batched_is_named_with_the_way_out():
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.GRU(6, 4, batch_first=True)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.cell(inputs[:, None])[0][:, -1]

    assert "loop" in refusal(model=Recurrent(), backend="vmap", **GIVEN)
    assert cpbench.llc(Recurrent(), *vectors(), backend="loop", **GIVEN).llc is not None


def test_a_model_may_return_whatever_its_loss_takes():
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(6, 4)

        def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
            return self.layer(inputs), inputs

    def loss(outputs: Any, targets: Tensor) -> Tensor:
        return functional.cross_entropy(outputs[0], targets)

    pair = Pair()
    reading = cpbench.llc(pair, *vectors(), loss, **GIVEN)
    single = cpbench.llc(pair.layer, *vectors(), functional.cross_entropy, **GIVEN)
    assert (reading.llc, reading.conditions.num_live_weights) == (
        pytest.approx(single.llc),
        single.conditions.num_live_weights,
    )


def test_the_squared_error_is_half_the_squared_distance_over_all_outputs():
    layers = teacher((3, 2), 2, random())
    inputs, targets = tensors(regression_data(layers, 50, 1.0, random(1)))
    net = linear_net(layers)
    named, written = (
        cpbench.llc(net, inputs, targets, loss, **GIVEN)
        for loss in ("squared_error", lambda o, t: 0.5 * (o - t).square().sum(1).mean())
    )
    assert named.llc == pytest.approx(written.llc, rel=1e-4)
    expected = 0.5 * (net(inputs) - targets).square().sum(1).mean().item()
    assert named.conditions.loss == pytest.approx(expected, rel=1e-5)


def test_a_reading_says_itself_in_one_line():
    reading = cpbench.llc(nn.Linear(6, 4), *vectors(), **GIVEN)
    assert "\n" not in str(reading)
    assert reading.status in str(reading)
    low, high = reading.interval
    assert low < min(reading.llc, reading.raw) < max(reading.llc, reading.raw) < high
    assert reading.llc == pytest.approx(reading.raw - reading.bias)


def test_a_model_that_cannot_be_batched_is_told_what_to_do():
    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(6, 4)

        def forward(self, inputs: Tensor) -> Tensor:
            outputs = self.layer(inputs)
            return outputs if outputs.sum() > 0 else -outputs

    with pytest.raises(UsageError, match="backend='loop'"):
        cpbench.llc(Branching(), *vectors(), num_burnin_steps=20, num_draws=20)
