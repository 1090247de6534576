"""Asks one package the four questions of the comparison of errors, again and
again, and writes the answers as JSON: {question: [{key: value}, ...]}.

usage: accuracy_run.py NAME DIR REPEATS
"""

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

import pandas as pd

# What every package is given, beside epsilon 1 for each question. Keys are
# public; a unit touches at most l0 keys, with at most rows rows in each.
QUESTIONS = {
    "pums count": {"data": "pums", "l0": 1, "rows": 1, "sum": None},
    "pums sum": {"data": "pums", "l0": 1, "rows": 1, "sum": (0.0, 150_000.0)},
    "skewed count": {"data": "skewed", "l0": 5, "rows": 10, "sum": None},
    "skewed sum": {"data": "skewed", "l0": 5, "rows": 10, "sum": (0.0, 20.0)},
}


def opendp(q, frame, keys):
    import opendp.prelude as dp
    import polars as pl

    dp.enable_features("contrib")
    data, public = pl.from_pandas(frame).lazy(), pl.DataFrame({"key": keys}).lazy()
    total = len(frame)

    def ask():
        context = dp.Context.compositor(
            data=data,
            privacy_unit=dp.unit_of(contributions=1, identifier=pl.col("id")),
            privacy_loss=dp.loss_of(epsilon=1.0),
            split_evenly_over=1,
            margins=[dp.polars.Margin(by=[], max_length=total), dp.polars.Margin(by=["key"], max_length=total, max_groups=len(keys))],
        )
        value = dp.len(signed=True)
        if q["sum"]:
            value = pl.col("value").fill_null(0.0).fill_nan(0.0).dp.sum(q["sum"])
        query = context.query().truncate_per_group(q["rows"], by=["key"])
        # See run_opendp.py: k+1 keeps k, and is charged as k+1.
        query = query.truncate_num_groups(q["l0"] + 1, by=["key"], keep="first")
        answer = query.group_by("key").agg(value.alias("v")).with_keys(public).release().collect()
        return dict(zip(answer["key"].to_list(), answer["v"].to_list()))

    return ask


def smartnoise(q, frame, keys):
    from snsql import Privacy, from_df

    table = {"max_ids": q["l0"] * q["rows"], "row_privacy": False, "sample_max_ids": True, "censor_dims": False}
    low, high = q["sum"] or (0.0, 1.0)
    table |= {"id": {"private_id": True, "type": "string"}, "key": {"type": "int"}}
    table["value"] = {"type": "float", "lower": low, "upper": high}
    reader = from_df(frame, privacy=Privacy(epsilon=1.0, delta=1e-9), metadata={"": {"acc": {"t": table}}})
    what = "SUM(value)" if q["sum"] else "COUNT(*)"
    return lambda: {int(k): float(v) for k, v in reader.execute(f"SELECT key, {what} AS v FROM acc.t GROUP BY key")[1:]}


def pipelinedp(q, frame, keys):
    import pipeline_dp as pdp

    rows = list(zip(frame["id"].tolist(), frame["key"].tolist(), frame["value"].tolist()))
    extract = pdp.DataExtractors(privacy_id_extractor=lambda r: r[0], partition_extractor=lambda r: r[1], value_extractor=lambda r: r[2])
    low, high = q["sum"] or (None, None)
    params = pdp.AggregateParams(
        noise_kind=pdp.NoiseKind.LAPLACE,
        metrics=[pdp.Metrics.SUM if q["sum"] else pdp.Metrics.COUNT],
        max_partitions_contributed=q["l0"],
        max_contributions_per_partition=q["rows"],
        min_value=low,
        max_value=high,
    )

    def ask():
        accountant = pdp.NaiveBudgetAccountant(total_epsilon=1.0, total_delta=0.0)
        result = pdp.DPEngine(accountant, pdp.LocalBackend()).aggregate(rows, params, extract, public_partitions=keys)
        accountant.compute_budgets()
        return {k: (m.sum if q["sum"] else m.count) for k, m in result}

    return ask


def tumult(q, frame, keys):
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession
    from tmlt.analytics import AddRowsWithID, KeySet, MaxGroupsPerID, MaxRowsPerGroupPerID, PureDPBudget, QueryBuilder, Session

    warehouse = os.path.join(tempfile.gettempdir(), "spark-warehouse")
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2").config("spark.sql.warehouse.dir", warehouse).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    budget = PureDPBudget(float("inf"))
    session = Session.from_dataframe(budget, "t", spark.createDataFrame(frame), protected_change=AddRowsWithID("id"))
    bounded = QueryBuilder("t").enforce(MaxGroupsPerID("key", q["l0"])).enforce(MaxRowsPerGroupPerID("key", q["rows"]))
    grouped = bounded.groupby(KeySet.from_dict({"key": keys}))
    query = grouped.sum("value", *q["sum"], name="v") if q["sum"] else grouped.count(name="v")

    def ask():
        answer = session.evaluate(query, PureDPBudget(1)).toPandas()
        return dict(zip(answer["key"].tolist(), answer["v"].tolist()))

    return ask


def diffprivlib(q, frame, keys):
    from diffprivlib import tools

    if q["l0"] > 1:
        return None  # it knows rows, not units
    groups = {k: frame[frame["key"] == k]["value"].to_numpy() for k in keys}
    if q["sum"]:
        return lambda: {k: float(tools.sum(v, epsilon=1.0, bounds=q["sum"])) for k, v in groups.items()}
    return lambda: {k: float(tools.count_nonzero(v * 0 + 1, epsilon=1.0)) for k, v in groups.items()}


def main(name: str, base: Path, repeats: int) -> None:
    warnings.simplefilter("ignore")
    out = {}
    for question, q in QUESTIONS.items():
        frame = pd.read_csv(base / f"{q['data']}.csv", dtype={"id": str, "key": int, "value": float})
        ask = globals()[name](q, frame, sorted(frame["key"].unique().tolist()))
        if ask:
            out[question] = [ask() for _ in range(repeats)]
    (base / f"answers-{name}.json").write_text(json.dumps(out))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
