"""A session of a developer: check, run, wait, read. make test-python runs it.

usage: example.py SERVER CA USER KEY JOB REFUSED-JOB
"""

import sys

from glovebox import Client, Refused

server, ca, user, key, job, refused = sys.argv[1:]
box = Client(server, user=user, key=key, ca=ca)

# In [1]: what would it cost?
check = box.check(job)
print("allowed:", check.allowed, "| ledgers:", ", ".join(sorted(p.get("dataset") or p.get("space") for p in check.prices)) or "-")

# In [2]: run it, and wait for the release.
release = box.wait(box.submit(job), poll=0.1, timeout=120)
print("release is", release.state, "| keys:", *release.keys, "| figures:", *release.figures)

# In [3]: figures with their margins, in whatever frame one works with.
if release.rows is not None:
    for row, (below, above) in zip(release.rows, release.errors(release.figures[0])):
        print(f"{row[0]:<14} within 95 %: {below > 0 and above > 0}")
    print("rows in arrow, pandas, polars:", release.to_arrow().num_rows, len(release.to_pandas()), release.to_polars().height)

# In [4]: what the policy refuses, it refuses with all reasons, in both languages.
try:
    box.wait(box.submit(refused), poll=0.1, timeout=120)
except Refused as e:
    print("refused:", len(e.reasons), "reasons |", e.reasons[0].zh[:4])
