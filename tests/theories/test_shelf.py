"""Which theories there are."""

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from cpbench.errors import SpecError, UsageError
from cpbench.project import Project
from cpbench.records.files import write_text
from cpbench.theories import shelf
from cpbench.theories.shelf import BUILT_IN, shelf_of
from cpbench.theories.uniform import Uniform


class Plugged(Uniform):
    name = "plugged"


class Nameless(Uniform):
    name = "Not a name"


class Overall(Uniform):
    name = "all"


class Mute:
    name, version, information, summary, forecast = "mute", "1", "spec", "says nothing", None


class Curious(Uniform):
    name, information = "curious", "everything"  # type: ignore[assignment]


class Unversioned(Uniform):
    name, version = "unversioned", 3  # type: ignore[assignment]


def broken() -> Any:
    raise RuntimeError("two\nlines")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Install entry points that lead to objects of this file."""

    def install(**objects: Any) -> None:
        for name, each in objects.items():
            monkeypatch.setattr(shelf, f"_test_{name}", each, raising=False)
        points = [
            EntryPoint(name, f"cpbench.theories.shelf:_test_{name}", shelf.GROUP)
            for name in objects
        ]
        monkeypatch.setattr(
            shelf, "entry_points", lambda *, group: points if group == "cpbench.theories" else []
        )

    return install


def test_the_built_in_theories_say_what_they_look_at(project: Project):
    found = shelf_of(project)
    assert found.warnings == ()
    said = {name: each.theory.information for name, each in found.theories.items()}
    assert said == {
        "uniform": "spec",
        "climatology": "reference",
        "persistence": "reference",
        "constant_steps": "reference",
        "constant_lr_budget": "reference",
        "constant_temperature": "reference",
        "early_loss_plateau": "early",
        "llc_plateau": "early",
        "fisher_peak": "early",
    }
    assert all(
        each.source == "built in" and len(each.code) == 64 for each in found.theories.values()
    )
    assert all(each.summary and "\n" not in each.summary for each in BUILT_IN)


def test_a_plug_in_is_a_theory_like_any_other(project: Project, plug: Any):
    plug(mine=Plugged)
    found = shelf_of(project).theories["plugged"]
    assert found.source == "cpbench.theories.shelf:_test_mine"
    assert isinstance(found.theory, Plugged)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (broken, "RuntimeError: two lines"),
        (Nameless, "TypeError: its name is not an identifier such as my_theory"),
        (Overall, "TypeError: its name is not an identifier such as my_theory"),
        (Mute, "TypeError: its forecast is not a method"),
        (Curious, "TypeError: its information is not one of spec, reference, early"),
        (Unversioned, "TypeError: its version is not text"),
        (dict, "AttributeError: 'dict' object has no attribute 'name'"),
        (Uniform, "the name uniform is taken"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_plug_in_is_one_warning_line(project: Project, plug: Any, made: Any, why: str):
    plug(bad=made, good=Plugged)
    found = shelf_of(project)
    line = "theory bad (cpbench.theories.shelf:_test_bad) is left out: "
    assert found.warnings == (line + why,)
    assert "plugged" in found.theories
    assert type(found.theories["uniform"].theory) is Uniform


def law(project: Project, name: str, text: str) -> None:
    write_text(project.root / "specs" / "theories" / f"{name}.yaml", text)


def test_a_law_is_written_in_one_line(project: Project):
    law(project, "hot", "{id: hot, law: constant, of: lr/batch_size, sd: 10}\n")
    found = shelf_of(project).theories["hot"]
    assert found.source == "specs/theories/hot.yaml"
    assert found.theory.summary == "every critical period ends at the same lr/batch_size"
    before = found.code
    law(project, "hot", "{id: hot, law: constant, of: lr/batch_size, sd: 11}\n")
    assert shelf_of(project).theories["hot"].code != before


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("hot", "{id: cold, law: constant, of: steps, sd: 10}", "must be the file's name, 'hot'"),
        ("uniform", "{id: uniform, law: constant, of: steps, sd: 1}", "name of another theory"),
        ("all", "{id: all, law: constant, of: steps, sd: 1}", "name of another theory"),
        ("hot", "{id: hot, law: constant, of: step, sd: 10}", "of: "),
        ("hot", "{id: hot, law: constant, of: steps, sd: 0}", "sd: "),
        ("hot", "{id: hot, law: constant, of: steps}", "sd: "),
    ],
)
def test_a_law_that_is_wrong_is_refused_at_its_place(
    project: Project, name: str, text: str, told: str
):
    law(project, name, f"{text}\n")
    with pytest.raises(SpecError, match=told) as caught:
        shelf_of(project)
    assert f"{name}.yaml:1:" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_theories_are_chosen_by_name_and_all_means_all(project: Project):
    found = shelf_of(project)
    chosen = found.chosen(["uniform", "persistence", "uniform"])
    assert [each.theory.name for each in chosen] == ["uniform", "persistence"]
    assert len(found.chosen(["all", "uniform"])) == len(BUILT_IN)
    with pytest.raises(UsageError, match=r"theory 'persistance'.*did you mean 'persistence'"):
        found.chosen(["persistance"])
