"""Writes golden values for package privacy, computed by dp-accounting and OpenDP.

Every case says which library and which call it is from. The compositions have two
values: dp-accounting's estimate from below and its estimate from above, both of
the epsilon at a delta.
"""
import importlib.metadata
import json
import math
import sys

import dp_accounting
import opendp.prelude as dp
from dp_accounting.pld import common
from dp_accounting.pld import privacy_loss_distribution as pld

dp.enable_features("contrib")
STEP = 1e-4


def versions():
    names = ("dp-accounting", "opendp", "numpy", "scipy")
    return {n: importlib.metadata.version(n) for n in names}


def zcdp():
    """OpenDP's reading of rho as epsilon."""
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=float)
    for rho in (1e-4, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0):
        for delta in (1e-4, 1e-5, 1e-6, 1e-8, 1e-10):
            m = dp.m.make_gaussian(*space, scale=1.0)
            curve = dp.c.make_zCDP_to_approxDP(m).map(math.sqrt(2 * rho))
            yield {"rho": rho, "delta": delta, "epsilon": curve.epsilon(delta)}


def one(kind, scale, reach, pessimistic):
    if kind == "laplace":
        return pld.from_discrete_laplace_mechanism(
            1 / scale, reach, pessimistic_estimate=pessimistic,
            value_discretization_interval=STEP, use_connect_dots=pessimistic)
    if kind == "gaussian":
        return pld.from_discrete_gaussian_mechanism(
            scale, reach, pessimistic_estimate=pessimistic,
            value_discretization_interval=STEP, use_connect_dots=pessimistic)
    if kind == "continuous":
        return pld.from_gaussian_mechanism(
            scale, reach, pessimistic_estimate=pessimistic,
            value_discretization_interval=STEP, use_connect_dots=pessimistic)
    raise ValueError(kind)


def both(parts, deltas):
    """parts: (kind, scale, reach, times); scale is sigma, b, or epsilon with reach as delta.

    Privacy parameters are on the grid and so exact, but the library composes them
    with estimates from above only; each of those is at most a step too high.
    """
    ends = []
    mixed = any(p[0] == "approximate" for p in parts)
    rounded = sum(p[3] for p in parts if p[0] != "approximate")
    for pessimistic in (mixed, True):
        total = None
        for kind, scale, reach, times in parts:
            if kind == "approximate":
                p = pld.from_privacy_parameters(
                    common.DifferentialPrivacyParameters(scale, reach), STEP)
            else:
                p = one(kind, scale, reach, pessimistic)
            if times > 1:
                p = p.self_compose(times)
            total = p if total is None else total.compose(p)
        ends.append([total.get_epsilon_for_delta(d) for d in deltas])
    for delta, low, high in zip(deltas, *ends):
        if mixed:
            low -= rounded * STEP
        if not math.isfinite(high):
            continue
        yield {
            "parts": [{"kind": k, "scale": s, "reach": r, "times": t} for k, s, r, t in parts],
            "delta": delta, "low": low, "high": high,
        }


def compositions():
    deltas = (1e-3, 1e-5, 1e-6, 1e-8)
    for scale, reach, times in ((1, 1, 1), (2, 1, 1), (10, 1, 1), (4, 3, 1), (10, 1, 10), (20, 7, 10),
                                (30, 1, 30), (100, 1, 100), (100, 30, 10)):
        yield from both([("laplace", scale, reach, times)], deltas)
    for sigma, reach, times in ((0.8, 1, 1), (1, 1, 1), (3, 1, 1), (10, 3, 1), (3, 1, 10), (20, 5, 4), (15, 1, 100)):
        yield from both([("gaussian", sigma, reach, times)], deltas)
    for epsilon, delta, times in ((0.1, 0, 10), (0.5, 0, 3), (0.05, 1e-9, 20), (1, 1e-8, 1), (0.01, 1e-10, 200)):
        yield from both([("approximate", epsilon, delta, times)], deltas)
    for parts in (
        [("laplace", 10, 1, 5), ("approximate", 0.1, 1e-9, 5)],
        [("laplace", 20, 1, 10), ("laplace", 30, 4, 3)],
        [("gaussian", 8, 1, 6), ("gaussian", 20, 6, 2)],
        [("gaussian", 5, 1, 3), ("approximate", 0.2, 0, 4)],
        [("laplace", 6, 1, 3), ("gaussian", 9, 2, 3), ("approximate", 0.1, 1e-8, 3)],
    ):
        yield from both(parts, deltas)


def continuous():
    for sigma, reach, times in ((1, 1, 1), (4, 1, 1), (10, 3, 5), (0.5, 1, 1), (50, 1, 200)):
        yield from both([("continuous", sigma, reach, times)], (1e-3, 1e-5, 1e-6, 1e-8))


def calibration():
    """The deviation of continuous Gaussian noise, by Balle and Wang."""
    for epsilon in (0.05, 0.1, 0.5, 1, 2, 5, 10):
        for delta in (1e-3, 1e-5, 1e-6, 1e-9):
            yield {"epsilon": epsilon, "delta": delta, "sigma": dp_accounting.get_sigma_gaussian(epsilon, delta)}


def accuracy():
    for scale in (1.0, 2.5, 7.0, 10.0, 30.0, 100.0):
        for alpha in (0.05, 0.025, 0.01):
            yield {
                "scale": scale, "alpha": alpha,
                "laplace": dp.discrete_laplacian_scale_to_accuracy(scale, alpha),
                "gaussian": dp.discrete_gaussian_scale_to_accuracy(scale, alpha),
            }


def argmax():
    """The epsilon of permute-and-flip with noise of a scale."""
    for monotone in (False, True):
        for scale in (0.5, 1.0, 2.0, 8.0):
            for reach in (1, 2, 5):
                m = dp.m.make_noisy_max(
                    dp.vector_domain(dp.atom_domain(T=int)), dp.linf_distance(T=int, monotonic=monotone),
                    dp.max_divergence(), scale=scale)
                yield {"monotone": monotone, "scale": scale, "reach": reach, "epsilon": m.map(reach)}


def threshold():
    """rho and delta of a Gaussian threshold on counts of units, keys per unit touched."""
    for keys, root in ((1, 1), (4, 2), (9, 3), (25, 5)):
        for sigma, level in ((3.0, 12), (5.0, 30), (10.0, 50), (20.0, 120)):
            m = dp.m.make_gaussian_threshold(
                dp.map_domain(dp.atom_domain(T=str), dp.atom_domain(T=int)),
                dp.l02inf_distance(dp.absolute_distance(T=int)), scale=sigma, threshold=level)
            rho, delta = m.map((keys, root, 1))
            yield {"keys": keys, "sigma": sigma, "threshold": level, "rho": rho, "delta": delta}


def main(path):
    acc, odp = (f"{n} {importlib.metadata.version(n)}" for n in ("dp-accounting", "opendp"))
    doc = {
        "packages": versions(),
        "zcdp": {"origin": f"{odp}: combinators.make_zCDP_to_approxDP(make_gaussian)", "cases": list(zcdp())},
        "compositions": {"origin": f"{acc}: pld.privacy_loss_distribution.from_*, self_compose, compose, get_epsilon_for_delta",
                         "cases": list(compositions()) + list(continuous())},
        "calibration": {"origin": f"{acc}: get_sigma_gaussian", "cases": list(calibration())},
        "accuracy": {"origin": f"{odp}: discrete_laplacian_scale_to_accuracy, discrete_gaussian_scale_to_accuracy",
                     "cases": list(accuracy())},
        "argmax": {"origin": f"{odp}: measurements.make_noisy_max(max_divergence)", "cases": list(argmax())},
        "threshold": {"origin": f"{odp}: measurements.make_gaussian_threshold", "cases": list(threshold())},
    }
    with open(path, "w") as f:
        json.dump(doc, f, indent=1)
        f.write("\n")
    print(sum(len(v["cases"]) for v in doc.values() if "cases" in v), "cases")


if __name__ == "__main__":
    main(sys.argv[1])
