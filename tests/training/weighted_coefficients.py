"""Compare logistic regression (scikit-learn) with the weights of a manifest and logistic regression on all data.

The weights are random with known probabilities, so they predict how much the coefficients may differ. H is the Hessian
of the fit to all data, and g is the gradient of the loss of a sample at the coefficients of this fit. Then
    b_weighted - b_full  ~  Normal(0, V),  V = H^-1 (sum (1-pi)/pi g g') H^-1
to first order, so d' V^-1 d has a chi-square distribution with one degree of freedom per coefficient. Without the
weights, the fit estimates something else: the coefficients of a data set without its easy samples."""
import csv
import os
import subprocess

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression

SAMPLES, TRUE = 20000, np.array([1.0, -0.7, 0.4, 0.0, 0.25, -0.5])      # the last one is the intercept


def make(seed):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(SAMPLES, len(TRUE) - 1))
    chance = 1 / (1 + np.exp(-(x @ TRUE[:-1] + TRUE[-1])))
    return x, (draw.random(SAMPLES) < chance).astype(int)


def fit(x, y, weight=None):
    model = LogisticRegression(penalty=None, tol=1e-9, max_iter=1000).fit(x, y, sample_weight=weight)
    return np.append(model.coef_[0], model.intercept_)


def losses(b, x, y):
    z = x @ b[:-1] + b[-1]
    return np.logaddexp(0, np.where(y == 1, -z, z))


def prune(folder, bin, x, y, rule, seed):
    """The kept rows and their weights. The commands fold the losses of a pilot fit, and then draw once."""
    log, manifest, kept = (os.path.join(folder, name) for name in ("pilot.csv", "train.csv", "kept.csv"))
    if not os.path.exists(manifest):
        pilot = fit(x[:500], y[:500])
        with open(log, "w") as out:
            out.write("id,epoch,loss\n")
            out.writelines("r%d,0,%.6g\n" % row for row in enumerate(losses(pilot, x, y)))
        with open(manifest, "w") as out:
            out.write("id,row\n")
            out.writelines("r%d,%d\n" % (row, row) for row in range(len(y)))
        subprocess.run([bin + "/ib-score", "-o", folder + "/pilot.npz", log], check=True)
    subprocess.run([bin + "/ib-prune", "-s", folder + "/pilot.npz", "-e", "1", "--seed", str(seed), *rule.split(),
                    "-o", kept, manifest], check=True)
    with open(kept, newline="") as f:
        records = list(csv.DictReader(f))
    return np.array([int(r["row"]) for r in records]), np.array([float(r["weight"]) for r in records])


def distance(b, full, x, y, rows, weight):
    """d' V^-1 d, with V estimated from the kept samples, each of which has the weight (1-pi)/pi^2."""
    design = np.column_stack([x, np.ones(len(y))])
    p = 1 / (1 + np.exp(-design @ full))
    hessian = (design * (p * (1 - p))[:, None]).T @ design
    g = (design * (p - y)[:, None])[rows]
    middle = (g * (weight * (weight - 1))[:, None]).T @ g
    inverse = np.linalg.inv(hessian)
    d = b - full
    return d @ np.linalg.solve(inverse @ middle @ inverse, d)


def compare(folder, bin, rule, draws=30):
    """The fraction kept, and the ratio and two-sided p-value of the distances with the weights and without them."""
    x, y = make(0)
    full = fit(x, y)
    kept, with_weights, without = [], 0.0, 0.0
    for seed in range(draws):
        rows, weight = prune(folder, bin, x, y, rule, seed)
        kept.append(len(rows) / SAMPLES)
        with_weights += distance(fit(x[rows], y[rows], weight), full, x, y, rows, weight)
        without += distance(fit(x[rows], y[rows]), full, x, y, rows, weight)
    degrees = draws * len(TRUE)

    def p_value(q):
        return 2 * min(stats.chi2.cdf(q, degrees), stats.chi2.sf(q, degrees))
    return np.mean(kept), with_weights / degrees, p_value(with_weights), without / degrees, p_value(without)
