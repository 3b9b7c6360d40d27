"""Theories: forecasters that are programs, each held to what it says it looks at.

What a plug-in needs is here; the rest is imported from where it lies.
"""

from cpbench.theories.context import AbstentionError, Context, Past
from cpbench.theories.forecasting import expected, forecast
from cpbench.theories.theory import Question, Theory

__all__ = ["AbstentionError", "Context", "Past", "Question", "Theory", "expected", "forecast"]
