"""What is to be read and is damaged or gone is trained again, before anybody reads it.

DVC does not watch the store: to it a trained protocol is up to date, whatever became of its states.
"""

from collections.abc import Set as AbstractSet

from rich.console import Console

from cpbench.errors import EvidenceError, IntegrityError
from cpbench.executors.training import train_stretches
from cpbench.executors.workshop import Workshop
from cpbench.plan.compiling import Compiled
from cpbench.plan.forest import Stretch


def restore_unsound(states: AbstractSet[str], compiled: Compiled, workshop: Workshop) -> None:
    """Read these states of a plan, and train again what is unsound, from its parent.

    Raises:
        EnvironmentFault: The machine lacks data, memory or disk.
        Preempted: The process was told to stop; what was trained is kept.
    """
    wanted = [each for each in compiled.stretches if each.state in states]
    sound = [_is_sound(each, workshop) for each in wanted]
    if not all(sound):
        train_stretches(compiled.stretches, workshop, compiled.plan.protocol)


def _is_sound(stretch: Stretch, workshop: Workshop) -> bool:
    """Read a state's content; the store puts damage aside."""
    try:
        workshop.store(stretch.root).get(stretch.state)
    except (EvidenceError, IntegrityError) as error:
        Console(stderr=True, soft_wrap=True, markup=False).print(f"{error}; that is done now")
        return False
    return True
