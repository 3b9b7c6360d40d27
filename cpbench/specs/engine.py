"""The engine a protocol asks for: what trains it, which is no part of what is trained."""

from typing import Literal

from cpbench.specs.base import Spec

Executor = Literal["sequential", "stacked", "vmapped", "graphed"]
"""Each rounds in its own way, so each keeps its states apart; see docs/design/engine.md."""


class Engine(Spec):
    """How a protocol is trained, where that must not follow the machine.

    In no digest: two executors train the same protocol up to rounding. But rounding grows, and a
    close claim may turn with it; a protocol whose verdicts are settled keeps the executor that
    trained them. DVC does not watch it: it holds from the next training on.
    """

    executor: Executor
    """Instead of the one that cpbench would choose."""
