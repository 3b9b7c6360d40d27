"""How a number is told in a few digits, wherever a sentence holds one."""

MANY = 10_000.0
"""From here on a number is written out, its thousands parted."""


def short(value: float) -> str:
    """Return a number with four digits, or with all that stand before its point."""
    return f"{value:,.0f}" if abs(value) >= MANY else f"{value:.4g}"
