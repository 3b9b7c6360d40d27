"""Theories in one line: a law of where critical periods end, `specs/theories/<name>.yaml`."""

from typing import Literal

from cpbench.specs.base import Identifier, Positive, Spec, Text

ClockName = Literal["epochs", "steps", "examples", "lr_steps", "lr/batch_size", "epochs*batch_size"]
"""What a law may hold constant; `lr_steps` is Σ lr over the steps after the removal."""


class LawSpec(Spec):
    """`{id: hot_walk, law: constant, of: lr/batch_size, sd: 20}`."""

    id: Identifier
    """The file's name without its ending; the theory forecasts under it."""
    title: Text = ""
    """One line for people."""
    law: Literal["constant"]
    """`constant`: every critical period ends where `of` has one common value."""
    of: ClockName
    sd: Positive
    """How far a period may end from where the law says, in epochs: one standard deviation."""
