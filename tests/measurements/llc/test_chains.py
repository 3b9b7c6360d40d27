"""The chains' promises: gradients without bias, noise of one's own, steps that can be run on."""

from collections.abc import Sequence

import pytest
import torch
from measurements.llc.subjects import mlp, seeded, vectors
from torch import Tensor, nn
from torch.nn import functional

from cpbench.measurements.llc import chains as chains_module
from cpbench.measurements.llc.chains import Chains, Law
from cpbench.measurements.llc.losses import cross_entropy
from cpbench.measurements.llc.surface import LossSurface, Point
from cpbench.measurements.llc.surroundings import Surroundings, anchor

NUM_EXAMPLES, BATCH, NBETA = 103, 20, 30.0
"""Batches of unequal size: 17 and 18."""


def points(*seeds: int) -> list[Point]:
    """Return points in double precision, so that rounding hides nothing."""
    data = [vectors(NUM_EXAMPLES, seed) for seed in seeds]
    return [
        Point(mlp(seed).double(), inputs.double(), targets)
        for seed, (inputs, targets) in zip(seeds, data, strict=True)
    ]


def chains(
    of: Sequence[Point],
    steps: Sequence[float] = (1e-3, 1e-3),
    *,
    offset: Tensor | None = None,
    batch_size: int = BATCH,
    num_steps: int = 20,
) -> Chains:
    """Return chains, one per step size at each point, from w* unless an offset is given."""
    picks = seeded(3)
    surface = LossSurface(
        of, loss=cross_entropy, batch_size=batch_size, backend="vmap", generator=picks
    )
    epsilon = torch.tensor(steps, dtype=torch.float64).expand(len(of), -1)
    law = Law(torch.full_like(epsilon, NBETA), torch.full_like(epsilon, 10.0), epsilon)
    if offset is None:
        offset = torch.zeros(len(of), len(steps), surface.origin.shape[1], dtype=torch.float64)
    noise = [seeded(len(point.inputs) + int(1e3 * point.inputs[0, 0])) for point in of]
    around = Surroundings(surface, anchor(surface), NBETA, noise, picks)
    return Chains(around, law, offset, num_steps=num_steps)


def elsewhere(num_rows: int = 2) -> Tensor:
    num_weights = sum(each.numel() for each in mlp().parameters())
    return torch.randn(1, num_rows, num_weights, generator=seeded(5), dtype=torch.float64) / 3


def excess_and_gradient(point: Point, offset: Tensor) -> tuple[float, Tensor]:
    """Return nβ(L(w) − L(w*)) and nβ∇L(w) on all examples at once, by torch alone."""
    model = point.model.eval()
    at_origin = functional.cross_entropy(model(point.inputs), point.targets).item()
    vector = nn.utils.parameters_to_vector(model.parameters()).detach() + offset
    nn.utils.vector_to_parameters(vector, model.parameters())
    loss = functional.cross_entropy(model(point.inputs), point.targets)
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    flat = torch.cat([each.flatten() for each in gradients])
    return NBETA * (loss.item() - at_origin), NBETA * flat


# Minibatches -------------------------------------------------------------------------------------


def test_over_all_batches_gradient_and_excess_are_those_of_all_examples():
    some = chains(points(7), offset=elsewhere())
    slopes = [some._slope(batch) for batch in range(some._surface.num_batches)]
    assert len(slopes) == 6
    assert len({some._surface.share(batch) for batch in range(6)}) == 2
    for row in range(2):
        excess, gradient = excess_and_gradient(points(7)[0], elsewhere()[0, row])
        mean = torch.stack([each.pull[0, row] for each in slopes]).mean(0)
        assert torch.allclose(mean, gradient, rtol=1e-9, atol=1e-9)
        means = torch.stack([each.excess[0, row] for each in slopes]).mean()
        assert means.item() == pytest.approx(excess, rel=1e-9)
        at = some.excess_at(elsewhere()[:, [row]]).item()
        assert at == pytest.approx(excess, rel=1e-9)
    # Single batches are not: the mean is what is tested.
    assert not torch.allclose(slopes[0].pull, slopes[1].pull, rtol=0.1)


def test_at_the_weights_no_batch_has_noise():
    some = chains(points(7))
    slopes = [some._slope(batch) for batch in range(some._surface.num_batches)]
    gradient = excess_and_gradient(points(7)[0], torch.zeros(()))[1]
    for each in slopes:
        assert torch.equal(each.excess, torch.zeros_like(each.excess))
        assert torch.allclose(each.pull[0, 0], gradient, rtol=1e-9, atol=1e-9)


# Company -----------------------------------------------------------------------------------------


@pytest.fixture
def tape(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Noise that all chains read from the front, whatever their number."""
    strip: list[Tensor] = []
    monkeypatch.setattr(
        chains_module, "normal", lambda like, _: strip.pop(0).expand_as(like).clone()
    )
    return strip


def test_a_chain_does_not_feel_the_others_whatever_their_steps(tape: list[Tensor]):
    epsilons = 1e-3, 4e-3
    shape = elsewhere(1).shape
    noise = [torch.randn(shape, generator=seeded(step)).double() for step in range(24)]
    tape[:] = noise
    together = chains(points(7), epsilons).run(24)
    for row, epsilon in enumerate(epsilons):
        tape[:] = noise
        alone = chains(points(7), (epsilon,)).run(24)
        for one, other in zip(together.series, alone.series, strict=True):
            assert torch.allclose(one[:, :, [row]], other, rtol=1e-8, atol=1e-10)
    assert not torch.allclose(together.excess[..., 0], together.excess[..., 1], rtol=0.1)


@pytest.mark.parametrize("batch_size", [NUM_EXAMPLES, BATCH], ids=["full batch", "minibatches"])
def test_a_point_does_not_feel_the_others(batch_size: int):
    together = chains(points(7, 8), batch_size=batch_size).run(24)
    for index, seed in enumerate((7, 8)):
        alone = chains(points(seed), batch_size=batch_size).run(24)
        for one, other in zip(together.series, alone.series, strict=True):
            assert torch.allclose(one[:, [index]], other, rtol=1e-8, atol=1e-10)
        assert torch.allclose(together.center[[index]], alone.center)


# Time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [NUM_EXAMPLES, BATCH], ids=["full batch", "minibatches"])
def test_ten_steps_and_ten_more_are_twenty(batch_size: int):
    twenty = chains(points(7), batch_size=batch_size).run(20)
    some = chains(points(7), batch_size=batch_size)
    both = some.run(10).then(some.run(10))
    for name in ("excess", "bias", "linear", "distance", "acceptance"):
        assert torch.equal(getattr(both, name), getattr(twenty, name)), name
    assert torch.allclose(both.center, twenty.center)


def test_steps_that_are_skipped_are_taken():
    skipping, reading = chains(points(7)), chains(points(7))
    skipping.skip(10)
    reading.run(10)
    assert torch.equal(skipping.run(10).distance, reading.run(10).distance)


def test_a_draw_is_the_mean_over_the_steps_it_stands_for():
    every = chains(points(7), num_steps=120).run(120)  # six batches
    assert every.excess.shape == (20, 1, 2)
    some = chains(points(7))
    singly = torch.cat([some.run(1).excess for _ in range(12)])
    means = singly.reshape(2, 6, 1, 2).mean(1)
    assert torch.allclose(every.excess[:2], means)


def test_the_proposals_are_read_on_all_examples_in_turn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chains_module, "EVALUATED", 30)  # two of six batches
    some, read = chains(points(7), num_steps=60), list[int]()
    evaluate = some._excess

    def noted(offset: Tensor, first: int, number: int) -> Tensor:
        read.extend(range(first, first + number))
        return evaluate(offset, first, number)

    monkeypatch.setattr(some, "_excess", noted)
    some.run(60)
    assert len(read) == 40
    assert set(read) == set(range(6))


def test_metropolis_would_accept_small_steps_and_refuse_large_ones():
    whole = {"batch_size": NUM_EXAMPLES, "offset": elsewhere(1) / 30}
    small, large = (chains(points(7), (step,), **whole).run(40) for step in (1e-5, 0.1))
    assert small.acceptance.mean() > 0.97
    assert large.acceptance.mean() < 0.5
