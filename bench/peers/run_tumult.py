"""Tumult Analytics on local Spark. Keys cost a third of the budget, as do the
count and the sum.

usage: run_tumult.py DATA OUT
"""

import os
import sys

from pyspark.sql import SparkSession
from tmlt.analytics import AddRowsWithID, ApproxDPBudget, KeySet, MaxGroupsPerID, MaxRowsPerGroupPerID, QueryBuilder, Session


def main(data: str, out: str) -> None:
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "6g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.warehouse.dir", os.path.join(os.path.dirname(os.path.abspath(out)), "spark-warehouse"))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    frame = spark.read.parquet(data)
    session = Session.from_dataframe(ApproxDPBudget(1.0, 1e-6), "visits", frame, protected_change=AddRowsWithID("id"))
    bounded = QueryBuilder("visits").enforce(MaxGroupsPerID("key", 10)).enforce(MaxRowsPerGroupPerID("key", 5))
    keys = KeySet.from_dataframe(session.evaluate(bounded.get_groups(["key"]), ApproxDPBudget(1 / 3, 1e-6)))
    counts = session.evaluate(bounded.groupby(keys).count(name="count"), ApproxDPBudget(1 / 3, 0))
    sums = session.evaluate(bounded.groupby(keys).sum("value", 0, 10, name="sum"), session.remaining_privacy_budget)
    counts.join(sums, "key").select("key", "count", "sum").toPandas().to_csv(out, index=False)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
