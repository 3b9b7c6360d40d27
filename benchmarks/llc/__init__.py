"""Benchmarks of λ̂ against known truth and against another implementation."""
