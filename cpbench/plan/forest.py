"""The forest: runs share training as far as their timelines are equal.

Each distinct epoch occurs once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cpbench.digests import digest, fold
from cpbench.plan.timelines import Timeline
from cpbench.specs.datasets import Dataset
from cpbench.specs.models import Model
from cpbench.specs.training import EpochSettings

ENGINE_VERSION = 1
"""Bumped by hand whenever the bits of a trained weight move.

A golden test fails if they move without it.
"""


class Root(NamedTuple):
    """What an initialisation depends on, besides its seed."""

    dataset: Dataset
    model: Model

    def digest(self, seed: int) -> str:
        """Return the state digest d₀ of the weights before the first step."""
        dataset = {**self.dataset.json_value(), "sha256": self.dataset.sha256}
        dataset.pop("root", None)  # where a folder lies moves no weight
        return digest(
            {
                "model": self.model.json_value(),
                "dataset": dataset,
                "stream": "init",
                "seed": seed,
                "engine": ENGINE_VERSION,
            }
        )


class Stretch(NamedTuple):
    """A segment with all that is needed to train it: from its parent's weights to its own."""

    root: Root
    seed: int
    state: str
    """Digest of the weights at `stop`."""
    parent: str | None
    """Digest of the weights at `start`; none for the initialisation itself."""
    start: int
    settings: Timeline
    """The settings of epochs start … stop: of one batch size and one kind of optimizer."""

    @property
    def stop(self) -> int:
        """The first epoch after the stretch."""
        return self.start + len(self.settings)


class _Numbered(NamedTuple):
    """Holds the settings, so that no other object can take their identity."""

    settings: EpochSettings
    number: int


class _Piece(NamedTuple):
    """A stretch before it has a seed: what lies between two cuts."""

    node: int
    top: int
    """The cut it starts from."""
    settings: Timeline


class Tree:
    """All timelines that begin with one root, as a trie over epoch settings.

    Node 0 is the initialisation. It grows while a plan is compiled and is read-only afterwards.
    """

    def __init__(self, root: Root) -> None:
        self.root = root
        self._settings: list[EpochSettings] = []
        self._digests: list[str] = []
        self._makes: list[tuple[object, ...]] = []
        self._numbers: dict[EpochSettings, int] = {}
        self._seen: dict[int, _Numbered] = {}
        self._parents = [-1]
        self._edges = [-1]
        self._depths = [0]
        self._children: list[dict[int, int]] = [{}]
        self._kept = {0}
        self._pieces: tuple[_Piece, ...] | None = None

    def grow(self, timeline: Timeline, kept: Iterable[int]) -> dict[int, int]:
        """Add a run; return the node of each epoch to keep."""
        self._pieces = None
        nodes = [0]
        for settings in timeline:
            nodes.append(self._child(nodes[-1], self._settings_id(settings)))
        marked = {epoch: nodes[epoch] for epoch in sorted(set(kept))}
        self._kept.update(marked.values())
        return marked

    @property
    def num_epochs(self) -> int:
        """Distinct epochs of one seed."""
        return len(self._parents) - 1

    def states(self, seed: int) -> list[str]:
        """Return the state digest of every node for one seed."""
        states = [self.root.digest(seed)]
        for parent, edge in zip(self._parents[1:], self._edges[1:], strict=True):
            states.append(fold(states[parent], self._digests[edge]))
        return states

    def places(self) -> dict[int, int]:
        """Return which of the `stretches` of a seed ends at a node, for all nodes that are cuts."""
        return {piece.node: place for place, piece in enumerate(self._cut())}

    def stretches(self, seed: int) -> Iterator[Stretch]:
        """Yield the segments of one seed.

        Cut where kept, where runs part, and where the batch size or the kind of optimizer changes,
        so that a segment is one program from its first step to its last.

        Yields:
            Each segment, after its parent.
        """
        states = self.states(seed)
        for node, top, settings in self._cut():
            parent = None if node == 0 else states[top]
            yield Stretch(self.root, seed, states[node], parent, self._depths[top], settings)

    def _cut(self) -> tuple[_Piece, ...]:
        """Cut once for all seeds, which share the pieces' settings."""
        if self._pieces is None:
            cuts = [node for node in range(len(self._parents)) if self._is_cut(node)]
            self._pieces = tuple(map(self._piece, cuts))
        return self._pieces

    def _piece(self, node: int) -> _Piece:
        top = node
        path: list[EpochSettings] = []
        while top != 0 and (top == node or not self._is_cut(top)):
            path.append(self._settings[self._edges[top]])
            top = self._parents[top]
        return _Piece(node, top, tuple(reversed(path)))

    def _is_cut(self, node: int) -> bool:
        children = self._children[node]
        if node in self._kept or len(children) > 1:
            return True
        return any(self._makes[edge] != self._makes[self._edges[node]] for edge in children)

    def _settings_id(self, settings: EpochSettings) -> int:
        """Number equal settings equally.

        A phase repeats one object, so identity is looked up first.
        """
        if id(settings) in self._seen:
            return self._seen[id(settings)].number
        number = self._numbers.setdefault(settings, len(self._settings))
        if number == len(self._settings):
            self._settings.append(settings)
            self._digests.append(digest(settings.json_value()))
            self._makes.append(_make(settings))
        self._seen[id(settings)] = _Numbered(settings, number)
        return number

    def _child(self, node: int, edge: int) -> int:
        child = self._children[node].get(edge)
        if child is None:
            child = len(self._parents)
            self._children[node][edge] = child
            self._parents.append(node)
            self._edges.append(edge)
            self._depths.append(self._depths[node] + 1)
            self._children.append({})
        return child


def _make(settings: EpochSettings) -> tuple[object, ...]:
    """Return what a step's program depends on: all of the update but the optimizer's numbers."""
    others = (value for name, value in settings.update if name != "optimizer")
    return (*others, settings.update.optimizer.kind)


def gather(stretches: Iterable[Stretch]) -> dict[str | None, list[Stretch]]:
    """Return stretches by the state they start from."""
    children: dict[str | None, list[Stretch]] = defaultdict(list)
    for stretch in stretches:
        children[stretch.parent].append(stretch)
    return dict(children)
