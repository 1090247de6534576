"""PipelineDP on its local backend.

usage: run_pipelinedp.py DATA OUT
"""

import csv
import sys

import pipeline_dp
import pyarrow.parquet as pq


def rows(path: str):
    for batch in pq.ParquetFile(path).iter_batches(batch_size=100_000):
        yield from zip(*(c.to_pylist() for c in batch.columns))


def main(data: str, out: str) -> None:
    accountant = pipeline_dp.NaiveBudgetAccountant(total_epsilon=1.0, total_delta=1e-6)
    engine = pipeline_dp.DPEngine(accountant, pipeline_dp.LocalBackend())
    params = pipeline_dp.AggregateParams(
        noise_kind=pipeline_dp.NoiseKind.LAPLACE,
        metrics=[pipeline_dp.Metrics.COUNT, pipeline_dp.Metrics.SUM],
        max_partitions_contributed=10,
        max_contributions_per_partition=5,
        min_value=0.0,
        max_value=10.0,
    )
    extractors = pipeline_dp.DataExtractors(
        privacy_id_extractor=lambda r: r[0], partition_extractor=lambda r: r[1], value_extractor=lambda r: r[2]
    )
    result = engine.aggregate(rows(data), params, extractors)
    accountant.compute_budgets()
    with open(out, "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["key", "count", "sum"])
        for key, m in result:
            w.writerow([key, m.count, m.sum])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
