"""Runs every package on the same file, one after the other, and prints one
table: wall-clock time, processor time, peak memory, and how far the counts and
sums of the released keys are from the truth (root mean square).

Time and memory are of the whole tree of processes that a package starts, read
from /proc 20 times a second: processor time of each process as last seen,
memory as the largest sum of resident pages (shared ones count once for each
process). A package that is not there, or fails, is a row with the reason.

usage: compare.py DIR GLOVEBOX DATA [DOC]
DIR holds a virtual environment for each package, or NAME.failed with the reason
why there is none. DOC is a file whose table between the marks is replaced.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
PEERS = {
    "opendp": "OpenDP 0.16.0, Polars",
    "smartnoise": "SmartNoise SQL 1.0.10, pandas",
    "pipelinedp": "PipelineDP 0.3.1, local",
    "tumult": "Tumult Analytics 0.21.0, local Spark",
}
LIMIT = 3600  # seconds for one package
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(root: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                parent = int(Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(p))
    out, todo = [], [root]
    while todo:
        out.append(todo.pop())
        todo += children.get(out[-1], [])
    return out


def measure(command: list[str], env: dict[str, str]) -> dict:
    """Runs a command and says what it took."""
    began = time.monotonic()
    before = os.times()
    log = tempfile.TemporaryFile("w+")
    p = subprocess.Popen(command, env=os.environ | env, stdout=log, stderr=subprocess.STDOUT)
    cpu: dict[int, float] = {}
    peak = 0
    while p.poll() is None and time.monotonic() - began < LIMIT:
        resident = 0
        for q in tree(p.pid):
            try:
                stat = Path(f"/proc/{q}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            cpu[q] = (int(stat[11]) + int(stat[12])) / TICK
            resident += int(stat[21]) * PAGE
        peak = max(peak, resident)
        time.sleep(0.05)
    wall = time.monotonic() - began
    late = p.poll() is None
    if late:
        for q in tree(p.pid):
            try:
                os.kill(q, 9)
            except ProcessLookupError:
                continue
    p.wait()
    log.seek(0)
    said = log.read()[-20_000:] + (f"\nstopped after {LIMIT} s" if late else "")
    after = os.times()
    waited = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": wall, "cpu": max(sum(cpu.values()), waited), "peak": peak, "status": p.returncode, "said": said}


def error(out: Path, truth: pd.DataFrame) -> dict:
    both = pd.read_csv(out).set_index("key").join(truth)
    return {
        "keys": len(both),
        "count": ((both["count"] - both["n"]) ** 2).mean() ** 0.5,
        "sum": ((both["sum"] - both["s"]) ** 2).mean() ** 0.5,
    }


def peer(name: str, base: Path, data: Path, truth: pd.DataFrame) -> dict:
    if (base / f"{name}.failed").exists():
        return {"what": PEERS[name], "failed": "not installed: " + (base / f"{name}.failed").read_text().strip()}
    out = base / f"{name}.csv"
    out.unlink(missing_ok=True)
    m = measure([str(base / name / "bin/python"), str(HERE / f"run_{name}.py"), str(data), str(out)], {})
    if m["status"] != 0 or not out.exists():
        lines = [line for line in m["said"].strip().splitlines() if line.strip()]
        return {"what": PEERS[name], "failed": (lines or ["no output"])[-1][:200]}
    return {"what": PEERS[name]} | m | error(out, truth)


def glovebox(binary: Path, base: Path, data: Path, truth: pd.DataFrame) -> list[dict]:
    """A domain, the file loaded into it, and one job with a module in C."""
    here, dom = HERE / "glovebox", base / "domain"
    subprocess.run(["rm", "-rf", str(dom)], check=True)
    env = {"GLOVEBOX_DOMAIN": str(dom)}

    def do(*args: str) -> None:
        subprocess.run([str(binary), *args], env=os.environ | env, check=True, stdout=subprocess.DEVNULL, cwd=here)

    do("init", str(dom), "--name", "bench")
    for name, role in ("zhao", "authority"), ("liu", "operator"), ("wang", "developer"):
        do("user", "add", name, "--role", role)
    do("user", "add", "bench", "--role", "provider", "--org", "Bench")
    do("dataset", "add", str(here / "dataset.yaml"), "--as", "bench")
    load = measure([str(binary), "dataset", "load", "visits", str(data), "--as", "bench"], env)
    do("scenario", "add", str(here / "scenario.yaml"), "--as", "liu")
    do("scenario", "grant", str(here / "grant.yaml"), "--as", "zhao")
    rows = [{"what": "Glovebox, loading (once for all jobs)"} | load]
    out, result = base / "glovebox.csv", base / "glovebox.json"
    shell = f'"$0" job run "$1" --as wang --json > "$2"'
    job = measure(["sh", "-c", shell, str(binary), str(here / "job.yaml"), str(result)], env)
    if load["status"] or job["status"]:
        return [{"what": "Glovebox", "failed": (load["said"] + job["said"]).strip()[-200:]}]
    content = json.loads(result.read_text())["content"]
    names = [c["name"] for c in content["columns"]]
    frame = pd.DataFrame(content["rows"], columns=names)
    frame.rename(columns={"visits": "count", "amount": "sum"})[["key", "count", "sum"]].to_csv(out, index=False)
    rows.append({"what": "**Glovebox, the job: untrusted module, jail**"} | job | error(out, truth))
    return rows


def line(r: dict) -> str:
    if "failed" in r:
        return f"| {r['what']} | {r['failed']} | | | | | |"
    tail = f"{r['keys']} | {r['count']:.0f} | {r['sum']:.0f}" if "keys" in r else "| |"
    return f"| {r['what']} | {r['wall']:.1f} | {r['cpu']:.1f} | {r['peak'] / 2**20:.0f} | {tail} |"


def main(base: Path, binary: Path, data: Path, doc: Path | None) -> None:
    frame = pq.read_table(data, columns=["key", "value"]).to_pandas()
    truth = frame.groupby("key")["value"].agg(n="count", s="sum")
    total, rows = len(frame), []
    del frame
    rows += glovebox(binary, base, data, truth)
    for name in PEERS:
        rows.append(peer(name, base, data, truth))
    load = os.getloadavg()[2]
    text = "\n".join(
        [
            f"{total:,} rows, {total // 50:,} units, {len(truth):,} keys; {os.cpu_count()} cores, Python {platform.python_version()}, load average {load:.1f} over the last 15 minutes.",
            "",
            "| package | wall s | CPU s | peak MiB | keys released | RMSE of counts | RMSE of sums |",
            "|---|---|---|---|---|---|---|",
            *map(line, rows),
        ]
    )
    print(text)
    if doc:
        begin, end = "<!-- begin table -->\n", "\n<!-- end table -->"
        old = doc.read_text()
        doc.write_text(old[: old.index(begin) + len(begin)] + text + old[old.index(end) :])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).resolve(), Path(sys.argv[3]), Path(sys.argv[4]) if len(sys.argv) > 4 else None)
