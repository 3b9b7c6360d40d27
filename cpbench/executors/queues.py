"""What can be trained now: stretches whose parent is stored, the longest line of descendants first.

Each worker has a queue of its own; the store, which all share, says what is done.
"""

import heapq
import itertools
from collections.abc import Callable, Sequence

from cpbench.executors.packs import Shape, shape_of
from cpbench.plan.forest import Stretch

WAITING, READY, TAKEN, DONE = "waiting", "ready", "taken", "done"
_Heap = list[tuple[int, int, Stretch]]


class Queue:
    """The stretches of one plan, parents before children.

    The longest line first, so that trunks do not finish last with nothing beside them.
    """

    def __init__(self, stretches: Sequence[Stretch], is_stored: Callable[[Stretch], bool]) -> None:
        self._is_stored = is_stored
        self._stretches = {stretch.state: stretch for stretch in stretches}
        self._children: dict[str | None, list[Stretch]] = {}
        self._below: dict[str, int] = {}
        self._heaps: dict[Shape | None, _Heap] = {}
        self._elsewhere: list[Stretch] = []
        self._ticket = itertools.count()
        for stretch in reversed(stretches):
            below = (self._below[child.state] for child in self._children.get(stretch.state, []))
            self._below[stretch.state] = len(stretch.settings) + max(below, default=0)
            self._children.setdefault(stretch.parent, []).append(stretch)
        self._status = {
            stretch.state: DONE if is_stored(stretch) else WAITING for stretch in stretches
        }
        self._left = sum(status != DONE for status in self._status.values())
        for stretch in stretches:
            self._push(stretch)

    @property
    def is_empty(self) -> bool:
        """Whether everything is done."""
        return self._left == 0

    def shape(self) -> Shape | None:
        """Return the shape of what should be trained next.

        None both for an initialisation, which has no steps, and for nothing at all.
        """
        return min(
            (key for key, heap in self._heaps.items() if heap), key=self._first, default=None
        )

    def pop(self, shape: Shape | None) -> Stretch | None:
        """Take the next stretch of a shape, if there is one."""
        heap = self._heaps.get(shape)
        if not heap:
            return None
        stretch = heapq.heappop(heap)[2]
        self._status[stretch.state] = TAKEN
        return stretch

    def peek(self, shape: Shape) -> Stretch:
        """Return what `pop` would take, without taking it."""
        return self._heaps[shape][0][2]

    def done(self, stretch: Stretch) -> None:
        """Note that a stretch is stored; what starts from it can be trained."""
        if self._status[stretch.state] != DONE:
            self._status[stretch.state] = DONE
            self._left -= 1
        for child in self._children.get(stretch.state, []):
            self._push(child)

    def give_back(self, stretch: Stretch) -> None:
        """Return what was taken and not finished."""
        self._status[stretch.state] = WAITING
        self._push(stretch)

    def leave_to_others(self, stretch: Stretch) -> None:
        """Note that another process is at work on what was taken."""
        self._elsewhere.append(stretch)

    def look_again(self) -> list[Stretch]:
        """See what others have left, and return what they have finished."""
        theirs, self._elsewhere = self._elsewhere, []
        finished: list[Stretch] = []
        for stretch in theirs:
            if self._is_stored(stretch):
                finished.append(stretch)
                self.done(stretch)
            else:
                self.give_back(stretch)
        return finished

    def lost(self, stretch: Stretch) -> None:
        """Note that what a stretch starts from could not be used: if it is gone, it comes first."""
        parent = self._stretches.get(str(stretch.parent))
        if parent is None or self._is_stored(parent):
            self.give_back(stretch)
            return
        self._status[stretch.state] = WAITING
        if self._status[parent.state] == DONE:
            self._status[parent.state] = WAITING
            self._left += 1
            self._push(parent)

    def _first(self, shape: Shape | None) -> tuple[int, int]:
        return self._heaps[shape][0][:2]

    def _push(self, stretch: Stretch) -> None:
        is_rooted = stretch.parent is None or self._status.get(stretch.parent, DONE) == DONE
        if self._status[stretch.state] == WAITING and is_rooted:
            self._status[stretch.state] = READY
            shape = shape_of(stretch) if stretch.settings else None
            entry = (-self._below[stretch.state], next(self._ticket), stretch)
            heapq.heappush(self._heaps.setdefault(shape, []), entry)
