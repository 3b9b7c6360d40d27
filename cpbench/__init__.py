"""cpbench: critical learning periods as specs, bets and scores.

Nothing is imported until it is asked for, so that no command pays for torch it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cpbench.api import llc, llc_ladder, llc_trace, load_model, load_results

__all__ = ["llc", "llc_ladder", "llc_trace", "load_model", "load_results"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module may hold
    """Return a public function of `cpbench.api`, imported on first use."""
    if name in __all__:
        return getattr(import_module("cpbench.api"), name)
    raise AttributeError(f"module 'cpbench' has no attribute {name!r}")
