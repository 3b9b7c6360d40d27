"""Settlement: who gains what when a claim comes out; integer cents, summing to zero."""

from cpbench.records.scores import OutcomeState, Payment
from cpbench.specs.predictions import Stake


def settle(stake: Stake, state: OutcomeState) -> tuple[Payment, ...]:
    """Return what a stake moves: the loser's to the winner, nothing unless yes or no.

    A claim that is ambiguous or annulled refunds both, which is a payment of nothing; a pending one
    is not settled yet, which is no payment.
    """
    if state == "pending":
        return ()
    gain = {"yes": stake.cents, "no": -stake.cents}.get(state, 0)
    return (
        Payment(party=stake.yes, cents=gain, currency=stake.currency),
        Payment(party=stake.no, cents=-gain, currency=stake.currency),
    )
