"""The loop against the same arithmetic written out, on data small enough to follow."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from cpbench.datasets import Data, Part
from cpbench.specs.training import EpochSettings, RandomFlip
from cpbench.streams import generator
from cpbench.training import feed
from cpbench.training.feed import Feed
from cpbench.training.loop import train_epoch
from cpbench.training.optimizers import make_optimizer

SHAPE = (1, 4, 4)
FLIP = {"kind": "vertical_flip"}
RENAMED = {"kind": "class_permutation", "shift": 1}
ON_LABELS = {"class_permutation", "random_labels"}


def data(count: int = 11) -> Data:
    source = generator(3, "split")
    images = torch.randint(0, 17, (count, *SHAPE), generator=source).byte()
    part = Part(images, torch.arange(count) % 3)
    return Data(part, part, 16.0, torch.full((1, 1, 1), 0.5), torch.full((1, 1, 1), 0.25), 3)


def settings(deficits: list[dict[str, Any]] | None = None, **changes: Any) -> EpochSettings:
    chosen = deficits or []
    sgd = {"kind": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}
    return EpochSettings.model_validate(
        {
            "inputs": {
                "augmentation": [],
                "deficits": [each for each in chosen if each["kind"] not in ON_LABELS],
            },
            "targets": {"deficits": [each for each in chosen if each["kind"] in ON_LABELS]},
            "objective": {},
            "update": {"batch_size": 4, "optimizer": sgd | changes},
        }
    )


def linear() -> nn.Sequential:
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    nn.init.zeros_(model[1].weight)
    nn.init.zeros_(model[1].bias)
    return model


def trained(given: Data, each: EpochSettings, epochs: int = 1) -> dict[str, torch.Tensor]:
    model = linear()
    optimizer = make_optimizer(model, each.update.optimizer)
    for epoch in range(epochs):
        train_epoch(model, optimizer, Feed(given, 0), each, epoch=epoch)
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_an_epoch_is_sgd_over_shuffled_batches_written_out():
    given, model = data(), linear()
    velocity = [torch.zeros_like(each) for each in model.parameters()]
    order = torch.randperm(11, generator=generator(0, "order", 0))
    for batch in order.split(4):
        images = (given.train.images[batch].float() / 16 - 0.5) / 0.25
        gradients = torch.autograd.grad(
            cross_entropy(model(images), given.train.labels[batch]), list(model.parameters())
        )
        with torch.no_grad():
            for number, (parameter, gradient) in enumerate(
                zip(model.parameters(), gradients, strict=True)
            ):
                velocity[number] = 0.9 * velocity[number] + gradient + 0.01 * parameter
                parameter.sub_(0.1 * velocity[number])
    for name, value in trained(given, settings()).items():
        torch.testing.assert_close(value, model.state_dict()[name])


def test_the_first_loss_of_an_ignorant_model_is_the_entropy_of_the_classes():
    model = linear()
    still = settings(lr=1e-30)
    optimizer = make_optimizer(model, still.update.optimizer)
    loss = train_epoch(model, optimizer, Feed(data(), 0), still, epoch=0)
    assert loss == pytest.approx(torch.log(torch.tensor(3.0)).item(), rel=1e-6)


def test_two_trainings_of_the_same_epochs_give_the_same_bits():
    one, two = (
        trained(data(), settings([FLIP, RENAMED]), 3),
        trained(data(), settings([FLIP, RENAMED]), 3),
    )
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_global_random_state_is_neither_read_nor_moved():
    model, each = linear(), settings([{"kind": "noise", "per_image": "fresh"}])
    optimizer = make_optimizer(model, each.update.optimizer)
    before = torch.random.get_rng_state()
    train_epoch(model, optimizer, Feed(data(), 0), each, epoch=0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_deficit_of_the_inputs_is_training_on_impaired_images():
    given = data()
    flipped = given._replace(train=Part(given.train.images.flip(-2), given.train.labels))
    one, two = trained(given, settings([FLIP])), trained(flipped, settings())
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_deficit_of_the_targets_is_training_on_renamed_labels():
    given = data()
    renamed = given._replace(train=Part(given.train.images, (given.train.labels + 1) % 3))
    one, two = trained(given, settings([RENAMED])), trained(renamed, settings())
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("chunk_values", [1, 2**24])
@pytest.mark.parametrize(
    "deficit",
    [
        {"kind": "noise", "per_image": "fixed"},
        {"kind": "blur", "factor": 2, "down": "bilinear_antialias", "up": "bilinear"},
        FLIP,
        RENAMED,
        {"kind": "random_labels", "fraction": 0.5},
    ],
)
def test_preparing_once_gives_the_bits_of_preparing_batch_by_batch(
    monkeypatch: pytest.MonkeyPatch, deficit: dict[str, Any], chunk_values: int
):
    each = settings([deficit])
    assert each.is_still
    once = trained(data(), each, 3)
    monkeypatch.setattr(EpochSettings, "is_still", False)
    monkeypatch.setattr(feed, "CHUNK_VALUES", chunk_values)
    again = trained(data(), each, 3)
    assert all(torch.equal(value, once[name]) for name, value in again.items())


def test_each_order_of_each_epoch_shows_every_example_once_and_is_its_own():
    shown = Feed(data(200), 0)
    plain = settings()
    choices = [plain, *(plain.model_copy(update={"order": number}) for number in (1, 2, 2**20))]
    orders = [shown.order(each, epoch).tolist() for each in choices for epoch in (0, 1, 2**20)]
    assert all(sorted(order) == list(range(200)) for order in orders)
    assert len({tuple(order) for order in orders}) == len(orders)
    assert orders[0] == torch.randperm(200, generator=generator(0, "order", 0)).tolist()


def test_another_order_is_another_training_of_the_same_examples():
    plain = settings()
    other = plain.model_copy(update={"order": 1})
    one, two = trained(data(), plain), trained(data(), other)
    assert not torch.equal(one["1.weight"], two["1.weight"])
    batches = [Feed(data(), 0).batches(each, 0) for each in (plain, other)]
    rows = [
        sorted((int(label), image.flatten().tolist()) for image, label in zip(*whole, strict=True))
        for whole in (map(torch.cat, zip(*each, strict=True)) for each in batches)
    ]
    assert rows[0] == rows[1]


def test_fresh_noise_and_augmentation_are_not_still():
    assert not settings([{"kind": "noise", "per_image": "fresh"}]).is_still
    moved = settings().inputs.model_copy(update={"augmentation": (RandomFlip(kind="random_flip"),)})
    assert not settings().model_copy(update={"inputs": moved}).is_still


def test_a_loss_that_is_not_finite_is_returned_as_such():
    model = linear()
    wild = settings(lr=1e38)
    optimizer = make_optimizer(model, wild.update.optimizer)
    losses = [
        train_epoch(model, optimizer, Feed(data(), 0), wild, epoch=epoch) for epoch in range(3)
    ]
    assert not all(torch.isfinite(torch.tensor(losses)))
