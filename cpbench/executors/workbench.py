"""The pack that is open now, and how wide the next one may be."""

from typing import NamedTuple, Protocol

import torch

from cpbench.errors import EnvironmentFault
from cpbench.executors.opening import open_pack
from cpbench.executors.packs import Pack, Shape
from cpbench.executors.workshop import Workshop
from cpbench.plan.forest import Root, Stretch
from cpbench.provenance import peak_megabytes


class Watcher(Protocol):
    """Whoever watches a worker."""

    def done(self, state: str) -> None:
        """Hear that a state is stored."""
        ...

    def say(self, line: str) -> None:
        """Hear something worth a line."""
        ...


class Opened(NamedTuple):
    """A pack and the shape of its members."""

    shape: Shape
    pack: Pack


class Workbench:
    """Opens one pack at a time, half as wide after memory ran out."""

    def __init__(self, workshop: Workshop, watcher: Watcher) -> None:
        self.opened: Opened | None = None
        self._workshop = workshop
        self._watcher = watcher
        self._limits: dict[Root, int] = {}

    @property
    def width(self) -> int | None:
        """How many members the open pack trains as one program; none where it takes one alone."""
        width = self.opened.pack.width if self.opened is not None else 1
        return width if width > 1 else None

    def open(self, shape: Shape, example: Stretch) -> None:
        """Open a pack of this shape unless it is open already.

        Raises:
            EnvironmentFault: Memory is short even for one member.
        """
        if self.opened is not None and self.opened.shape == shape:
            return
        self.opened = None  # its memory is free before the next one asks for some
        choice = self._workshop.choice(shape.root)
        width = min(choice.width, self._limits.get(shape.root, choice.width))
        optimizer = example.settings[0].update.optimizer
        try:
            pack = open_pack(choice.executor, shape, optimizer, self._workshop.device, width)
        except (MemoryError, RuntimeError) as error:
            self._halve(shape.root, width, error)
            return
        self.opened = Opened(shape, pack)

    def clear(self, error: BaseException) -> None:
        """Close the pack; if memory ran out, the next one is half as wide.

        Raises:
            EnvironmentFault: Memory is short even for one member.
        """
        opened, self.opened = self.opened, None
        if opened is None:
            self._halve(None, 1, error)
        else:
            self._halve(opened.shape.root, opened.pack.width, error)

    def _halve(self, root: Root | None, width: int, error: BaseException) -> None:
        if not _is_out_of_memory(error):
            raise error
        if root is None or width <= 1:
            held = peak_megabytes(self._workshop.device)
            raise EnvironmentFault(
                f"out of memory with one member alone; this process has held {held:,.0f} MB: "
                f"train on a larger device ({error})"
            ) from error
        self._limits[root] = width // 2
        self._watcher.say(f"out of memory: going on with {width // 2} members at once")


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell it from other errors: torch has a class of its own for GPUs, and a wording for CPUs."""
    kinds = (MemoryError, torch.OutOfMemoryError)
    return isinstance(error, kinds) or "not enough memory" in str(error)
