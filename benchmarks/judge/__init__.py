"""Simulations of the judge: how often its verdicts err, and what its intervals cover."""
