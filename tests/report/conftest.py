"""A project as small_experiments.md measured it: numbers of A0 and A1, claims in every state."""

import math
from pathlib import Path

import pytest

from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.records.llc import LlcContrast, LlcPoint
from cpbench.records.plans import Plan
from cpbench.records.provenance import StageProvenance, add_provenance
from cpbench.records.scores import Claim, Forecast, Payment, Scores, Unregistered
from cpbench.records.series import Point, Series, Value
from cpbench.records.standings import Balance, Duel, Standing, Standings
from cpbench.specs.quantities import written

REMOVALS = (0, 10, 20, 40, 60, 80, 120, 160, 240, 320, 480)
CURVES = {
    "b25": (88.9, 87.9, 87.0, 86.2, 85.9, 85.6, 84.2, 84.2, 84.1, 84.4, 84.0),
    "b50": (88.6, 88.1, 87.6, 86.7, 86.2, 85.5, 84.6, 84.5, 83.6, 84.2, 82.9),
    "b100": (88.4, 88.3, 87.7, 87.4, 86.9, 86.6, 85.9, 85.5, 84.6, 83.9, 83.4),
    "flip": (88.6, 88.3, 88.5, 88.6, 88.3, 88.4, 88.6, 88.4, 88.3, 88.3, 88.4),
    "permutation": (88.6, 86.9, 86.9, 86.7, 86.8, 86.5, 86.9, 86.7, 86.5, 86.7, 86.8),
}
NEVER = {"b25": 77.6, "b50": 77.1, "b100": 76.6, "flip": 21.0, "permutation": 0.4}
Z = {"b25": 10.7, "b50": 10.9, "b100": 12.0, "flip": 0.6, "permutation": 5.3}
HALF = {"b25": (31, 21, 43), "b50": (58, 40, 70), "b100": (90, 62, 110)}
END = {"b25": (104, 92, 122), "b50": (137, 102, 191), "b100": (278, 190, 350)}
STEPS_PER_EPOCH = {"b25": 4, "b50": 2, "b100": 1, "flip": 2, "permutation": 2}

DECAY_REMOVALS = (0, 5, 10, 20, 40, 80, 120, 160, 200, 280)
DECAY = (93.3, 93.2, 93.0, 92.8, 91.7, 88.8, 84.7, 80.6, 76.0, 68.0)
DECAY_SCHEDULE = (93.3, 93.3, 93.3, 93.3, 93.4, 93.2, 92.9, 91.8, 89.5, 83.0)


def point(removal: int, mean: float, half_width: float, n: int, steps: int, left: float) -> Point:
    return Point(
        removal=removal,
        mean=mean,
        low=mean - half_width,
        high=mean + half_width,
        n=n,
        steps=steps,
        lr_steps_left=left,
    )


def value(
    expr: str, unit: str, numbers: tuple[float, float, float] | None, status: str = "ok"
) -> Value:
    center, low, high = numbers or (None, None, None)
    return Value.model_validate(
        {
            "expr": expr,
            "value": center,
            "low": low,
            "high": high,
            "unit": unit,
            "status": status,
            "n_seeds": 20,
        }
    )


def digits_series(arm: str) -> Series:
    name = f"digits.{arm}"
    steps = STEPS_PER_EPOCH[arm]

    def line(means: tuple[float, ...], spread: float) -> tuple[Point, ...]:
        return tuple(
            point(r, m, spread * (0.37 + 0.4 * r / 480), 20, r * steps, 100 * steps * 0.05)
            for r, m in zip(REMOVALS, means, strict=True)
        )

    curve = CURVES[arm]
    clean = tuple(88.6 + 0.08 * math.sin(index) for index in range(11))
    never = tuple(NEVER[arm] + 0.1 * math.cos(index) for index in range(11))
    drop = curve[0] - curve[-1]
    ends = {
        "broken_stick_flat": END.get(arm),
        "drop90": tuple(1.08 * x for x in END[arm]) if arm in END else None,
        "logistic": tuple(0.93 * x for x in END[arm]) if arm in END else None,
    }
    levels = [
        value(f"baseline({name})", "percent", (88.6, 88.2, 89.0)),
        value(f"plateau({name})", "percent", (curve[-1] + 0.3, curve[-1] - 0.2, curve[-1] + 0.8)),
    ]
    if arm in HALF:
        levels += [
            value(f"never({name})", "percent", (NEVER[arm], NEVER[arm] - 0.6, NEVER[arm] + 0.6)),
            value(f"half({name})", "epoch", HALF[arm]),
        ]
        levels += [
            value(written("end", name, {"estimator": e}), "epoch", v) for e, v in ends.items()
        ]
        levels += [
            value(f"{which}({name}, axis=steps)", "step", tuple(steps * x for x in numbers[arm]))
            for which, numbers in (("half", HALF), ("end", END))
        ]
    else:
        levels += [value(f"{q}({name})", "epoch", None, "no_drop") for q in ("half", "end")]
    return Series(
        protocol="digits",
        arm=arm,
        metric="test_accuracy",
        curve=line(curve, 1.0),
        no_deficit=line(clean, 0.8) if arm in HALF else (),
        never_removed=line(never, 1.2),
        train=line((100.0,) * 11, 0.0),
        damage=line(tuple(c - m for c, m in zip(clean, curve, strict=True)), 0.9),
        drop=value(f"drop({name})", "pp", (drop, drop - 0.7, drop + 0.7)),
        drop_z=Z[arm],
        quantities=tuple(levels),
        llc=lambda_hats(arm),
        llc_contrasts=contrasts() if arm == "b50" else (),
    )


def lambda_hats(arm: str) -> tuple[LlcPoint, ...]:
    if arm == "b25":
        return llc_points(arm)
    return (*llc_points(arm), *llc_points(arm, "no_deficit")) if arm == "b50" else ()


def contrasts() -> tuple[LlcContrast, ...]:
    own = LlcContrast(measurement="llc", removal=480, other_arm="b50", other_control="no_deficit")
    other = own.model_copy(update={"other_control": ""})
    return (
        own.model_copy(update={"mean": -0.91, "low": -1.02, "high": -0.8, "n": 2, "apart": 1}),
        other.model_copy(
            update={"other_arm": "b25", "problem": "trained for 2,320 and 1,160 steps"}
        ),
        other.model_copy(update={"other_arm": "flip", "mean": -0.77, "n": 1, "left_out": 1}),
    )


def llc_points(arm: str, control: str = "") -> tuple[LlcPoint, ...]:
    base = {"b25": 31.0, "b50": 28.0}[arm] - (7.0 if control else 0.0)
    points: list[LlcPoint] = []
    for index, removal in enumerate((0, 40, 160, 480)):
        for seed in (0, 1):
            for at in ("removal", "final"):
                level = (
                    base * (0.4 if at == "removal" and removal == 0 else 1 + 0.12 * index)
                    + 1.3 * seed
                )
                failed = at == "removal" and removal == 0 and seed == 1
                flagged = removal == 160 and at == "final" and arm == "b25"
                status = (
                    "failed(chain 2 diverged)"
                    if failed
                    else "flagged(r_hat 1.14)"
                    if flagged
                    else "ok"
                )
                points.append(
                    LlcPoint(
                        measurement="llc",
                        control=control,
                        removal=removal,
                        seed=seed,
                        at=at,
                        epoch=removal + (100 if at == "final" else 0),
                        llc=None if failed else level,
                        se=None if failed else 0.05 * level,
                        low=None if failed else 0.9 * level,
                        high=None if failed else 1.25 * level,
                        variance_share=None if failed else 0.625,
                        impaired=None if failed else at == "removal" and removal > 0,
                        nbeta=None if failed else 21.71,
                        localization=None if failed else 100.0,
                        batch_size=None if failed else 100,
                        num_draws=None if failed else 300,
                        num_weights=None if failed else 26_122,
                        num_live_weights=None if failed else 24_970,
                        steps=(removal + 100) * STEPS_PER_EPOCH[arm] if at == "final" else None,
                        final_lr=0.05 if at == "final" else None,
                        status=status,
                    )
                )
    return tuple(points)


def decay_series() -> Series:
    def line(means: tuple[float, ...], spread: float) -> tuple[Point, ...]:
        return tuple(
            point(
                r,
                m,
                spread * (0.5 + r / 200),
                10,
                r * 10,
                0.05 * 0.98**r * 10 * (1 - 0.98**100) / 0.02,
            )
            for r, m in zip(DECAY_REMOVALS, means, strict=True)
        )

    return Series(
        protocol="digits_decay",
        arm="main",
        metric="test_accuracy",
        curve=line(DECAY, 0.9),
        no_deficit=line((93.3,) * 10, 0.9),
        schedule_only=line(DECAY_SCHEDULE, 0.9),
        train=line((100, 100, 100, 100, 100, 99.8, 98.1, 95.0, 90.1, 80.4), 0.4),
        damage=line(tuple(93.3 - m for m in DECAY), 0.9),
        drop=value("drop(digits_decay.main)", "pp", (25.3, 23.9, 26.8)),
        drop_z=27.4,
        quantities=(
            value("baseline(digits_decay.main)", "percent", (93.3, 92.8, 93.8)),
            Value(
                expr="end(digits_decay.main)",
                bound=280,
                low=240,
                unit="epoch",
                status="right_censored",
                n_seeds=10,
                note="no plateau by 280",
            ),
            Value(
                expr="end(digits_decay.main, estimator=drop90)",
                unit="epoch",
                status="missing",
                n_seeds=10,
                note="needs a plateau",
            ),
        ),
    )


def claim(identifier: str, explanation: str, outcome: dict[str, object], **rest: object) -> Claim:
    fields: dict[str, object] = {
        "prediction": "batch_size_2023",
        "id": identifier,
        "prediction_title": "Does a smaller batch end its critical period later?",
        "title": explanation,
        "text": "end(digits.b25) > end(digits.b100)",
        "explanation": explanation,
        "protocols": ("digits",),
        "registered_seq": 3,
        "registered_at": "2026-11-20T10:00:00Z",
        "exposure": "nothing_run",
        "outcome": {"rule": "decisive at 0.95 over 2,000 seed draws", **outcome},
        "quantities": (),
        "forecasts": (
            Forecast(by="kave", probability=0.65),
            Forecast(by="garrett", probability=0.5),
        ),
        "payments": (),
    }
    return Claim.model_validate(fields | rest)


def claims() -> tuple[Claim, ...]:
    return (
        claim(
            "later",
            "The critical period of b25 ends later, in epochs, than that of b100.",
            {
                "state": "no",
                "probability": 0.002,
                "undefined": 0.01,
                "n_seeds": 20,
                "sign_count": "1 of 20",
            },
            quantities=(
                value("end(digits.b25)", "epoch", END["b25"]),
                value("end(digits.b100)", "epoch", END["b100"]),
            ),
            forecasts=(
                Forecast(
                    by="kave",
                    probability=0.65,
                    brier=0.4225,
                    note="noise moves you | more per epoch",
                ),
                Forecast(by="garrett", probability=0.5, brier=0.25),
                Forecast(by="latecomer", probability=0.01, late=True),
            ),
            payments=(
                Payment(party="kave", cents=-1000, currency="USD"),
                Payment(party="garrett", cents=1000, currency="USD"),
            ),
            exposure="piloted",
            known_results=("reports/results/blur_cifar_b128.csv",),
            badges=("piloted", "results existed"),
        ),
        claim(
            "same_steps",
            "Half of the loss is done at the same optimizer step, within 40 steps.",
            {
                "state": "ambiguous",
                "reason": "the draws do not decide",
                "probability": 0.71,
                "n_seeds": 20,
                "sign_count": "13 of 20",
            },
        ),
        claim(
            "harmless",
            "A vertical flip costs less than 1 percentage point.",
            {"state": "yes", "probability": 1.0, "n_seeds": 20, "sign_count": "19 of 20"},
            prediction="controls",
            prediction_title="Harmless deficits are harmless",
            forecasts=(
                Forecast(by="kave", probability=0.9, brier=0.01),
                Forecast(by="garrett", probability=0.8, brier=0.04),
            ),
        ),
        claim(
            "decay_ends",
            "With a decaying learning rate the period ends before epoch 200.",
            {"state": "annulled", "reason": "no_drop: the curve has no plateau", "n_seeds": 10},
            prediction="controls",
            prediction_title="Harmless deficits are harmless",
            protocols=("digits_decay",),
            confounds=("learning rate left after removal",),
            badges=("confounded",),
        ),
        claim(
            "cifar_later",
            "On CIFAR-10 the critical period of batch 64 ends later than that of batch 128.",
            {
                "state": "pending",
                "reason": "blur_cifar has no results; run `dvc repro pipelines/heavy/dvc.yaml`",
            },
            prediction="cifar",
            prediction_title="The 2023 bet, as it was",
            protocols=("blur_cifar",),
        ),
    )


@pytest.fixture
def scores() -> Scores:
    return Scores(
        ledger_head="5f1c" * 16,
        claims=claims(),
        standings=(
            Standings(
                table="people",
                baseline="a uniform forecast",
                rows=(
                    Standing(by="garrett", n=2, offered=2, mean_brier=0.145, skill=0.42, pending=1),
                    Standing(by="kave", n=2, offered=2, mean_brier=0.21625, skill=0.13, pending=1),
                ),
                duels=(Duel(one="garrett", other="kave", wins=1, losses=1, ties=0),),
                num_protocols=1,
                doubt="too few: 1 independent protocol, 5 are needed to rank",
            ),
        ),
        balances=(
            Balance(party="garrett", currency="USD", cents=1000, num_settled=1, num_open=0),
            Balance(party="kave", currency="USD", cents=-1000, num_settled=1, num_open=0),
        ),
        not_registered=(
            Unregistered(
                file="specs/predictions/draft.yaml", reason="edited after it was registered"
            ),
        ),
        series=(*(digits_series(arm) for arm in CURVES), decay_series()),
    )


SPEC = """\
id: {name}
about:
  title: {title}
  source: after Achille, Rovere & Soatto (2019), on scikit-learn's digits
  expect: {{drop_pp: 5, cpu_seconds: 60}}
  chosen_by: picked after about 100 exploratory runs by test accuracy | n_train, `lr` and <width>
protocol:
  dataset: {{kind: digits, train_size: 100}}
  model: {{kind: mlp, widths: [128, 128]}}
  training:
    batch_size: 50
    optimizer: {{kind: sgd, lr: 0.05, momentum: 0.9}}
    lr_law: {{kind: constant}}
  phases:
    - until: $removal
      deficits: [{{kind: blur, factor: 4, down: bilinear_antialias, up: bilinear}}]
    - {{for: 100}}
  sweep: {{removal: [0, 10, 480]}}
  arms: {arms}
  seeds: 20
measurements:
  accuracy: {{kind: accuracy, at: [removal, final]}}
"""
ARMS = """
    b25: {training.batch_size: 25}
    b50: {}
    b100: {training.batch_size: 100}
    flip: {"phases.0.deficits": [{kind: vertical_flip}]}
    permutation: {"phases.0.deficits": [{kind: class_permutation, shift: 3}]}"""


def plan(name: str, arms: tuple[str, ...]) -> Plan:
    return Plan(
        protocol=name,
        digest="ab" * 32,
        engine_version=1,
        dataset_sha256="cd" * 32,
        metric="test_accuracy",
        axes={"removal": REMOVALS},
        arms=arms,
        controls=("no_deficit", "never_removed"),
        seeds=tuple(range(20)),
        epochs_naive=262_000,
        epochs_shared=61_600,
        conditions=(),
        runs=(),
        segments=(),
    )


def stage(seconds: float, **changes: str) -> StageProvenance:
    return StageProvenance(
        seconds=seconds,
        device="cpu, 2 cores",
        numerics={
            "device": "cpu",
            "precision": "float32",
            "executor": "stacked",
            "threads": "1",
            **changes,
        },
        versions={"python": "3.11.7", "torch": "2.10.0", "numpy": "2.4.6", "cpbench": "0.1.0"},
        commit="0123456789abcdef0123456789abcdef01234567",
        dirty=False,
        ledger_head="5f1c" * 16,
        peak_memory_mb=412.0,
    )


@pytest.fixture
def project(tmp_path: Path, scores: Scores) -> Project:
    """Two protocols with results, a heavy one without."""
    project = Project(tmp_path)
    write_text(project.params, "protocols: [digits, digits_decay]\nheavy: [blur_cifar]\n")
    specs = {
        "digits": (
            "Blur removed at epoch t, then 100 clean epochs, at constant learning rate",
            ARMS,
        ),
        "digits_decay": ("The same with a decaying learning rate", "{}"),
        "blur_cifar": ("The 2023 bet's own protocol", "{}"),
    }
    for name, (title, arms) in specs.items():
        write_text(project.protocol(name), SPEC.format(name=name, title=title, arms=arms))
    write_text(project.plan("digits"), to_json(plan("digits", tuple(CURVES)).json_value()))
    write_text(project.plan("digits_decay"), to_json(plan("digits_decay", ("main",)).json_value()))
    add_provenance(project.provenance("digits"), "train", stage(41.2))
    add_provenance(project.provenance("digits"), "measure", stage(7.9))
    add_provenance(project.provenance("digits_decay"), "train", stage(12.0))
    add_provenance(project.provenance("digits_decay"), "measure", stage(3.0, device="cuda"))
    write_text(project.scores, to_json(scores.json_value()))
    return project
