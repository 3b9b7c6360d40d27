from collections.abc import Callable, Sequence

import numpy as np
import pytest

from cpbench.quantities import Floats, Readings, Series, View, measure, resample, to_value
from cpbench.records.plans import Condition
from cpbench.records.series import Value
from cpbench.specs.quantities import QUANTITIES, unit_of

GRID = (0, 10, 20, 40, 60, 80, 120, 160, 240, 320, 480)
SeriesOf = Callable[..., Series]
ViewOf = Callable[..., View]
Take = Callable[..., Value]


def _readings(values: Floats) -> Readings:
    return Readings(values, np.zeros(values.shape, dtype=np.bool_))


@pytest.fixture
def series_of() -> SeriesOf:
    """A series with constant controls, two steps per epoch, and 50 · 0.98^epoch lr·steps left."""

    def make(
        curve: Sequence[float] | Floats,
        *,
        removals: Sequence[int] = GRID,
        seeds: int = 4,
        controls: dict[str, float] | None = None,
        arm: str = "main",
    ) -> Series:
        values = np.broadcast_to(np.asarray(curve, dtype=float), (seeds, len(removals))).copy()
        levels = {"no_deficit": 88.8, "never_removed": 40.0} if controls is None else controls
        accuracy = {name: _readings(np.full(values.shape, at)) for name, at in levels.items()}
        conditions = tuple(
            Condition(
                arm=arm,
                control="",
                point=f"removal={epoch}",
                onset=0,
                removal=epoch,
                epochs=epoch + 100,
                steps=2 * epoch + 200,
                steps_at_removal=2 * epoch,
                examples_at_removal=100 * epoch,
                lr_at_removal=0.98**epoch,
                lr_steps_left=50 * 0.98**epoch,
                final_lr=0.01,
            )
            for epoch in removals
        )
        grid = np.array(removals, dtype=float)
        return Series(
            "p",
            arm,
            "test_accuracy",
            tuple(range(seeds)),
            grid,
            conditions,
            {"": _readings(values), **accuracy},
            {},
        )

    return make


@pytest.fixture
def view_of(series_of: SeriesOf) -> ViewOf:
    """The same, seen through its own seeds and 200 draws."""

    def make(*args: object, **options: object) -> View:
        series = series_of(*args, **options)
        return View(series, resample([series.seeds], 0, num_draws=200)[series.seeds])

    return make


@pytest.fixture
def take() -> Take:
    """A quantity's value, its arguments filled in as a claim's are."""

    def make(views: View | Sequence[View], quantity: str, /, **given: str | float) -> Value:
        defaults = {key: each.default for key, each in QUANTITIES[quantity].parameters.items()}
        said = {key: value for key, value in defaults.items() if value} | given
        several = [views] if isinstance(views, View) else views
        estimate, unit = measure(quantity, said, *several), unit_of(quantity, said)
        return to_value(estimate, several[0], expr=quantity, unit=unit)

    return make
