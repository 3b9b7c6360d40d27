import torch

from cpbench.specs.training import RandomCrop, RandomFlip
from cpbench.streams import generator
from cpbench.training.augmentation import augment, crop, flip


def images(count: int) -> torch.Tensor:
    return torch.rand((count, 3, 8, 8), generator=generator(1, "order", 0)) + 0.1


def test_every_crop_is_a_window_of_the_padded_image():
    given = images(20)
    spec = RandomCrop(kind="random_crop", padding=2)
    out = crop(given, spec, generator(0, "augment", 0))
    padded = torch.nn.functional.pad(given, [2] * 4)
    for before, after in zip(padded, out, strict=True):
        windows = [before[:, y : y + 8, x : x + 8] for y in range(5) for x in range(5)]
        assert sum(torch.equal(after, window) for window in windows) == 1


def test_crops_use_every_offset():
    marked = torch.zeros(2000, 1, 5, 5)
    marked[:, :, 2, 2] = 1.0
    out = crop(marked, RandomCrop(kind="random_crop", padding=2), generator(0, "augment", 0))
    seen = out.sum(dim=(0, 1))
    assert seen.min() > 2000 / 25 * 0.6
    assert seen.sum() == 2000


def test_a_flip_mirrors_about_half_of_the_images_whole():
    given = images(400)
    out = flip(given, RandomFlip(kind="random_flip"), generator(0, "augment", 0))
    mirrored = [
        torch.equal(after, before.flip(-1)) for before, after in zip(given, out, strict=True)
    ]
    kept = [torch.equal(after, before) for before, after in zip(given, out, strict=True)]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert 150 < sum(mirrored) < 250


def test_the_same_generator_gives_the_same_images():
    maps = (RandomCrop(kind="random_crop", padding=1), RandomFlip(kind="random_flip"))
    one = augment(images(10), maps, generator(3, "augment", 7))
    two = augment(images(10), maps, generator(3, "augment", 7))
    assert torch.equal(one, two)
    assert not torch.equal(one, augment(images(10), maps, generator(3, "augment", 8)))
