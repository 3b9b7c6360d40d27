"""Quantities a claim may name: their arguments, their units and the controls they need.

The machinery is one file per quantity in `cpbench/quantities/`; a test compares the two tables.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from cpbench.specs.measurements import Control
from cpbench.specs.units import AXES, CURRENCIES, METRICS, Unit

MAX_SIDES = 10
AT_REMOVAL = "_at_removal"
"""Ends the name of a column that is read at the removal; without it, at the end of the run."""


class Parameter(NamedTuple):
    """One argument of a quantity."""

    choices: Mapping[str, tuple[Control, ...]]
    """Word to the controls that it needs; empty where the kind is not `word`."""
    default: str | None
    """Absent: the argument must be written. Empty: it may be left out, and then there is none."""
    kind: Literal["word", "removal", "onset", "level", "name"] = "word"
    """A word of the choices, an epoch of the sweep, a level in percent, or a free name."""


class Quantity(NamedTuple):
    """What a claim may say about one series, or about several."""

    phrase: str
    """Plain English, with the series and the arguments as fields."""
    unit: Unit | None
    """Absent: that of the axis, currency or metric it is asked in."""
    parameters: Mapping[str, Parameter]
    controls: tuple[Control, ...] = ()
    """Needed whatever the arguments."""
    positional: tuple[str, ...] = ()
    """Parameters that are written as a bare word behind the series, in this order."""
    num_series: tuple[int, int] = (1, 1)
    """The least and the most series it is about."""


AXIS = Parameter(dict.fromkeys(AXES, ()), "epochs")
FLOOR = Parameter(
    {"plateau": (), "never": ("never_removed",), "absolute": (), "tail": ()}, "plateau"
)
LEVEL = Parameter({}, "", "level")
ESTIMATOR = Parameter(
    {"broken_stick_flat": (), "drop90": ("no_deficit",), "logistic": ()}, "broken_stick_flat"
)
REMOVAL = Parameter({}, None, "removal")
OF = Parameter({}, "", "name")
"""Which measurement, where several give the same number."""
COLUMN = Parameter(
    {
        "removal": (),
        "damage": ("no_deficit",),
        "final_accuracy": (),
        **{f"{name}{ending}": () for name in METRICS for ending in ("", AT_REMOVAL)},
    },
    None,
)
_PAIR = {"x": COLUMN, "y": COLUMN, "of": OF}
_OVER = "between {x} and {y} over the removal points of {series}"
_END = {"estimator": ESTIMATOR, "floor": FLOOR, "level": LEVEL}
_UNITS: Mapping[str, Mapping[str, Unit]] = {"axis": AXES, "in": CURRENCIES, "name": METRICS}
"""The argument that a unit follows from, where it is not the quantity's own."""
_HOW = "by {estimator}, in {axis}, floor: {floor}"

QUANTITIES: Mapping[str, Quantity] = {
    "end": Quantity(
        f"the end of the critical period of {{series}} ({_HOW})", None, {**_END, "axis": AXIS}
    ),
    "half": Quantity(
        "the point of half damage of {series} (between baseline and {floor}, in {axis})",
        None,
        {"axis": AXIS, "floor": FLOOR, "level": LEVEL},
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
    "recovered_fraction": Quantity(
        "the share of what the deficit costs {series} that removing it late wins back",
        "1",
        {},
        ("no_deficit", "never_removed"),
    ),
    "onset_sensitivity": Quantity(
        "the damage to {series} by a deficit that sets in at epoch {onset}",
        "pp",
        {"onset": Parameter({}, None, "onset")},
        ("no_deficit",),
    ),
    "onset_peak": Quantity(
        "the onset at which the deficit damages {series} most", "epoch", {}, ("no_deficit",)
    ),
    "shift_per_doubling": Quantity(
        "how many epochs later the critical period ends per doubling of the batch size, over "
        "{series} (by {estimator}, floor: {floor})",
        "epoch",
        _END,
        num_series=(2, MAX_SIDES),
    ),
    "metric": Quantity(
        "the {name} of {series}, read at {at}, when the deficit is removed at epoch {removal}",
        None,
        {
            "name": Parameter(dict.fromkeys(METRICS, ()), None),
            "at": Parameter({"removal": (), "final": ()}, None),
            "removal": REMOVAL,
            "of": OF,
        },
        positional=("name",),
    ),
    "spearman": Quantity(
        f"the rank correlation (Spearman) {_OVER}", "1", _PAIR, positional=("x", "y")
    ),
    "kendall": Quantity(
        f"the rank correlation (Kendall) {_OVER}", "1", _PAIR, positional=("x", "y")
    ),
    "pearson": Quantity(
        f"the linear correlation (Pearson) {_OVER}", "1", _PAIR, positional=("x", "y")
    ),
    "partial_spearman": Quantity(
        f"the rank correlation (Spearman) {_OVER}, given {{given}}",
        "1",
        {**_PAIR, "given": COLUMN},
        positional=("x", "y"),
    ),
    "budget_at_end": Quantity(
        "the budget of {series} at the end of its critical period, {in} (by {estimator}, "
        "floor: {floor})",
        None,
        {**_END, "in": Parameter(dict.fromkeys(CURRENCIES, ()), None)},
    ),
    "n_seeds": Quantity("the number of seeds of {series} with all their results", "1", {}),
}

Argument = str | int | float
Arguments = Mapping[str, Argument]


def unit_of(name: str, arguments: Arguments) -> Unit:
    """Return the unit of a quantity, given all its arguments."""
    if unit := QUANTITIES[name].unit:
        return unit
    key = next(key for key in _UNITS if key in arguments)
    return _UNITS[key][str(arguments[key])]


def controls_of(name: str, arguments: Arguments) -> frozenset[Control]:
    """Return the controls a quantity needs beside the curve, given all its arguments."""
    quantity = QUANTITIES[name]
    chosen = [
        parameter.choices[str(arguments[key])]
        for key, parameter in quantity.parameters.items()
        if parameter.choices
    ]
    return frozenset(quantity.controls).union(*chosen)


def written(name: str, series: str, arguments: Arguments) -> str:
    """Return a quantity as a claim writes it, arguments left out where they are the default."""
    quantity = QUANTITIES[name]
    words = [str(arguments[key]) for key in quantity.positional]
    said = [
        f"{key}={_literal(value)}"
        for key, value in arguments.items()
        if key not in quantity.positional and value != quantity.parameters[key].default
    ]
    return f"{name}({', '.join([series, *words, *said])})"


def _literal(value: Argument) -> str:
    return f"{value:.15g}%" if isinstance(value, float) else str(value)
