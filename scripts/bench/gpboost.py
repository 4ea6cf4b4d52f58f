"""Fits y ~ 1 + (1 | s) + (1 | d) with GPBoost, for scripts/bench/run.mjs.

usage: gpboost.py RATINGS.csv LEVELS.csv
Writes group,level,blup and prints one line of JSON with its own phases in seconds of CPU.
GPBoost has no REML: this is maximum likelihood, by its iterative methods, the faster ones for crossed effects.
"""

import json
import sys
import time

clock = time.process_time()
seconds = {"start": clock}


def lap(name):
    global clock
    now = time.process_time()
    seconds[name], clock = now - clock, now


# This file has the name of the library, and Python looks beside the script first.
sys.path.pop(0)
import gpboost
import numpy
import pandas

lap("load")
ratings, out = sys.argv[1:3]
data = pandas.read_csv(ratings, usecols=["s", "d", "y"])
groups = data[["s", "d"]].to_numpy()
y = data["y"].to_numpy(dtype=float)
del data
lap("read")
model = gpboost.GPModel(group_data=groups, likelihood="gaussian", matrix_inversion_method="iterative")
model.fit(y=y, X=numpy.ones((len(y), 1)))
lap("fit")
rows = model.predict_training_data_random_effects().to_numpy()
lap("levels")
parts = []
for at, group in enumerate(["s", "d"]):
    levels, first = numpy.unique(groups[:, at], return_index=True)
    parts.append(pandas.DataFrame({"group": group, "level": levels, "blup": rows[first, at]}))
pandas.concat(parts).to_csv(out, index=False)
lap("write")

variances = numpy.asarray(model.get_cov_pars(format_pandas=False)).reshape(-1)
sigma, s, d = numpy.sqrt(variances[:3])
coefficient = numpy.asarray(model.get_coef(format_pandas=False)).reshape(-1)
print(json.dumps({
    "tool": "gpboost", "version": gpboost.__version__, "method": "ML, iterative", "n": len(y),
    "theta": {"s": s / sigma, "d": d / sigma}, "sigma": sigma,
    "fixed": [{"name": "intercept", "estimate": coefficient[0]}], "seconds": seconds,
}))
