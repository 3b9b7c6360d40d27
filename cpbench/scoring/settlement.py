"""Settlement: who gains what when a claim comes out; integer cents, summing to zero."""

from fractions import Fraction
from typing import NamedTuple

from cpbench.records.scores import OutcomeState, Payment
from cpbench.scoring.apportioning import apportion
from cpbench.scoring.rules.probabilities import check
from cpbench.specs.stakes import Stake


class Leg(NamedTuple):
    """One bet between two parties, in integer cents."""

    yes: str
    """The party on yes."""
    no: str
    yes_cents: int
    """What the party on yes puts up."""
    no_cents: int


def settle(stake: Stake, state: OutcomeState, fraction: float | None = None) -> tuple[Payment, ...]:
    """Return what a stake moves: the loser's to the winner, nothing unless yes or no.

    A claim that is ambiguous or annulled refunds both, which is a payment of nothing; a pending one
    is not settled yet, which is no payment. One that comes out as a share of draws divides the pot.

    Args:
        stake: The bet.
        state: How its claim came out.
        fraction: The share of yes, for the state `value`.

    Raises:
        ValueError: The state is `value` without a fraction, or that of another type of claim.
    """
    if state == "pending":
        return ()
    shares = {"yes": 1.0, "no": 0.0, "value": fraction, "ambiguous": None, "annulled": None}
    if state not in shares or (state == "value" and fraction is None):
        raise ValueError(f"a stake on yes or no cannot be settled by '{state}'; give its fraction")
    share = shares[state]
    moved = gains(Leg(stake.yes, stake.no, *stake.amounts), share)
    return tuple(Payment(party=name, cents=gain, currency=stake.currency) for name, gain in moved)


def gains(leg: Leg, share: float | None) -> tuple[tuple[str, int], tuple[str, int]]:
    """Return what the party on yes and the party on no gain.

    Args:
        leg: The bet.
        share: Of the pot that goes to yes: 1 if the claim is true, 0 if not, between for a claim
            that is its own probability; None returns the stakes.

    Returns:
        Party and cents, yes first: positive for a gain; they sum to zero.

    Raises:
        ValueError: The share does not lie in [0, 1], or both parties are the same.
    """
    if leg.yes == leg.no:
        raise ValueError(f"'{leg.yes}' bets against itself; name another party")
    gain = 0
    if share is not None:
        check(share, "share")
        # As written in decimals: 0.6 of 20.00 is 12.00, not a binary fraction less.
        exact = Fraction(str(float(share)))
        pot = leg.yes_cents + leg.no_cents
        gain = apportion(pot, {leg.yes: exact, leg.no: 1 - exact})[leg.yes] - leg.yes_cents
    return (leg.yes, gain), (leg.no, -gain)
