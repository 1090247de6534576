"""Compares errors at equal bounds and epsilon, and prints one table: the root
mean square of (answer - truth) over keys and repeats, and beside it that of
(answer - its own mean over repeats), which is the noise alone.

usage: accuracy.py data DIR            writes pums.csv and skewed.csv
       accuracy.py table DIR [DOC]     reads answers-NAME.json
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from accuracy_run import QUESTIONS

HERE = Path(__file__).resolve().parent
NAMES = {
    "glovebox": "Glovebox",
    "glovebox-total": "Glovebox, `max_total`",
    "google": "Google differential-privacy/go 3.0.0",
    "opendp": "OpenDP 0.16.0",
    "smartnoise": "SmartNoise SQL 1.0.10",
    "pipelinedp": "PipelineDP 0.3.1",
    "tumult": "Tumult Analytics 0.21.0",
    "diffprivlib": "diffprivlib 0.6.6",
}


def data(base: Path) -> None:
    """PUMS by schooling; and 5,000 units with very different numbers of rows."""
    with open(HERE / "../../examples/pums/pums.csv") as f:
        rows = [(r["pid"], r["educ"], r["income"]) for r in csv.DictReader(f)]
    pd.DataFrame(rows, columns=["id", "key", "value"]).to_csv(base / "pums.csv", index=False)
    rng = np.random.default_rng(7)
    labels = rng.permutation(40)
    popular = 1 / np.arange(1, 41)
    rows = []
    for unit in range(5_000):
        n = int(min(rng.pareto(1.2) * 3 + 1, 200))
        favourites = rng.choice(40, size=min(n, 8), replace=False, p=popular / popular.sum())
        keys = labels[rng.choice(favourites, size=n)]
        values = rng.lognormal(1.5, 1.0, size=n).round(2)
        rows += zip([f"u{unit:05d}"] * n, keys.tolist(), values.tolist())
    frame = pd.DataFrame(rows, columns=["id", "key", "value"])
    frame.sample(frac=1, random_state=1).to_csv(base / "skewed.csv", index=False)


def table(base: Path, doc: Path | None) -> None:
    truth = {}
    for name, q in QUESTIONS.items():
        group = pd.read_csv(base / f"{q['data']}.csv").groupby("key")["value"]
        truth[name] = (group.sum() if q["sum"] else group.count()).to_dict()
    lines = ["| package | " + " | ".join(f"{q}: RMSE (noise)" for q in QUESTIONS) + " | repeats |", "|---" * (len(QUESTIONS) + 2) + "|"]
    for name, title in NAMES.items():
        path = base / f"answers-{name}.json"
        if not path.exists():
            failed = base / f"{name}.failed"
            lines.append(f"| {title} | {failed.read_text().strip() if failed.exists() else 'not run'} |" + " |" * len(QUESTIONS))
            continue
        answers, cells, repeats = json.loads(path.read_text()), [], 0
        for question in QUESTIONS:
            if question not in answers:
                cells.append("no bounds by unit")
                continue
            keys = sorted(truth[question])
            a = np.array([[r.get(str(k), 0.0) for k in keys] for r in answers[question]])
            t = np.array([truth[question][k] for k in keys])
            n = repeats = len(a)
            rmse = np.sqrt(((a - t) ** 2).mean())
            noise = np.sqrt(((a - a.mean(axis=0)) ** 2).sum() / ((n - 1) * len(keys)))
            cells.append(f"{rmse:.4g} ({noise:.4g})")
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {repeats} |")
    text = "\n".join(lines)
    print(text)
    if doc:
        begin, end = "<!-- accuracy peers -->\n", "\n<!-- /accuracy peers -->"
        old = doc.read_text()
        doc.write_text(old[: old.index(begin) + len(begin)] + text + old[old.index(end) :])


if __name__ == "__main__":
    if sys.argv[1] == "data":
        data(Path(sys.argv[2]))
    else:
        table(Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
