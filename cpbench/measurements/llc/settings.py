"""What a reading of λ̂ is taken with. What is left open is calibrated, and recorded."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

from cpbench.errors import UsageError

Backend = Literal["loop", "vmap", "compiled"]

MIN_EQUILIBRATION = 4.0
"""Time constants of the localizer, εγT/2, that a burn-in must last to forget its start."""


@dataclass(frozen=True)
class Settings:
    """Settings of the sampler.

    Raises:
        UsageError: A number is out of its range; all of them are named.
    """

    nbeta: float | None = None
    """nβ; by default n / ln n."""
    localization: float | None = None
    """γ; by default the weakest pull that equilibrates within the burn-in, 8/(εT)."""
    step_size: float | None = None
    """ε; by default the largest rung of a ladder whose bias stays small."""
    num_chains: int = 8
    """Chains; half begin at w*, half around it."""
    num_burnin_steps: int = 600
    """T: steps before the first draw; up to `max_draws` where a γ that is given needs them."""
    num_draws: int = 600
    """Steps per chain that are averaged, before any extension."""
    max_draws: int = 2400
    """Draws are doubled until the checks pass or there are this many; `num_draws` for none."""
    precision: float = 0.03
    """Standard error over λ̂ at which doubling stops."""
    batch_size: int = 512
    """Examples per gradient; keep nβ below it."""
    weight_decay: float = 0.0
    """Adds half of it times |w|² to L: what an optimizer with that much weight decay minimises."""
    backend: Backend | None = None
    """How chains are evaluated; by default a rule on model, shapes and device."""

    def __post_init__(self) -> None:
        wrong = [
            f"{field.name}: must be {words}, not {getattr(self, field.name)!r}"
            for field in fields(self)
            for words, holds in [_RULES[field.name]]
            if not holds(getattr(self, field.name))
        ]
        if wrong:
            raise UsageError("; ".join(wrong))

    def nbeta_for(self, num_examples: int) -> float:
        """Return nβ: as given, else n / ln n. Source: Watanabe (2013).

        Raises:
            UsageError: It is not given and there is a single example.
        """
        if self.nbeta is not None:
            return self.nbeta
        if num_examples < 2:  # noqa: PLR2004
            raise UsageError("llc: nbeta has no default for a single example: give it")
        return num_examples / math.log(num_examples)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def _is_positive_or_open(value: object) -> bool:
    return value is None or _is_positive(value)


def _is_not_negative(value: object) -> bool:
    return _is_positive(value) or (isinstance(value, int | float) and value == 0)


def _at_least(least: int) -> tuple[str, Callable[[object], bool]]:
    def holds(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    return f"a whole number, at least {least}", holds


_OPEN = "a number above 0, or None", _is_positive_or_open
_RULES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "nbeta": _OPEN,
    "localization": _OPEN,
    "step_size": _OPEN,
    "num_chains": _at_least(2),
    "num_burnin_steps": _at_least(1),
    "num_draws": _at_least(20),
    "max_draws": _at_least(1),
    "precision": ("a number above 0", _is_positive),
    "batch_size": _at_least(1),
    "weight_decay": ("a number, at least 0", _is_not_negative),
    "backend": (
        "loop, vmap, compiled or None",
        lambda value: value in {None, "loop", "vmap", "compiled"},
    ),
}
