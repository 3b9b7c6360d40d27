"""Quantities a claim may name: their arguments, their units and the controls they need.

The machinery is one file per quantity in `cpbench/quantities/`; a test compares the two tables.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from cpbench.specs.measurements import Control

Unit = Literal["1", "epoch", "step", "example", "lr_steps", "percent", "pp"]
"""`percent` is a level of accuracy, `pp` a difference of two levels, `1` a plain number."""

UNIT_WORDS: Mapping[str, Unit] = {
    "epoch": "epoch",
    "step": "step",
    "example": "example",
    "lr_steps": "lr_steps",
    "percent": "percent",
    "%": "percent",
    "pp": "pp",
    "fraction": "1",
}

AXES: Mapping[str, Unit] = {
    "epochs": "epoch",
    "steps": "step",
    "examples": "example",
    "lr_steps": "lr_steps",
}
"""What positions on a curve are counted in; `lr_steps` is Σ lr over the steps after the removal."""


class Parameter(NamedTuple):
    """One keyword argument: a choice of words, or a removal epoch where there are no words."""

    choices: Mapping[str, tuple[Control, ...]]
    """Word to the controls that it needs."""
    default: str | None
    """Absent: the argument must be written."""


class Quantity(NamedTuple):
    """What a claim may say about one series."""

    phrase: str
    """Plain English, with the series and the arguments as fields."""
    unit: Unit | None
    """Absent: that of the axis it is asked on."""
    parameters: Mapping[str, Parameter]
    controls: tuple[Control, ...] = ()
    """Needed whatever the arguments."""


AXIS = Parameter(dict.fromkeys(AXES, ()), "epochs")
FLOOR = Parameter({"plateau": (), "never": ("never_removed",)}, "plateau")
ESTIMATOR = Parameter(
    {"broken_stick_flat": (), "drop90": ("no_deficit",), "logistic": ()}, "broken_stick_flat"
)
REMOVAL = Parameter({}, None)

QUANTITIES: Mapping[str, Quantity] = {
    "end": Quantity(
        "the end of the critical period of {series} (by {estimator}, in {axis})",
        None,
        {"estimator": ESTIMATOR, "axis": AXIS, "floor": FLOOR},
    ),
    "half": Quantity(
        "the point of half damage of {series} (between baseline and {floor}, in {axis})",
        None,
        {"axis": AXIS, "floor": FLOOR},
        ("no_deficit",),
    ),
    "baseline": Quantity(
        "the accuracy of {series} without the deficit", "percent", {}, ("no_deficit",)
    ),
    "plateau": Quantity("the accuracy of {series} on its plateau", "percent", {}),
    "never": Quantity(
        "the accuracy of {series} when the deficit is never removed",
        "percent",
        {},
        ("never_removed",),
    ),
    "damage": Quantity(
        "the damage to {series} by a deficit removed at epoch {at}",
        "pp",
        {"at": REMOVAL},
        ("no_deficit",),
    ),
    "final_accuracy": Quantity(
        "the final accuracy of {series} when the deficit is removed at epoch {removal}",
        "percent",
        {"removal": REMOVAL},
    ),
}

Argument = str | int
Arguments = Mapping[str, Argument]


def unit_of(name: str, arguments: Arguments) -> Unit:
    """Return the unit of a quantity, given all its arguments."""
    return QUANTITIES[name].unit or AXES[str(arguments["axis"])]


def controls_of(name: str, arguments: Arguments) -> frozenset[Control]:
    """Return the controls a quantity needs beside the curve, given all its arguments."""
    quantity = QUANTITIES[name]
    words = ((parameter, str(arguments[key])) for key, parameter in quantity.parameters.items())
    chosen = [parameter.choices[word] for parameter, word in words if parameter.choices]
    return frozenset(quantity.controls).union(*chosen)


def written(name: str, series: str, arguments: Arguments) -> str:
    """Return a quantity as a claim writes it, arguments left out where they are the default."""
    parameters = QUANTITIES[name].parameters
    said = [
        f"{key}={value}" for key, value in arguments.items() if value != parameters[key].default
    ]
    return f"{name}({', '.join([series, *said])})"
