"""Several processes that pull from one store: the same bits as one process, sooner.

The parent trains nothing: it starts workers, passes on what they say, and stops them together.
"""

import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from cpbench import errors
from cpbench.datasets import load
from cpbench.errors import CpbenchError, EnvironmentFault, Preempted
from cpbench.executors.lifeline import die_with_parent
from cpbench.executors.pools import start_method
from cpbench.executors.pulling import Puller
from cpbench.executors.stopping import Stop, listening, preempted
from cpbench.executors.workbench import Watcher
from cpbench.executors.workshop import Workshop
from cpbench.plan.forest import Stretch
from cpbench.training.device import settle

if TYPE_CHECKING:
    Ear = Connection[Any, Any]
LOOK = 0.5
"""Seconds between looks at whether to stop."""


class Message(NamedTuple):
    """What a worker tells its parent."""

    kind: str
    """`done`, `say`, `crashed`, or the name of an error's class."""
    text: str


def execute(
    stretches: Sequence[Stretch], workshop: Workshop, watcher: Watcher, workers: int
) -> None:
    """Train every stretch that is not stored, in this process or in several.

    Args:
        stretches: A plan's, parents before children.
        workshop: Where things lie.
        watcher: Hears of every state as it is stored, of those that were, and of trouble.
        workers: How many processes to start at most.

    Raises:
        Preempted: The process was told to stop; what was trained is kept.
        EnvironmentFault: A worker was killed, the disk is full, memory is short, data are missing.
    """
    missing = [each for each in stretches if not workshop.store(each.root).has(each.state)]
    absent = {each.state for each in missing}
    for stretch in stretches:
        if stretch.state not in absent:
            watcher.done(stretch.state)
    with listening() as stop:
        if min(workers, len(missing)) <= 1:
            Puller(stretches, workshop, stop, watcher).run()
            return
        # Read once here: the workers find it in memory, or at least decoded.
        load(missing[0].root.dataset, missing[0].seed, workshop.data, workshop.device)
        with _Crew(stretches, workshop, min(workers, len(missing))) as crew:
            crew.watch(stop, watcher)
    left = [each for each in missing if not workshop.store(each.root).has(each.state)]
    if left:
        raise EnvironmentFault(
            f"a worker was killed (out of memory?) and {len(left)} segments are missing; what is "
            f"stored is safe: run again, with CPBENCH_WORKERS=1 if memory is short"
        )


class _Crew:
    """The workers of one parent."""

    def __init__(self, stretches: Sequence[Stretch], workshop: Workshop, size: int) -> None:
        # Any: type checkers do not know what every context has.
        context: Any = multiprocessing.get_context(start_method(workshop.device.type))
        self._ears: dict[Ear, BaseProcess] = {}
        for _ in range(size):
            ear, mouth = cast("tuple[Ear, Ear]", context.Pipe(duplex=False))
            process: BaseProcess = context.Process(target=_work, args=(stretches, workshop, mouth))
            process.start()
            mouth.close()  # or this process would wait for itself
            self._ears[ear] = process

    def __enter__(self) -> "_Crew":
        return self

    def __exit__(self, *_: object) -> None:
        self._dismiss()
        for process in self._ears.values():
            process.join()

    def watch(self, stop: Stop, watcher: Watcher) -> None:
        """Pass on what workers say until all have ended.

        Raises:
            CpbenchError: What a worker failed with.
            Preempted: They were told to stop.
        """
        failure: CpbenchError | None = None
        open_ears = set(self._ears)
        while open_ears:
            if stop.is_asked:
                self._dismiss()
            for ear in cast("list[Ear]", wait(open_ears, LOOK)):
                try:
                    message = Message(*ear.recv())
                except EOFError:
                    open_ears.discard(ear)
                    continue
                error = _heard(message, watcher)
                if error is not None and (failure is None or isinstance(failure, Preempted)):
                    failure = error
                    self._dismiss()
        if failure is not None and not isinstance(failure, Preempted):
            raise failure
        if stop.is_asked or failure is not None:
            raise preempted()

    def _dismiss(self) -> None:
        """Ask every worker to stop; it keeps what it has."""
        for process in self._ears.values():
            if process.is_alive():
                process.terminate()


def _heard(message: Message, watcher: Watcher) -> CpbenchError | None:
    """Pass a message on; return the error it reports, if it does."""
    if message.kind == "done":
        watcher.done(message.text)
    elif message.kind == "say":
        watcher.say(message.text)
    elif message.kind == "crashed":
        return EnvironmentFault(f"a worker failed ({message.text}); what is stored is safe")
    else:
        return getattr(errors, message.kind)(message.text)
    return None


class _Voice:
    """A worker's watcher: its parent."""

    def __init__(self, mouth: "Ear") -> None:
        self._mouth = mouth

    def done(self, state: str) -> None:
        self._mouth.send(Message("done", state))

    def say(self, line: str) -> None:
        self._mouth.send(Message("say", line))


def _work(stretches: Sequence[Stretch], workshop: Workshop, mouth: "Ear") -> None:
    """Be a worker."""
    try:
        die_with_parent()
        settle()
        with listening() as stop:
            Puller(stretches, workshop, stop, _Voice(mouth)).run()
    except CpbenchError as error:
        mouth.send(Message(type(error).__name__, str(error)))
    except Exception as error:
        mouth.send(Message("crashed", repr(error)))
        raise
