import torch

from cpbench.deficits import impair_images, impair_labels
from cpbench.deficits.class_permutation import bijection
from cpbench.deficits.noise import replace_by_noise
from cpbench.deficits.vertical_flip import flip_vertically
from cpbench.specs.deficits import Blur, ClassPermutation, Noise, VerticalFlip
from cpbench.streams import Draw, generator


def draw(indices: list[int], *, epoch: int = 0, seed: int = 0) -> Draw:
    return Draw(seed, "train", torch.tensor(indices), 50, generator(seed, "deficit", epoch))


def images(count: int) -> torch.Tensor:
    return torch.rand((count, 1, 8, 8), generator=generator(1, "order", 0))


def test_a_vertical_flip_turns_every_image_and_twice_is_nothing():
    given = images(5)
    spec = VerticalFlip(kind="vertical_flip")
    once = flip_vertically(given, spec, draw([0]))
    assert torch.equal(once[:, :, 0], given[:, :, -1])
    assert torch.equal(flip_vertically(once, spec, draw([0])), given)


def test_fixed_noise_belongs_to_the_image_whatever_batch_and_epoch_it_comes_in():
    spec = Noise(kind="noise", per_image="fixed")
    one = replace_by_noise(images(3), spec, draw([4, 7, 9], epoch=0))
    two = replace_by_noise(images(2), spec, draw([9, 4], epoch=5))
    assert torch.equal(one[2], two[0])
    assert torch.equal(one[0], two[1])


def test_fresh_noise_is_new_every_epoch():
    spec = Noise(kind="noise", per_image="fresh")
    one = replace_by_noise(images(2), spec, draw([0, 1], epoch=0))
    two = replace_by_noise(images(2), spec, draw([0, 1], epoch=1))
    assert not torch.equal(one, two)


def test_noise_replaces_the_image_and_has_the_moments_asked_for():
    spec = Noise(kind="noise", per_image="fresh", mean=0.5, std=0.25)
    whole = Draw(0, "train", torch.arange(2000), 2000, generator(0, "deficit", 0))
    black = replace_by_noise(torch.zeros(2000, 1, 8, 8), spec, whole)
    again = whole._replace(generator=generator(0, "deficit", 0))
    white = replace_by_noise(torch.ones(2000, 1, 8, 8), spec, again)
    assert torch.equal(black, white)
    assert abs(black.mean().item() - 0.5) < 0.005
    assert abs(black.std().item() - 0.25) < 0.005


def test_a_class_permutation_is_a_bijection_that_fixes_no_class():
    for spec in (
        ClassPermutation(kind="class_permutation", shift=3),
        *(ClassPermutation(kind="class_permutation", seed=seed) for seed in range(20)),
    ):
        renamed = bijection(spec, 10)
        assert sorted(renamed.tolist()) == list(range(10))
        assert not (renamed == torch.arange(10)).any()


def test_labels_are_renamed_not_shuffled():
    labels = torch.tensor([0, 1, 9, 0])
    spec = ClassPermutation(kind="class_permutation", shift=3)
    assert impair_labels(labels, [spec], 10, draw([0, 1, 2, 3])).tolist() == [3, 4, 2, 3]
    assert labels.tolist() == [0, 1, 9, 0]


def test_deficits_are_applied_in_the_order_they_are_written():
    blur = Blur(kind="blur", factor=4, down="area", up="bilinear")
    noise = Noise(kind="noise", per_image="fixed")
    blurred_noise = impair_images(images(3), [noise, blur], draw([0, 1, 2]))
    noise_alone = impair_images(images(3), [blur, noise], draw([0, 1, 2]))
    assert blurred_noise.std() < 0.5 * noise_alone.std()
