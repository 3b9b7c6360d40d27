from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from cpbench.quantities import Readings, Series
from cpbench.records.plans import Condition
from cpbench.records.results import Row
from cpbench.records.scores import Outcome
from cpbench.resolving import Study, resolve
from cpbench.specs.claims import BinaryClaim, CategoricalClaim, Claim, NumericClaim

GRID = np.array([0, 10, 20, 40, 60, 80, 120, 160, 240, 320, 480.0])
Evidence = Mapping[str, Study]


def readings(values: np.ndarray) -> Readings:
    return Readings(values, np.zeros(values.shape, dtype=np.bool_))


class Lab:
    """Series with known ends on a protocol `p`, and claims about them."""

    digests = {"p": "a" * 64}  # noqa: RUF012 - never changed

    def series(
        self,
        arm: str,
        end: float,
        *,
        seeds: Sequence[int] = range(6),
        spread: float = 0.0,
        drop: float = 8.0,
    ) -> Series:
        """A stick that falls from 88 by `drop` until `end`, seeds' own ends off by `spread`."""
        ends = end + spread * np.linspace(-1, 1, len(seeds))[:, None]
        curve = 88 - drop * np.minimum(GRID / ends, 1)
        conditions = tuple(
            Condition(
                arm=arm,
                control="",
                point="",
                onset=0,
                removal=int(epoch),
                epochs=int(epoch) + 100,
                steps=1,
                steps_at_removal=int(epoch),
                examples_at_removal=1,
                lr_at_removal=0.1,
                lr_steps_left=1.0,
                final_lr=0.1,
            )
            for epoch in GRID
        )
        accuracy = {"": readings(curve), "no_deficit": readings(np.full(curve.shape, 88.0))}
        return Series("p", arm, "test_accuracy", tuple(seeds), GRID, conditions, accuracy, {})

    def shifted(self, one: Series, arm: str, by: Sequence[float]) -> Series:
        """The same arm again, each seed's accuracies off by so many points."""
        curve = one.accuracy[""].values + np.array(by)[:, None]
        return one._replace(arm=arm, accuracy={**one.accuracy, "": readings(curve)})

    def row(self, one: Series, *, seed: int, name: str, removal: int, at: str = "final") -> Row:
        """A reading of 3 on one seed of an arm's curve."""
        point, epoch = f"removal={removal}", removal + 100 * (at == "final")
        where = (one.protocol, one.arm, "", point, removal, 0, seed)
        return Row(*where, name, at, epoch, name, 3.0, "1", "ok")

    def evidence(self, *series: Series) -> Evidence:
        return {"p": Study("p", self.digests["p"], {each.arm: each for each in series}, ())}

    def rule(self, **resolution: object) -> dict[str, object]:
        return {"rule": "decisive", "on_divergence": "drop"} | resolution

    def binary(self, text: str, given: str | None = None, **resolution: object) -> Claim:
        return BinaryClaim.model_validate(
            self._common(given, resolution) | {"type": "binary", "claim": text}
        )

    def numeric(
        self, text: str, unit: str = "epoch", given: str | None = None, **resolution: object
    ) -> Claim:
        bounds = {"bounds": resolution.pop("bounds", None)}
        return NumericClaim.model_validate(
            self._common(given, resolution)
            | {"type": "numeric", "quantity": text, "unit": unit}
            | bounds
        )

    def categorical(
        self, given: str | None = None, resolution: dict[str, object] | None = None, **whens: str
    ) -> Claim:
        options = [{"name": name, "when": when} for name, when in whens.items()]
        return CategoricalClaim.model_validate(
            self._common(given, resolution or {})
            | {"type": "categorical", "options": options, "ordered": True}
        )

    def _common(self, given: str | None, resolution: dict[str, object]) -> dict[str, object]:
        return {"id": "c", "title": "C", "given": given, "resolution": self.rule(**resolution)}

    def outcome(self, claim: Claim, *series: Series, today: str = "") -> Outcome:
        return resolve(claim, self.digests, self.evidence(*series), today=today).outcome

    def said(self, text: str, *series: Series, **resolution: object) -> tuple[str, str]:
        """State, and the first word of the reason, of a binary claim."""
        told = self.outcome(self.binary(text, **resolution), *series)
        return told.state, told.reason.split(":")[0]


@pytest.fixture
def lab() -> Lab:
    return Lab()
