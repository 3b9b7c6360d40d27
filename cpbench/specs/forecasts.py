"""Forecasts: what somebody expects of a claim, in the form that fits its type."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from cpbench.specs.base import Fraction, Identifier, Spec, Text

ROUNDING = 1e-6
"""What written probabilities may be off one in sum."""
MIN_QUANTILES = 3

LARGEST = 1e12
"""Beyond what anything here is measured in; keeps scores finite."""
LOWEST_LEVEL, HIGHEST_LEVEL = Decimal("0.001"), Decimal("0.999")
LEVEL_STEP = Decimal("0.0001")
Amount = Annotated[float, Field(strict=True, ge=-LARGEST, le=LARGEST)]

Form = Literal["p", "probs", "quantiles", "normal", "interval", "point"]
FORMS: dict[str, tuple[Form, ...]] = {
    "binary": ("p",),
    "categorical": ("probs",),
    "numeric": ("quantiles", "normal", "interval", "point"),
}
"""Type of a claim to the forms its forecasts may take."""


class Normal(Spec):
    """A normal distribution, in the claim's unit."""

    mean: Amount
    sd: Annotated[float, Field(strict=True, ge=1e-9, le=LARGEST)]


class CentralInterval(Spec):
    """An interval with a stated chance of holding the value, as much left out on either side."""

    lower: Amount
    upper: Amount
    coverage: Annotated[float, Field(strict=True, ge=0.01, le=0.999)]
    """Probability that the value lies inside."""

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError(f"lower {self.lower:g} is not below upper {self.upper:g}")
        return self


class ForecastSpec(Spec):
    """One person's or theory's forecast of one claim: exactly one of the six forms."""

    by: Identifier
    claim: Identifier
    """Id of a claim of the prediction."""
    p: Fraction | None = None
    """Binary: probability of yes."""
    probs: dict[Identifier, Fraction] | None = None
    """Categorical: option to probability; they sum to one."""
    quantiles: dict[str, Amount] | None = None
    """Numeric: level, as text, to value: `{"0.1": 5, "0.5": 25, "0.9": 70}`."""
    normal: Normal | None = None
    """Numeric."""
    interval: CentralInterval | None = None
    """Numeric."""
    point: Amount | None = None
    """Numeric: a single value, without uncertainty."""
    note: Text = ""
    """Why."""

    @property
    def form(self) -> Form:
        """Which of the forms is written."""
        return next(iter(self._written()))

    def _written(self) -> list[Form]:
        return [
            form for forms in FORMS.values() for form in forms if getattr(self, form) is not None
        ]

    @field_validator("quantiles")
    @classmethod
    def _quantiles_rise(cls, quantiles: dict[str, float] | None) -> dict[str, float] | None:
        if quantiles is None:
            return None
        levels = {_level(text): value for text, value in quantiles.items()}
        if len(levels) < max(MIN_QUANTILES, len(quantiles)) or Decimal("0.5") not in levels:
            raise ValueError(f"needs {MIN_QUANTILES} or more distinct levels, 0.5 among them")
        ordered = [levels[level] for level in sorted(levels)]
        if ordered != sorted(ordered):
            raise ValueError("cross: a higher level needs a value at least as high")
        return {str(level): levels[level] for level in sorted(levels)}

    @field_validator("probs")
    @classmethod
    def _probabilities_sum_to_one(cls, probs: dict[str, float] | None) -> dict[str, float] | None:
        if probs is not None and abs(sum(probs.values()) - 1) > ROUNDING:
            raise ValueError(f"sum to {sum(probs.values()):g}; they must sum to 1")
        return probs

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        written = self._written()
        if len(written) != 1:
            found = " and ".join(written) or "none"
            raise ValueError(
                f"write exactly one of p, probs, quantiles, normal, interval, point; found {found}"
            )
        return self


def values_of(forecast: ForecastSpec) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield the values a numeric forecast names, in the claim's unit, each with its place."""
    for level, value in (forecast.quantiles or {}).items():
        yield ("quantiles", level), value
    if forecast.normal is not None:
        yield ("normal", "mean"), forecast.normal.mean
    if forecast.interval is not None:
        yield ("interval", "lower"), forecast.interval.lower
        yield ("interval", "upper"), forecast.interval.upper
    if forecast.point is not None:
        yield ("point",), forecast.point


def _level(text: str) -> Decimal:
    try:
        level = Decimal(text)
        is_fine = LOWEST_LEVEL <= level <= HIGHEST_LEVEL and level == level.quantize(LEVEL_STEP)
    except InvalidOperation:
        is_fine, level = False, Decimal(0)
    if not is_fine:
        span = f"{LOWEST_LEVEL} and {HIGHEST_LEVEL}, in at most four decimals"
        raise ValueError(f"level '{text[:20]}' is not between {span}; write \"0.1\"")
    return level.normalize()
