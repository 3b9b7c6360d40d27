"""The page's sections: from the numbers of one benchmark to a paragraph and a table."""

from collections.abc import Iterator, Mapping
from typing import Any

from cpbench.report.markdown import code, escape, table

Results = Mapping[str, Any]
Summary = Mapping[str, float]


def study(results: Results) -> Iterator[str]:
    """Yield the default study: both executors, and every plain loop against them."""
    ours, idle = results["wall_seconds"], results["wall_seconds_nothing_left"]
    yield (
        f"`blur_digits` and `blur_digits_decay` from an empty store: {results['runs']:,} runs of "
        f"{results['epochs_naive']:,} epochs in all, {results['epochs_shared']:,} when shared. "
        f"In {results['processes']} processes `sequential` took {spread(ours['sequential'])} s, "
        f"`stacked` {spread(ours['stacked'])} s: **{times(results['sequential_over_stacked'])}**. "
        f"Of either, {spread(idle)} s go into starting processes and finding that nothing is left "
        "to do."
    )
    rows = [
        [
            each["examples"],
            each["runs"],
            "yes" if each["is_tested"] else "no",
            seconds(each["seconds"]),
            times(each["over_sequential"]),
            times(each["over_stacked"]),
        ]
        for each in results["plain"]
    ]
    header = ("plain loop", "runs", "tested", "seconds", "over `sequential`", "over `stacked`")
    yield table(header, rows, right="lllrrr")
    checks = results["whole_run_over_extrapolation"]
    whole = ", ".join(f"{each['ratio']:.2f} ({each['examples']})" for each in checks)
    yield (
        "The plain loop's seconds are extrapolated: those of an epoch, measured for each kind of "
        "epoch, times the number of such epochs. A run that was trained whole took this much of "
        f"what was foreseen for it: {whole}. It is one process of "
        f"{results['threads_of_the_plain_loop']} threads, torch's default, unless it says "
        "otherwise. *Tested*: with the test accuracy after every epoch, as such scripts have it. "
        "*Distinct*: a run that several arms ask for is trained once. *Tensors*: no PIL, images "
        "prepared once; nobody's script, but the kindest."
    )


def twenty(results: Results) -> Iterator[str]:
    """Yield what twice the seeds take, and every claim's outcome."""
    (one, two), taken = results["studies"], results["wall_seconds"]
    yield (
        f"`{one['protocol']}`, {one['seeds']} seeds, `{one['executor']}`: "
        f"{spread(taken['once'])} s. "
        f"`{two['protocol']}`, {two['seeds']} seeds, `{two['executor']}`: "
        f"{spread(taken['twice'])} s. The first took **{times(results['once_over_twice'])}** as "
        "long. The registered claims about either, as they stand in `reports/scores.json`:"
    )
    rows = [
        [
            code(each["text"]),
            str(each["n_seeds"]),
            escape(each["state"]),
            "" if each["probability"] is None else f"{each['probability']:.3f}",
        ]
        for each in results["verdicts"]
    ]
    yield table(("claim", "seeds", "outcome", "holds in this share of draws"), rows, right="lrlr")


def images(results: Results) -> Iterator[str]:
    """Yield images per second of every net and loop."""
    yield (
        f"Batch {results['batch_size']}, {results['images']}; flip, crop, blur, normalisation. The "
        f"plain loop is one process of {results['threads_of_the_plain_loop']} threads, ours are "
        "two of one thread unless it says otherwise. Ratios are to the better plain loop."
    )
    rows = [
        [
            escape(each["net"]),
            escape(each["loop"]),
            spread(each["images_per_second"]),
            times(each["over_better_plain"]),
        ]
        for each in results["lines"]
    ]
    yield table(("net", "loop", "images/s", "over the plain loop"), rows, right="llrr")


def stacking(results: Results) -> Iterator[str]:
    """Yield the time of a member's step."""
    yield (
        "Milliseconds per member and step on one core, and how many times longer `sequential` "
        "takes. The limit is the rate of a product of two 1024² matrices in the same minutes."
    )
    rows = [
        [
            escape(line["net"]),
            each["executor"],
            spread(each["milliseconds"]),
            times(each["sequential_over"]),
            f"{100 * each['share_of_limit']:.0f} %",
        ]
        for line in results["lines"]
        for each in line["executors"]
    ]
    header = ("net", "executor, width", "ms", "`sequential` over it", "of the limit")
    yield table(header, rows, right="llrrr")


def memory(results: Results) -> Iterator[str]:
    """Yield peak memory by number of runs."""
    lines = results["lines"]
    numbers = sorted({number for line in lines for number in line["megabytes_by_runs"]}, key=int)
    yield (
        "Peak resident megabytes of the largest process of a train stage. Most of it is torch "
        "itself; growth is what the most runs need beyond the fewest."
    )
    rows = [
        [
            escape(line["name"]),
            *(f"{line['megabytes_by_runs'].get(each, '')}" for each in numbers),
            f"{line['most_less_fewest']:+g}",
            f"{line['most_over_fewest']:.3f}",
        ]
        for line in lines
    ]
    header = ("", *(f"{each} runs" for each in numbers), "growth", "most over fewest")
    yield table(header, rows, right="l" + "r" * (len(header) - 1))


def equivalence(results: Results) -> Iterator[str]:
    """Yield the tests of accuracy, and how far weights are apart."""
    yield (
        "`stacked` less `sequential`: final test accuracy, paired by seed. p is the greater of two "
        f"one-sided t tests against ± {results['margin_pp']} pp: below 0.05 the two are "
        "equivalent, else this sample does not show it. The larger sample, of other seeds, was "
        "set up after the smaller had left batch 25 undecided, at the size its scatter asks for: "
        "two looks, so ask for 0.025."
    )
    names = ("arm", "removal", "mean_pp", "standard_error_pp", "largest_pp", "num_unequal", "p")
    header = ("seeds", "arm", "removal", "mean, pp", "SE", "largest", "seeds that differ", "p")
    rows = [
        [str(sample["num_seeds"]), *(str(each[name]) for name in names)]
        for sample in results["samples"]
        for each in sample["tests"]
    ]
    yield table(header, rows, right="rlrrrrrr")
    lines = results["weights_after_steps"]
    yield (
        f"Weights of {results['members']} members after {results['steps']} steps, how far from "
        "those of `sequential`. In a convolution net one ReLU that flips moves all that follows."
    )
    names = ("largest_relative_difference", "largest_relative_norm", "median_relative_norm")
    header = ("net", "executor", "one weight, largest", "norm, largest", "norm, median")
    rows = [
        [escape(each["net"]), each["executor"], *(f"{each[name]:.1e}" for name in names)]
        for each in lines
    ]
    yield table(header, rows, right="llrrr")


def planning(results: Results) -> Iterator[str]:
    """Yield the cost of a plan by number of runs."""
    rows = [
        [
            escape(name.replace("_", " ")),
            f"{each['runs']:,}",
            str(each["seconds"]),
            str(each["peak_mb"]),
        ]
        for name, curve in results["curves"].items()
        for each in curve
    ]
    yield table(("more runs", "runs", "seconds", "MB"), rows, right="lrrr")


def spread(summary: Summary) -> str:
    """Return a median with the least and the greatest."""
    return f"{summary['median']:g} [{summary['low']:g}, {summary['high']:g}]"


def seconds(summary: Summary) -> str:
    """Return many seconds, whole."""
    middle, low, high = (f"{summary[key]:,.0f}" for key in ("median", "low", "high"))
    return f"{middle} [{low}, {high}]"


def times(summary: Summary) -> str:
    """Return a ratio with the least and the greatest."""
    middle, low, high = (_short(summary[key]) for key in ("median", "low", "high"))
    return f"{middle}× [{low}, {high}]"


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"  # noqa: PLR2004 - two digits
