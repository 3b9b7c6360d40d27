"""Figures: one function each, from scores to an SVG. Only here is matplotlib imported."""
