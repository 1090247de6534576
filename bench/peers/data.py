"""Writes the data of the comparison: one Parquet file, rows in random order.

There is a key for every 200 units. Every unit has 10 keys, drawn by popularity,
and 5 rows in each, so that the bounds that all packages are given (10 keys a unit, 5 rows a key) drop
nothing: what is measured is noise and selection, not truncation.

usage: data.py UNITS FILE
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PER_KEY, PER_UNIT, ROWS = 200, 10, 5


def main(units: int, path: str) -> None:
    rng = np.random.default_rng(20260101)
    keys = max(units // PER_KEY, 2 * PER_UNIT)
    log_weight = -0.7 * np.log(np.arange(keys) + 10.0)
    chosen = np.empty((units, PER_UNIT), dtype=np.int64)
    for at in range(0, units, 10_000):  # the largest of weight * exponential: without replacement
        n = min(10_000, units - at)
        race = log_weight + rng.gumbel(size=(n, keys))
        chosen[at : at + n] = np.argpartition(race, -PER_UNIT, axis=1)[:, -PER_UNIT:]
    unit = np.repeat(np.arange(units), PER_UNIT * ROWS)
    key = np.repeat(chosen.reshape(-1), ROWS)
    value = np.minimum(rng.exponential(3.0, size=unit.size), 10.0)
    order = rng.permutation(unit.size)
    table = pa.table(
        {
            "id": pa.array(np.char.mod("u%08d", unit[order].astype(np.int32)) if units <= 50_000 else [f"u{u:08d}" for u in unit[order]]),
            "key": pa.array(key[order]),
            "value": pa.array(value[order]),
        }
    )
    pq.write_table(table, path, row_group_size=1_000_000)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
