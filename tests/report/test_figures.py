"""Figures: valid, small, opaque, and the same bytes for the same scores."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from cpbench.project import Project
from cpbench.records.scores import Scores
from cpbench.records.series import Point, Series
from cpbench.report import write
from cpbench.report.figures.controls import controls_of
from cpbench.report.figures.curves import curves, hero
from cpbench.report.figures.damage import damage, same_budget
from cpbench.report.figures.labels import spread
from cpbench.report.figures.llc import llc
from cpbench.report.figures.style import inks
from cpbench.report.lookups import of_protocol

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def digits(scores: Scores) -> tuple[Series, ...]:
    return of_protocol(scores.series, "digits")


def figures(series: tuple[Series, ...]) -> list[str]:
    colours = inks(one.arm for one in series)
    drawn = [curves(series, colours), hero(series, colours, frozenset({series[0].arm}))]
    drawn += [damage(series, colours)] if any(one.damage for one in series) else []
    return drawn + ([llc(series, colours)] if any(one.llc for one in series) else [])


def test_every_figure_parses_and_is_900_pixels_wide(digits: tuple[Series, ...]):
    for text in figures(digits):
        root = ET.fromstring(text)  # noqa: S314 - our own bytes
        assert root.tag == f"{SVG}svg"
        assert root.attrib["width"] == "675pt"


def test_every_figure_is_below_150_kilobytes(digits: tuple[Series, ...]):
    assert max(len(text.encode()) for text in figures(digits)) < 150_000


def test_a_figure_brings_its_own_paper_and_carries_no_date(digits: tuple[Series, ...]):
    for text in figures(digits):
        assert "#fcfbf8" in text
        assert "<dc:date>" not in text


def test_the_same_scores_draw_the_same_bytes(digits: tuple[Series, ...]):
    assert figures(digits) == figures(digits)


def test_a_users_matplotlib_settings_change_no_byte(digits: tuple[Series, ...]):
    plain = figures(digits)
    with mpl.rc_context({"font.size": 20, "svg.fonttype": "none", "lines.linewidth": 9}):
        assert figures(digits) == plain


def test_a_figure_has_no_text_that_needs_a_font(digits: tuple[Series, ...]):
    assert all("<text" not in text for text in figures(digits))


def test_one_seed_one_removal_and_long_names_still_draw():
    point = Point(removal=0, mean=88.0, low=88.0, high=88.0, n=1, steps=0, lr_steps_left=0.0)
    drop = {"expr": "drop(p.a)", "unit": "pp", "status": "missing", "n_seeds": 1}
    series = Series.model_validate(
        {
            "protocol": "p",
            "arm": "a" * 64,
            "metric": "test_accuracy_recalibrated",
            "curve": (point,),
            "damage": (point,),
            "drop": drop,
            "drop_z": None,
            "quantities": (),
        }
    )
    for text in figures((series,)):
        ET.fromstring(text)  # noqa: S314 - our own bytes


def test_readings_that_all_failed_still_draw(digits: tuple[Series, ...]):
    failed = tuple(
        point.model_copy(update={"llc": None, "se": None, "status": "failed(x)"})
        for point in digits[0].llc
    )
    series = (digits[0].model_copy(update={"llc": failed}),)
    ET.fromstring(llc(series, inks(["b25"])))  # noqa: S314 - our own bytes


def test_a_constant_learning_rate_leaves_the_same_budget(scores: Scores):
    assert same_budget(of_protocol(scores.series, "digits"))
    assert not same_budget(of_protocol(scores.series, "digits_decay"))


def test_a_far_control_is_told_in_words_and_does_not_squeeze_the_curves(
    digits: tuple[Series, ...],
):
    controls = controls_of(digits)
    assert {line.arm for line in controls.far} == {"flip", "permutation"}
    assert {line.which for line in controls.far} == {"never_removed"}
    assert {line.arm for line in controls.near if line.which == "never_removed"} == {
        "b25",
        "b50",
        "b100",
    }


def test_labels_keep_their_order_and_their_distance():
    wanted = [3.0, 1.0, 1.1, 1.05]
    placed = spread(wanted, gap=0.5, low=0.0, high=10.0)
    ranked = sorted(range(4), key=lambda index: wanted[index])
    gaps = [placed[b] - placed[a] for a, b in pairwise(ranked)]
    assert min(gaps) >= 0.5 - 1e-9
    assert placed[0] == pytest.approx(3.0)
    assert sum(placed[1:]) == pytest.approx(sum(wanted[1:]))


def test_labels_stay_inside_the_frame():
    placed = spread([9.9, 9.95, 10.0], gap=1.0, low=0.0, high=10.0)
    assert placed == pytest.approx([8.0, 9.0, 10.0])


def test_another_process_writes_the_same_bytes(project: Project):
    first = {path: path.read_bytes() for path in write(project)}
    script = "from cpbench.project import find; from cpbench.report import write; write(find())"
    here = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=project.root,
        env={"PYTHONPATH": str(here), "PYTHONHASHSEED": "7", "MPLBACKEND": "agg"},
        check=True,
    )
    assert first == {path: path.read_bytes() for path in first}
