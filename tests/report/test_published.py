"""Results of others on a page: whose they are, without intervals that nobody has, without costs."""

import judged
import pytest

from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.records.scores import Scores
from cpbench.report import write
from cpbench.report.evidence import Study, load
from cpbench.report.figures.damage import damage, known_clocks
from cpbench.report.figures.llc import llc
from cpbench.report.figures.style import inks
from cpbench.report.front import front_page
from cpbench.report.llc_tables import harmless_arms
from cpbench.report.pages import protocol_page
from cpbench.resolving import read_evidence
from cpbench.scoring.summaries import summarise

ROWS = ((0, 90.0), (20, 88.5), (40, 84.0), (60, 80.2), (80, 80.0), (100, 80.3), (120, 80.1))
SPEC = """\
id: theirs
about: {{title: The table of others, source: Somebody (2023), chosen_by: by eye}}
published:
  source: "Somebody (2023), table 1 | <b>rows</b>"
  unit: percent
  seeds: 1
  baseline: removal_0
  arms:
    b: {{total_epochs: 140, {training}rows: [{rows}], never_removed: [{{accuracy: 55.0}}]}}
    a: {{total_epochs: 140, {training}rows: [{rows}]}}
"""
TRAINING = (
    "training: {batch_size: 64, num_train: 50000, lr: 0.05, "
    "lr_law: {kind: exponential, gamma: 0.97}}, "
)


def add(project: Project, scores: Scores, training: str = TRAINING) -> None:
    """Add results of others to a project, and what the judge says of them to its scores."""
    rows = ", ".join(
        f"{{removal: {removal}, accuracy: {accuracy}, llc: {removal + 50.0}}}"
        for removal, accuracy in ROWS
    )
    write_text(project.protocol("theirs"), SPEC.format(training=training, rows=rows))
    params = project.params.read_text(encoding="utf-8")
    write_text(project.params, f"{params}published: [theirs]\n")
    series = summarise(read_evidence(project, ["theirs"])["theirs"])
    claim = judged.share(protocols=("theirs",))
    changed = {"series": (*scores.series, *series), "claims": (*scores.claims, claim)}
    write_text(project.scores, to_json(scores.model_copy(update=changed).json_value()))


@pytest.fixture
def theirs(project: Project, scores: Scores) -> Study:
    add(project, scores)
    return load(project).studies[-1]


def page(study: Study) -> str:
    return protocol_page(study, (judged.share(protocols=("theirs",)),), {"theirs"})


def test_the_source_stands_at_the_top_and_is_escaped(theirs: Study):
    text = page(theirs)
    assert "**Published elsewhere.** Nothing of this was run here" in text
    assert r"table 1 \| \<b\>rows\</b\>" in text
    assert "no\\_deficit is the row at removal 0" in text
    assert text.index("Published elsewhere") < text.index("## Verdicts")


def test_what_was_run_elsewhere_has_no_costs_here(theirs: Study):
    assert "## Cost and provenance" not in page(theirs)


def test_one_seed_shows_no_interval_anywhere(theirs: Study):
    text = page(theirs)
    results = text[text.index("## What came out") :]
    assert "**The deficit kept for 120 epochs costs 9.9 pp** (b, n = 1)" in results
    assert "; 120 epochs 9.9 pp (a, n = 1)." in results
    assert "One seed: no band is possible" in results
    assert "1 seed, so no bands" in results
    assert "| 20 | 88.5 | 88.5 |" in results


def test_only_what_is_drawn_is_explained(theirs: Study):
    text = page(theirs)
    assert "Hair lines are controls: dotted, the same timeline without the deficit." in text
    assert "dashed" not in text  # the nets that stay under the deficit are off the axis
    for words in ("Bars reach", "Lines join"):
        assert words not in text
    drawn = llc(theirs.series, inks(["b", "a"]))
    assert "<!-- open: flagged -->" in drawn


def test_what_was_chosen_ends_with_one_stop(theirs: Study):
    about = theirs.about.model_copy(update={"chosen_by": "By eye."})
    assert "- Chosen by looking at results: By eye.\n" in page(theirs._replace(about=about))


def test_arms_stand_in_the_order_of_the_source(theirs: Study):
    assert [one.arm for one in theirs.series] == ["b", "a"]


def test_coefficients_of_others_are_shown_compared_with_nothing_and_called_theirs(theirs: Study):
    text = page(theirs)
    assert "14 readings of 1 seed, 14 flagged" in text
    assert "These λ̂ are the source's own" in text
    assert "at equal steps and learning rate" not in text
    assert harmless_arms(theirs) == frozenset()


def test_the_front_page_marks_them_and_counts_no_work(project: Project, theirs: Study):
    row = next(
        line for line in front_page(load(project)).splitlines() if line.startswith("| [theirs]")
    )
    assert row.startswith("| [theirs](pages/theirs.md) `published elsewhere` | b |")
    assert row.endswith("| – | – |")
    assert not theirs.is_undisturbed


def test_all_files_are_written(project: Project, scores: Scores):
    add(project, scores)
    names = {path.relative_to(project.pages).as_posix() for path in write(project)[1:]}
    assert {"theirs.md", "theirs/curves.svg", "theirs/damage.svg", "theirs/llc.svg"} <= names


def test_without_their_training_there_is_one_clock(project: Project, scores: Scores):
    add(project, scores, training="")
    study = load(project).studies[-1]
    assert [clock.words for clock in known_clocks(study.drawn)] == ["removal, in epochs"]
    assert "What the source does not say, steps or learning rates, has no panel." in page(study)
    assert damage(study.drawn, inks(["a", "b"]))


def test_a_source_that_says_steps_only_has_two_clocks(theirs: Study):
    bare = [
        one.model_copy(
            update={
                "damage": tuple(
                    point.model_copy(update={"lr_steps_left": None}) for point in one.damage
                )
            }
        )
        for one in theirs.drawn
    ]
    assert len(known_clocks(bare)) == 2
    assert damage(bare, inks(["a", "b"]))


def test_results_that_were_not_read_yet_are_named(project: Project, scores: Scores):
    add(project, scores)
    write_text(project.scores, to_json(scores.json_value()))
    text = page(load(project).studies[-1])
    assert "Not read yet: `cpbench score --out` reads the table of its spec." in text
