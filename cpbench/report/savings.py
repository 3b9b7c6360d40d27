"""What sharing and packing saved, in seconds: provenance against what else it would have taken."""

from cpbench.records.plans import Plan
from cpbench.records.provenance import Provenance, StageProvenance
from cpbench.report.evidence import STUDY_BENCHMARK, Study
from cpbench.report.markdown import escape
from cpbench.report.numbers import decimal, seconds


def savings(study: Study) -> str:
    """Return what training took and what else it would have taken; nothing before it was run."""
    train = study.provenance.stages.get("train")
    if train is None:
        return ""
    shared = _shared(train, study.plan) if study.plan else ""
    lines = (shared, _packed(train, study.packing), _drawn(study.provenance))
    return "\n".join(f"- {line}" for line in lines if line)


def _shared(train: StageProvenance, plan: Plan) -> str:
    if not plan.epochs_shared:
        return ""
    alone = train.seconds * plan.epochs_naive / plan.epochs_shared
    return (
        f"Sharing: training took {seconds(train.seconds)}. One run after another, with as many "
        f"seconds per epoch, {plan.epochs_naive:,} epochs would have taken {seconds(alone)}: "
        f"{seconds(alone - train.seconds)} saved."
    )


def _packed(train: StageProvenance, ratio: float | None) -> str:
    if train.width is None or train.width == 1:
        return "Packing: every member was trained alone, so nothing was saved."
    told = f"Packing: up to {train.width} members were trained as one program"
    if ratio is None:
        return f"{told}; what that saved was not measured."
    return (
        f"{told}. One after another they take {decimal(ratio, 1)} times as long "
        f"([measured](../{STUDY_BENCHMARK})): {seconds(train.seconds * (ratio - 1))} saved."
    )


def _drawn(provenance: Provenance) -> str:
    """Return memory and energy of the stages; never an energy that no device told."""
    stages = provenance.stages
    peaks = [each.peak_memory_mb for each in stages.values() if each.peak_memory_mb is not None]
    memory = f"at most {decimal(max(peaks), 0)} MB in one process" if peaks else "not recorded"
    told = {name: each.joules for name, each in stages.items() if each.joules is not None}
    energy = "not told by this device"
    if told:
        kilojoules = decimal(sum(told.values()) / 1000, 1)
        energy = f"{kilojoules} kJ ({', '.join(map(escape, told))}), with whatever else ran there"
    return f"Memory: {memory}. Energy: {energy}."
