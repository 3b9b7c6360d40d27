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
    """The settings of epochs start … stop."""

    @property
    def stop(self) -> int:
        """The first epoch after the stretch."""
        return self.start + len(self.settings)


class _Numbered(NamedTuple):
    """Holds the settings, so that no other object can take their identity."""

    settings: EpochSettings
    number: int


class Tree:
    """All timelines that begin with one root, as a trie over epoch settings.

    Node 0 is the initialisation. It grows while a plan is compiled and is read-only afterwards.
    """

    def __init__(self, root: Root) -> None:
        self.root = root
        self._settings: list[EpochSettings] = []
        self._digests: list[str] = []
        self._numbers: dict[EpochSettings, int] = {}
        self._seen: dict[int, _Numbered] = {}
        self._parents = [-1]
        self._edges = [-1]
        self._depths = [0]
        self._children: list[dict[int, int]] = [{}]
        self._kept = {0}

    def grow(self, timeline: Timeline, kept: Iterable[int]) -> dict[int, int]:
        """Add a run; return the node of each epoch to keep."""
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

    def stretches(self, seed: int) -> Iterator[Stretch]:
        """Yield the segments of one seed: cut where kept and where runs part.

        Yields:
            Each segment, after its parent.
        """
        states = self.states(seed)
        cuts = [node for node in range(len(self._parents)) if self._is_cut(node)]
        for node in cuts:
            top = node
            path: list[EpochSettings] = []
            while top != 0 and (top == node or not self._is_cut(top)):
                path.append(self._settings[self._edges[top]])
                top = self._parents[top]
            parent = None if node == 0 else states[top]
            yield Stretch(
                self.root, seed, states[node], parent, self._depths[top], tuple(reversed(path))
            )

    def _is_cut(self, node: int) -> bool:
        return node in self._kept or len(self._children[node]) > 1

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


def gather(stretches: Iterable[Stretch]) -> dict[str | None, list[Stretch]]:
    """Return stretches by the state they start from."""
    children: dict[str | None, list[Stretch]] = defaultdict(list)
    for stretch in stretches:
        children[stretch.parent].append(stretch)
    return dict(children)
