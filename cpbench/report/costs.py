"""What a protocol cost, and on what it ran: provenance in words."""

from cpbench.records.provenance import Provenance
from cpbench.report.evidence import Study
from cpbench.report.markdown import code, escape, table
from cpbench.report.numbers import DASH, decimal, seconds
from cpbench.report.savings import savings


def mixed_numerics(provenance: Provenance) -> dict[str, tuple[str, ...]]:
    """Return the numeric settings that differ between stages, with the values they took."""
    taken: dict[str, set[str]] = {}
    for stage in provenance.stages.values():
        for key, value in stage.numerics.items():
            taken.setdefault(key, set()).add(value)
    return {key: tuple(sorted(values)) for key, values in sorted(taken.items()) if len(values) > 1}


def work_text(provenance: Provenance) -> str:
    """Return the seconds of all stages, and on what: `49 s on cpu, 2 cores`."""
    if not provenance.stages:
        return DASH
    devices = sorted({escape(stage.device) for stage in provenance.stages.values()})
    total = sum(stage.seconds for stage in provenance.stages.values())
    return f"{seconds(total)} on {' and '.join(devices)}"


def cost_section(study: Study) -> str:
    """Return what was spent and saved, and one line per stage of time, device and commit."""
    parts: list[str] = []
    plan = study.plan
    if plan:
        share = 1 - plan.epochs_shared / plan.epochs_naive if plan.epochs_naive else 0.0
        parts.append(
            f"The plan trains {plan.epochs_shared:,} epochs instead of {plan.epochs_naive:,}: "
            f"runs share what they have in common, which saves {decimal(100 * share, 1)} %."
        )
    if not study.provenance.stages:
        return "\n\n".join([*parts, "Nothing is recorded about any run."])
    header = [
        "Stage",
        "Work",
        "Device",
        "Numerics",
        "Peak memory",
        "Energy",
        "Commit",
        "Not before ledger entry",
    ]
    rows = [_stage(study.provenance, name) for name in study.provenance.stages]
    key = (
        "<sub>Work: summed over everything the stage's results rest on, "
        "also what was stored before.</sub>"
    )
    parts += [saved] if (saved := savings(study)) else []
    told = [table(header, rows, right="lrllrr"), key, _versions(study.provenance)]
    return "\n\n".join([*parts, *told, *_against_commit(study.provenance)])


def _stage(provenance: Provenance, name: str) -> list[str]:
    stage = provenance.stages[name]
    numerics = ", ".join(
        f"{escape(key)} {escape(value)}" for key, value in sorted(stage.numerics.items())
    )
    commit = code(stage.commit[:10]) if stage.commit else "not recorded"
    return [
        escape(name),
        seconds(stage.seconds),
        escape(stage.device),
        numerics or DASH,
        DASH if stage.peak_memory_mb is None else f"{decimal(stage.peak_memory_mb, 0)} MB",
        "not told" if stage.joules is None else f"{decimal(stage.joules / 1000, 1)} kJ",
        f"{commit} **with uncommitted changes**" if stage.dirty else commit,
        _head(stage.ledger_head),
    ]


def _head(ledger_head: str | None) -> str:
    if ledger_head is None:
        return "not recorded"
    return code(ledger_head[:12]) if ledger_head else "empty ledger"


def _versions(provenance: Provenance) -> str:
    """Return each set of versions once, with the stages it belongs to."""
    groups: dict[str, list[str]] = {}
    for name, stage in provenance.stages.items():
        words = ", ".join(
            f"{escape(key)} {escape(value)}" for key, value in sorted(stage.versions.items())
        )
        groups.setdefault(words, []).append(escape(name))
    return "\n".join(f"- {', '.join(names)}: {words}" for words, names in groups.items())


def _against_commit(provenance: Provenance) -> list[str]:
    """Say how far the results are from those of the commit; nothing where they agree."""
    apart = provenance.against_commit
    if apart is None or not apart.changed:
        return []
    largest = ", ".join(f"{value:.2g} {escape(unit)}" for unit, value in apart.largest.items())
    return [
        (
            f"**Differs from the committed results** in {apart.changed:,} of {apart.compared:,} "
            f"numbers, by at most {largest}: another machine's arithmetic, or another version of a "
            "library. `git restore reports` brings the committed ones back."
        )
    ]
