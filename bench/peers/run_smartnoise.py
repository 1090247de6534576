"""SmartNoise SQL over a pandas frame. Its epsilon is of each noisy column, and
it bounds rows of a unit, not keys: 50 rows. The price of the query is scaled to
1.

usage: run_smartnoise.py DATA OUT
"""

import csv
import sys

import pandas as pd
from snsql import Privacy, from_df

QUERY = "SELECT key, COUNT(*) AS n, SUM(value) AS total FROM bench.visits GROUP BY key"
METADATA = {
    "": {
        "bench": {
            "visits": {
                "max_ids": 50,
                "row_privacy": False,
                "sample_max_ids": True,
                "censor_dims": True,
                "id": {"private_id": True, "type": "string"},
                "key": {"type": "int"},
                "value": {"type": "float", "lower": 0.0, "upper": 10.0},
            }
        }
    }
}


def main(data: str, out: str) -> None:
    frame = pd.read_parquet(data)
    unit, _ = from_df(frame, privacy=Privacy(epsilon=1.0, delta=1e-6), metadata=METADATA).get_privacy_cost(QUERY)
    reader = from_df(frame, privacy=Privacy(epsilon=1.0 / unit, delta=1e-6), metadata=METADATA)
    result = reader.execute(QUERY)
    with open(out, "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["key", "count", "sum"])
        w.writerows(result[1:])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
