"""The report: Markdown and figures from the judge's scores. It formats numbers and makes none."""

from cpbench.report.writing import write

__all__ = ["write"]
