"""Learning coefficients that are known in closed form, as exact fractions.

The free energy of n examples grows as λ ln n − (m − 1) ln ln n, with λ the learning coefficient and
m its multiplicity: the pole of ∫ K(w)^z φ(w) dw nearest to zero, and its order.

Source: Watanabe (2009), Algebraic Geometry and Statistical Learning Theory.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from cpbench.errors import UsageError


class LearningCoefficient(NamedTuple):
    """How the volume of near-minimal weights shrinks: as t^λ (−ln t)^(m − 1) for K < t."""

    value: Fraction
    """λ."""
    multiplicity: int
    """m, at least 1."""


def regular(num_weights: int) -> LearningCoefficient:
    """Return d/2, that of a minimum with a Hessian of full rank.

    Raises:
        UsageError: If there are no weights.
    """
    _require(num_weights >= 1, f"{num_weights} weights: a model has at least one")
    return LearningCoefficient(Fraction(num_weights, 2), 1)


def normal_crossing(
    powers: Sequence[int], prior_powers: Sequence[int] | None = None
) -> LearningCoefficient:
    """Return that of K = Π w_i^(2k_i) at the origin: λ = min (h_i + 1) / 2k_i, m how many reach it.

    Args:
        powers: k_i; zero where K does not depend on the weight.
        prior_powers: h_i of a prior ∝ Π |w_i|^h_i; none for one that is positive at the origin.

    Raises:
        UsageError: If a power is negative, none is positive, or the two differ in length.

    Source: Watanabe (2009), §2.4 and theorem 6.6.
    """
    priors = [0] * len(powers) if prior_powers is None else list(prior_powers)
    _require(len(priors) == len(powers), f"{len(powers)} powers, but {len(priors)} of the prior")
    _require(min([*powers, *priors], default=0) >= 0, "powers are at least 0")
    poles = [Fraction(h + 1, 2 * k) for k, h in zip(powers, priors, strict=True) if k > 0]
    _require(bool(poles), "K must depend on some weight: give a power above 0")
    return LearningCoefficient(min(poles), poles.count(min(poles)))


def sum_of_powers(powers: Sequence[int]) -> LearningCoefficient:
    """Return that of K = Σ w_i^(2k_i) at the origin: λ = Σ 1/2k_i, m = 1.

    Raises:
        UsageError: If there are no powers or one is below 1.

    Source: one blow-up with weights 1/k_i; K < t is a box of volume ∝ t^λ but for a constant.
    """
    _require(min(powers, default=0) >= 1, "powers are at least 1, and there is at least one")
    return LearningCoefficient(sum((Fraction(1, 2 * k) for k in powers), Fraction(0)), 1)


def reduced_rank(inputs: int, hidden: int, outputs: int, rank: int) -> LearningCoefficient:
    """Return that of y = BAx with A: hidden × inputs and B: outputs × hidden.

    It is that of the typical true parameter, where A and B both have the rank of BA; for others
    see `reduced_rank_at`.

    Args:
        inputs: M, the columns of A.
        hidden: H, the rows of A.
        outputs: N, the rows of B.
        rank: Rank of the true BA.

    Raises:
        UsageError: If a width is below 1 or the rank does not fit through the narrowest.

    Source: Aoyagi & Watanabe (2005), main theorem.
    """
    _require_net((inputs, hidden, outputs), rank)
    return _reduced_rank(inputs, hidden, outputs, rank)


def reduced_rank_at(
    inputs: int, hidden: int, outputs: int, rank: int, first_rank: int, second_rank: int
) -> LearningCoefficient:
    """Return the local value of y = BAx at a true parameter with rank A = a and rank B = b.

    (Na + bM − ab)/2 directions are regular; they leave the same problem at the origin, with
    M − a inputs, N − b outputs and H − a − b + r hidden units. The least value is that of
    a = b = r, where it is `reduced_rank`.

    Args:
        inputs: M.
        hidden: H.
        outputs: N.
        rank: r, of the true BA.
        first_rank: a, of A.
        second_rank: b, of B.

    Raises:
        UsageError: If no A and B of these sizes have these ranks.

    Source: own derivation: take A's a columns and B's b rows to identities by changes of basis.
    """
    _require_net((inputs, hidden, outputs), rank)
    fits = first_rank <= min(inputs, hidden) and second_rank <= min(hidden, outputs)
    _require(fits, f"ranks {first_rank} and {second_rank} exceed the sizes of A and B")
    fits = first_rank + second_rank - hidden <= rank <= min(first_rank, second_rank)
    _require(fits, f"ranks {first_rank} and {second_rank} cannot have a product of rank {rank}")
    spare = hidden - first_rank - second_rank + rank
    rest = _reduced_rank(inputs - first_rank, spare, outputs - second_rank, 0)
    directions = outputs * first_rank + second_rank * inputs - first_rank * second_rank
    return LearningCoefficient(Fraction(directions, 2) + rest.value, rest.multiplicity)


def deep_linear(widths: Sequence[int], rank: int) -> LearningCoefficient:
    """Return that of y = W_L ⋯ W_1 x at a typical true parameter, each layer of the product's rank.

    Of the widths less the rank, Δ, take the k + 1 smallest: the fewest whose sum T is below k times
    the next. Then with a = T − (⌈T/k⌉ − 1)k, and Σ over those taken,

        λ = (r·(inputs + outputs) − r²)/2 + (a(k − a) + T²)/4k − ΣΔ²/4,   m = a(k − a) + 1.

    Args:
        widths: Of inputs, hidden layers and outputs, in order.
        rank: r, of the true product.

    Raises:
        UsageError: If there are fewer than two widths, one is below 1, or the rank does not fit.

    Source: Aoyagi (2024), main theorem; its −(k(k − 1)/4)(T/k)² + ½ Σ Δ_i·Δ_j over pairs is
    T²/4k − ΣΔ²/4.
    """
    _require_net(widths, rank)
    chosen = _binding(sorted(width - rank for width in widths))
    links, total = len(chosen) - 1, sum(chosen)
    remainder = total - (-(-total // links) - 1) * links
    odd = remainder * (links - remainder)
    identified = rank * (widths[0] + widths[-1]) - rank**2
    value = (
        Fraction(identified, 2)
        + Fraction(odd + total**2, 4 * links)
        - Fraction(sum(spare**2 for spare in chosen), 4)
    )
    return LearningCoefficient(value, odd + 1)


def _reduced_rank(inputs: int, hidden: int, outputs: int, rank: int) -> LearningCoefficient:
    """The theorem, which also holds at width 0."""
    m, h, n, r = inputs, hidden, outputs, rank
    if m + h < n + r:
        return LearningCoefficient(Fraction(h * m - h * r + n * r, 2), 1)
    if n + h < m + r:
        return LearningCoefficient(Fraction(h * n - h * r + m * r, 2), 1)
    if m + n < h + r:
        return LearningCoefficient(Fraction(m * n, 2), 1)
    base = 2 * (h + r) * (m + n) + 2 * m * n - (h + r) ** 2 - m**2 - n**2
    odd = (m + h + n + r) % 2
    return LearningCoefficient(Fraction(base + odd, 8), 1 + odd)


def _binding(spare: list[int]) -> list[int]:
    """Return the smallest widths, the fewest that outweigh the next: the others do not matter."""
    for links, following in enumerate(spare[2:], start=1):
        if sum(spare[: links + 1]) < links * following:
            return spare[: links + 1]
    return spare


def _require_net(widths: Sequence[int], rank: int) -> None:
    _require(bool(list(pairwise(widths))), f"widths {widths}: a layer needs two")
    _require(min(widths) >= 1, f"widths {widths}: each is at least 1")
    _require(0 <= rank <= min(widths), f"rank {rank} does not fit through widths {widths}")


def _require(holds: bool, problem: str) -> None:  # noqa: FBT001 - the statement that must hold
    if not holds:
        raise UsageError(problem)
