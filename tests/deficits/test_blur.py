import pytest
import torch
from torch.nn.functional import interpolate

from cpbench.deficits.blur import blur
from cpbench.specs.deficits import Blur
from cpbench.streams import Draw, generator

LAWS = ("area", "bilinear", "bilinear_antialias")


def draw(count: int) -> Draw:
    return Draw(0, "train", torch.arange(count), count, generator(0, "deficit", 0))


def images(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator(1, "order", 0))


@pytest.mark.parametrize("down", LAWS)
@pytest.mark.parametrize("up", LAWS)
def test_constant_images_are_left_alone(down: str, up: str):
    grey = torch.full((2, 3, 8, 8), 0.3)
    spec = Blur(kind="blur", factor=4, down=down, up=up)
    torch.testing.assert_close(blur(grey, spec, draw(2)), grey)


def test_area_down_and_area_up_is_the_mean_of_each_block():
    given = images(2, 1, 8, 8)
    out = blur(given, Blur(kind="blur", factor=4, down="area", up="area"), draw(2))
    torch.testing.assert_close(out[0, 0, :4, 4:], given[0, 0, :4, 4:].mean().expand(4, 4))


def test_it_is_the_2023_bets_blur():
    given = images(4, 3, 32, 32)
    spec = Blur(kind="blur", factor=4, down="area", up="bilinear")
    small = interpolate(given, size=8, mode="area")
    expected = interpolate(small, size=32, mode="bilinear", align_corners=False)
    torch.testing.assert_close(blur(given, spec, draw(4)), expected)


def test_detail_is_lost_and_brightness_kept():
    checkerboard = (torch.arange(8)[:, None] + torch.arange(8)[None, :]).remainder(2).float()
    out = blur(
        checkerboard.view(1, 1, 8, 8),
        Blur(kind="blur", factor=4, down="area", up="bilinear"),
        draw(1),
    )
    torch.testing.assert_close(out, torch.full((1, 1, 8, 8), 0.5))


def test_a_factor_that_does_not_divide_the_image_is_refused():
    with pytest.raises(ValueError, match="does not divide"):
        blur(images(1, 1, 8, 8), Blur(kind="blur", factor=3, down="area", up="area"), draw(1))
