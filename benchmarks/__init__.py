"""Measured claims about speed and truth: ratios and seeds that anyone can run again."""
