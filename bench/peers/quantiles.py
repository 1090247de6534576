"""Asks one package for quantiles of the same 1,000 values, again and again, and
writes what it answered as JSON: {question: [[value, ...], ...]}. Or makes these
values, or the table: the root mean square of how many ranks answers are off.

usage: quantiles.py data DIR
       quantiles.py opendp|pipelinedp|diffprivlib DIR REPEATS
       quantiles.py table DIR [DOC]
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np

LOW, HIGH, POINTS, UNITS = 0.0, 200.0, 1000, 1000
FRACTIONS = {
    "median": [0.5],
    "quartiles": [0.25, 0.5, 0.75],
    "19 fractions": [round(0.05 * i, 2) for i in range(1, 20)],
}
LOSSES = {"epsilon 1": {"epsilon": 1.0}, "rho 0.5": {"rho": 0.5}}
NAMES = {
    "glovebox": "Glovebox",
    "google": "Google differential-privacy/go 3.0.0",
    "opendp": "OpenDP 0.16.0",
    "pipelinedp": "PipelineDP 0.3.1",
    "diffprivlib": "diffprivlib 0.6.6",
}


def data(base: Path) -> None:
    """Lognormal values, one of each unit, on the points that answers come from."""
    values = np.random.default_rng(11).lognormal(3.0, 1.0, UNITS).clip(LOW, HIGH)
    step = (HIGH - LOW) / POINTS
    (base / "values.json").write_text(json.dumps((np.round(values / step) * step).round(1).tolist()))


def opendp(values, fractions, loss):
    import opendp.prelude as dp
    import polars as pl

    dp.enable_features("contrib")
    step = (HIGH - LOW) / POINTS
    candidates = [round(LOW + i * step, 1) for i in range(POINTS + 1)]
    context = lambda: dp.Context.compositor(
        data=pl.LazyFrame({"value": values}),
        privacy_unit=dp.unit_of(contributions=1),
        privacy_loss=dp.loss_of(**loss),
        split_evenly_over=1,
        margins=[dp.polars.Margin(by=[], max_length=2 * UNITS)],
    )
    column = pl.col("value").fill_null(0.0).fill_nan(0.0)

    def ask():
        query = context().query().select(*(column.dp.quantile(f, candidates).alias(f"q{i}") for i, f in enumerate(fractions)))
        return [float(v) for v in query.release().collect().row(0)]

    return ask


def pipelinedp(values, fractions, loss):
    import pipeline_dp as pdp

    if "rho" in loss:
        return None
    rows = list(enumerate(values))
    extract = pdp.DataExtractors(privacy_id_extractor=lambda r: r[0], partition_extractor=lambda r: 0, value_extractor=lambda r: r[1])
    params = pdp.AggregateParams(
        noise_kind=pdp.NoiseKind.LAPLACE,
        metrics=[pdp.Metrics.PERCENTILE(100 * f) for f in fractions],
        max_partitions_contributed=1,
        max_contributions_per_partition=1,
        min_value=LOW,
        max_value=HIGH,
    )

    def ask():
        accountant = pdp.NaiveBudgetAccountant(total_epsilon=loss["epsilon"], total_delta=0.0)
        result = pdp.DPEngine(accountant, pdp.LocalBackend()).aggregate(rows, params, extract, public_partitions=[0])
        accountant.compute_budgets()
        return [float(v) for v in list(result)[0][1]]

    return ask


def diffprivlib(values, fractions, loss):
    from diffprivlib import tools

    if "rho" in loss:
        return None
    array = np.array(values)
    return lambda: [float(v) for v in np.atleast_1d(tools.quantile(array, fractions, epsilon=loss["epsilon"], bounds=(LOW, HIGH)))]


def ask(name: str, base: Path, repeats: int) -> None:
    warnings.simplefilter("ignore")
    values, out = json.loads((base / "values.json").read_text()), {}
    for title, fractions in FRACTIONS.items():
        for price, loss in LOSSES.items():
            if question := globals()[name](values, fractions, loss):
                out[f"{title}, {price}"] = [question() for _ in range(repeats)]
    (base / f"quantiles-{name}.json").write_text(json.dumps(out))


def off(values: np.ndarray, answer: float, fraction: float) -> float:
    """How many ranks lie between an answer and the wanted one."""
    low, high, rank = (values < answer).sum(), (values <= answer).sum(), fraction * len(values)
    return float(max(low - rank, rank - high, 0))


def table(base: Path, doc: Path | None) -> None:
    values = np.array(json.loads((base / "values.json").read_text()))
    questions = [f"{t}, {p}" for p in LOSSES for t in FRACTIONS]
    lines = ["| package | " + " | ".join(questions) + " | repeats |", "|---" * (len(questions) + 2) + "|"]
    for name, title in NAMES.items():
        path = base / f"quantiles-{name}.json"
        if not path.exists():
            failed = base / f"{name}.failed"
            lines.append(f"| {title} | {failed.read_text().strip() if failed.exists() else 'not run'} |" + " |" * len(questions))
            continue
        answers, cells, repeats = json.loads(path.read_text()), [], 0
        for q in questions:
            if q not in answers:
                cells.append("-")
                continue
            fractions, repeats = FRACTIONS[q[: q.rindex(",")]], len(answers[q])
            errors = [off(values, a, f) for row in answers[q] for a, f in zip(row, fractions)]
            cells.append(f"{np.sqrt(np.mean(np.square(errors))):.3g}")
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {repeats} |")
    text = "\n".join(lines)
    print(text)
    if doc:
        begin, end = "<!-- accuracy peer-quantiles -->\n", "\n<!-- /accuracy peer-quantiles -->"
        old = doc.read_text()
        doc.write_text(old[: old.index(begin) + len(begin)] + text + old[old.index(end) :])


if __name__ == "__main__":
    match sys.argv[1]:
        case "data":
            data(Path(sys.argv[2]))
        case "table":
            table(Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
        case name:
            ask(name, Path(sys.argv[2]), int(sys.argv[3]))
