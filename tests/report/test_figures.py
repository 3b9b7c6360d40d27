"""Figures: valid, small, opaque, and the same bytes for the same scores."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import judged
import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from cpbench.project import Project
from cpbench.records.scores import Scores
from cpbench.records.series import Point, Series
from cpbench.records.standings import Standing
from cpbench.report import write
from cpbench.report.figures.calibration import calibration_figure
from cpbench.report.figures.controls import controls_of
from cpbench.report.figures.curves import curves, hero
from cpbench.report.figures.damage import damage, same_budget
from cpbench.report.figures.labels import Label, label_ends, spread
from cpbench.report.figures.llc import llc
from cpbench.report.figures.marks import few_ticks, removal_ticks
from cpbench.report.figures.standings import standings_figure
from cpbench.report.figures.style import COLOURS, inks
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


@pytest.fixture(scope="module")
def of_forecasters() -> list[str]:
    return [
        *(standings_figure(judged.ranked(count=count)) for count in (1, 12)),
        *(calibration_figure(judged.calibration(num_numeric=count)) for count in (9, 10)),
    ]


def test_figures_of_forecasters_parse_are_small_and_need_no_font(of_forecasters: list[str]):
    for text in of_forecasters:
        root = ET.fromstring(text)  # noqa: S314 - our own bytes
        assert root.attrib["width"] == "675pt"
        assert "<text" not in text
        assert len(text.encode()) < 150_000


def test_figures_of_forecasters_are_the_same_bytes_again(of_forecasters: list[str]):
    assert standings_figure(judged.ranked(count=12)) == of_forecasters[1]
    assert calibration_figure(judged.calibration(num_numeric=10)) == of_forecasters[3]


def test_coverage_is_drawn_of_ten_numbers_and_not_of_nine(of_forecasters: list[str]):
    without, with_numbers = of_forecasters[2:]
    assert with_numbers.count('id="axes_') == without.count('id="axes_') + 1


def test_a_bin_of_few_forecasts_is_pale():
    few = calibration_figure(judged.calibration((4,) * 11, num_numeric=0))
    many = calibration_figure(judged.calibration((5,) * 11, num_numeric=0))
    assert "opacity: 0.3" in few
    assert "opacity: 0.3" not in many


def test_a_bin_without_a_bar_still_has_its_mark():
    bins = judged.calibration((20,) * 11, num_numeric=0)
    bare = tuple(one.model_copy(update={"jeffreys": None}) for one in bins.bins)
    drawn = calibration_figure(bins.model_copy(update={"bins": bare}))
    assert drawn.count("<use") == calibration_figure(bins).count("<use")
    assert len(drawn) < len(calibration_figure(bins))


def test_skill_that_is_not_told_apart_from_none_is_grey():
    row = Standing(by="a", n=9, offered=9, skill=0.3, skill_low=-0.1, skill_high=0.5)
    table = judged.ranked().model_copy(update={"rows": (row,)})
    clear = row.model_copy(update={"skill_low": 0.1})
    worse = row.model_copy(update={"skill": -0.3, "skill_low": -0.5, "skill_high": -0.1})
    shown = standings_figure(table)
    assert COLOURS[0].lower() not in shown
    assert COLOURS[0].lower() in standings_figure(table.model_copy(update={"rows": (clear,)}))
    assert COLOURS[1].lower() in standings_figure(table.model_copy(update={"rows": (worse,)}))


def test_skill_far_below_all_others_is_cut_and_does_not_squeeze_them():
    rows = judged.ranked(count=3).rows
    far = Standing(by="far", n=9, skill=-60.0, skill_low=-90.0, skill_high=-30.0)
    table = judged.ranked().model_copy(update={"rows": (*rows, far)})
    shown = standings_figure(table)
    assert "<!-- 0.5 -->" in shown
    assert "<!-- −60  [−90, −30] -->" in shown


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


@pytest.mark.parametrize(
    ("removals", "named"),
    [
        ([*range(0, 221, 20), *range(240, 441, 40)], [0, 80, 160, 240, 320, 400]),
        ([0, 10, 20, 40, 80, 160, 320, 480, 640, 800, 960], [0, 160, 320, 480, 640, 800, 960]),
        ([0, 5, 70, 100], [0, 70, 100]),
    ],
)
def test_removals_are_named_at_even_distances_where_that_names_as_many(
    removals: list[int], named: list[int]
):
    axes = Figure().add_axes((0, 0, 1, 1))
    axes.set_xlim(-0.06 * removals[-1], 1.06 * removals[-1])
    removal_ticks(axes, removals, pixels=350)
    assert [*axes.xaxis.get_majorticklocs()] == named
    assert {*axes.xaxis.get_minorticklocs()} == {*removals} - {*named}


def test_each_name_is_led_to_the_end_of_its_own_line():
    axes = Figure().add_axes((0, 0, 0.8, 1))
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 1)
    label_ends(axes, [Label("short", 50, 0.2, "#000000"), Label("long", 100, 0.8, "#000000")])
    starts = [line.get_xdata()[0] for line in axes.lines]
    assert starts == pytest.approx([0.508, 1.008])


def test_the_y_axis_names_three_numbers_at_least():
    axes = Figure().add_axes((0, 0, 1, 1))
    axes.set_ylim(75.6, 89.4)
    few_ticks(axes)
    assert sum(75.6 <= tick <= 89.4 for tick in axes.yaxis.get_majorticklocs()) >= 3


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
