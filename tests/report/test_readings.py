"""Figures of one reading of λ̂, as notebooks show them."""

from xml.etree import ElementTree as ET

import numpy as np

from cpbench.report.figures.readings import Bracket, Step, ladder, trace

BRACKET = Bracket(llc=12.0, raw=14.0, low=10.0, high=16.0)


def test_chains_are_drawn_with_their_status():
    draws = np.random.default_rng(0).normal(12.0, 1.0, size=(40, 4))
    picture = trace(draws, BRACKET, "flagged(r_hat 1.14)")
    assert "flagged(r_hat 1.14)" in picture.svg
    assert ET.fromstring(picture._repr_svg_()).attrib["width"] == "675pt"  # noqa: S314 - our own bytes


def test_chains_that_stand_still_have_a_scale():
    ET.fromstring(trace(np.zeros((10, 2)), BRACKET, "ok").svg)  # noqa: S314 - our own bytes


def test_steps_that_diverged_are_left_out_of_the_ladder():
    steps = [Step(1e-4, 14.0, 2.0), Step(1e-3, 15.0, 6.0)]
    broken = Step(1e-2, float("nan"), 3.0)
    whole = ladder(steps, BRACKET, 1e-4).svg
    assert ladder([*steps, broken], BRACKET, 1e-4).svg == whole
    assert ladder([steps[0], Step(1e-3, 15.0, 5.0)], BRACKET, 1e-4).svg != whole
