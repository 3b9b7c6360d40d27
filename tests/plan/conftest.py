from collections.abc import Callable
from typing import Any

import pytest

from cpbench.specs.protocols import Protocol

BLUR = {"kind": "blur", "factor": 4, "down": "area", "up": "bilinear"}


@pytest.fixture
def protocol() -> Callable[..., Protocol]:
    """Return a small protocol; keywords replace parts of its `protocol:` block."""

    def make(
        about: str = "tiny", measurements: dict[str, Any] | None = None, **changes: Any
    ) -> Protocol:
        experiment = {
            "dataset": {"kind": "digits", "train_size": 100},
            "model": {"kind": "mlp", "widths": [8]},
            "training": training(),
            "phases": [{"until": "$removal", "deficits": [BLUR]}, {"for": 3}],
            "sweep": {"removal": [0, 2, 5]},
            "controls": ["no_deficit", "never_removed"],
            "seeds": 2,
        }
        accuracy = {"accuracy": {"kind": "accuracy", "at": ["removal", "final"]}}
        return Protocol.model_validate(
            {
                "id": "tiny",
                "about": {"title": about},
                "protocol": experiment | changes,
                "measurements": measurements or accuracy,
            }
        )

    return make


def training(**changes: Any) -> dict[str, Any]:
    return {
        "batch_size": 30,
        "optimizer": {"kind": "sgd", "lr": 0.1, "momentum": 0.9},
        "lr_law": {"kind": "constant"},
    } | changes


@pytest.fixture
def decaying() -> dict[str, Any]:
    """A training block whose learning rate halves every epoch."""
    return training(lr_law={"kind": "exponential", "gamma": 0.5})
