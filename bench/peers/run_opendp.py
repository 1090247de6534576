"""OpenDP's Polars interface: truncation by identifier, then noisy group by.

The sum of floats needs public bounds on rows and groups; they are set to what
the data has, because loose ones widen the noise.

usage: run_opendp.py DATA OUT
"""

import sys

import opendp.prelude as dp
import polars as pl
import pyarrow.parquet as pq

dp.enable_features("contrib")


def main(data: str, out: str) -> None:
    total = pq.ParquetFile(data).metadata.num_rows
    context = dp.Context.compositor(
        data=pl.scan_parquet(data),
        privacy_unit=dp.unit_of(contributions=1, identifier=pl.col("id")),
        privacy_loss=dp.loss_of(epsilon=1.0, delta=1e-6),
        split_evenly_over=1,
        margins=[
            dp.polars.Margin(by=[], max_length=total),
            dp.polars.Margin(by=["key"], max_length=total // 10, max_groups=max(total // 10_000, 20)),
        ],
    )
    # truncate_num_groups keeps the groups whose rank, counted from 1, is below
    # its argument: 11 keeps ten, and is charged as eleven. Its default of
    # sampling them fails in 0.16.0 where the key is one column; "first" is
    # deterministic and as good here, where nothing is dropped.
    query = (
        context.query()
        .truncate_per_group(5, by=["key"])
        .truncate_num_groups(11, by=["key"], keep="first")
        .group_by("key")
        .agg(dp.len().alias("count"), pl.col("value").fill_null(0.0).fill_nan(0.0).dp.sum((0.0, 10.0)).alias("sum"))
    )
    query.release().collect().select("key", "count", "sum").write_csv(out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
