"""Protocols: a list of phases with holes, a sweep that fills them, arms, controls and seeds."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cpbench.specs.base import Count, Epoch, Identifier, NonNegative, Spec, Text
from cpbench.specs.datasets import Dataset
from cpbench.specs.measurements import Control, Measurement
from cpbench.specs.models import Model
from cpbench.specs.phases import Phase
from cpbench.specs.training import Training


class Expectation(Spec):
    """What the authors expect; shown in the report beside what came out."""

    drop_pp: float | None = None
    """Loss of accuracy from removal 0 to the last, in percentage points."""
    cpu_seconds: NonNegative | None = None
    """Time on one CPU core."""


class About(Spec):
    """For people: in no digest, moves no number, re-runs nothing."""

    title: Text
    """One line that says what is done."""
    source: Text = ""
    """Whose protocol it is."""
    expect: Expectation = Expectation()
    """What is expected to come out."""
    chosen_by: Text = ""
    """What was chosen by looking at results, and at which."""
    notes: Text = ""
    """Anything a reader should know."""


class SeedsFromRegistration(Spec):
    """Seeds nobody could know before a prediction about the protocol was first registered."""

    from_: Literal["registration"] = Field(alias="from")
    n: Annotated[int, Field(strict=True, ge=1, le=1000)]
    """How many."""


Seeds = Annotated[int, Field(strict=True, ge=1, le=1000)] | SeedsFromRegistration


Values = Annotated[tuple[Epoch, ...], Field(min_length=1, max_length=1000)]


class Checkpoints(Spec):
    """Which epochs are kept besides phase boundaries and ends; needed for `at: [{every: k}]`."""

    every: Count


class Experiment(Spec):
    """The `protocol:` block: everything that can move a weight."""

    dataset: Dataset
    model: Model
    training: Training
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=64)]
    sweep: dict[Identifier, Values] = Field(default_factory=dict)
    """Axis name to values; each fills the hole `$name`."""
    arms: dict[Identifier, dict[str, object]] = Field(default_factory=dict)
    """Arm name to overrides, each a dotted path under `protocol` and its value.

    Without arms there is `main`.
    """
    controls: tuple[Control, ...] = ()
    """Companions of every run, expanded per arm and sweep point.

    They are arms of their own, never points of the curve.
    """
    seeds: Seeds
    """How many replicates (0 … n-1), or how many to derive at registration."""
    checkpoints: Checkpoints | None = None
    """More epochs to keep."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        faults = [
            *self._sweep_faults(),
            *self._phase_faults(),
            *self._clock_faults(),
            *self._batch_faults(),
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _sweep_faults(self) -> list[str]:
        holes = {str(phase.length)[1:] for phase in self.phases if isinstance(phase.length, str)}
        unsorted = [
            name for name, values in self.sweep.items() if list(values) != sorted(set(values))
        ]
        return [
            *(
                f"the hole ${name} is filled by no sweep axis"
                for name in sorted(holes - self.sweep.keys())
            ),
            *(
                f"the sweep axis {name} fills no hole; write ${name} in a phase"
                for name in sorted(self.sweep.keys() - holes)
            ),
            *(f"sweep.{name} must be distinct and sorted" for name in unsorted),
            *(
                "controls are listed twice"
                for _ in [0]
                if len(set(self.controls)) < len(self.controls)
            ),
        ]

    def _phase_faults(self) -> list[str]:
        early = [index for index, phase in enumerate(self.phases[:-1]) if phase.fill_to is not None]
        return [f"phases.{index}.fill_to is only for the last phase; use until" for index in early]

    def _clock_faults(self) -> list[str]:
        laws = [phase.lr_law or self.training.lr_law for phase in self.phases]
        if all(law.kind == "constant" for law in laws):
            return []
        silent = [
            index for index, phase in enumerate(self.phases) if index > 0 and phase.lr_clock is None
        ]
        return [
            f"phases.{index} needs lr_clock: continue | restart, because the learning rate moves"
            for index in silent
        ]

    def _batch_faults(self) -> list[str]:
        sizes = {
            self.training.batch_size,
            *(phase.batch_size for phase in self.phases if phase.batch_size),
        }
        lonely = [size for size in sorted(sizes) if self.dataset.num_train % size == 1]
        if not self.model.has_batch_norm or not lonely:
            return []
        what = f"batch_size {lonely[0]} leaves a last batch of one example"
        return [f"{what}, which batch normalisation cannot use"]


class Protocol(Spec):
    """A protocol file.

    `about` is for people, `protocol` for the weights, `measurements` for the readings.
    """

    id: Identifier
    """The file's name without its ending."""
    about: About
    protocol: Experiment
    measurements: dict[Identifier, Measurement]
