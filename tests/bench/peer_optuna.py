"""Optuna's samplers on the functions of tests/sweep/_functions.ts.

peer_optuna.py TRIALS SEEDS prints {sampler: {function: [lowest value of each seed]}} as JSON.
"""

import json
import math
import sys

import optuna

ALPHA = [1, 1.2, 3, 3.2]
A = [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]
OPTIMIZERS = {"adam": (-2.5, 0), "sgd": (-0.5, 0.3), "lion": (-3.5, 0.1), "adagrad": (-1.5, 0.6)}


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    b = 5.1 / (4 * math.pi**2)
    return (y - b * x * x + 5 / math.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(trial):
    x = [trial.suggest_float(f"x{j}", 0, 1) for j in range(6)]
    distance = [sum(A[i][j] * (x[j] - P[i][j]) ** 2 for j in range(6)) for i in range(4)]
    return -sum(alpha * math.exp(-d) for alpha, d in zip(ALPHA, distance))


def rosenbrock(trial):
    x = [trial.suggest_float(f"x{j}", 1e-2, 1e2, log=True) for j in range(3)]
    total = sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(2))
    return math.log10(1 + total)


def mixed(trial):
    best_lr, loss = OPTIMIZERS[trial.suggest_categorical("optimizer", list(OPTIMIZERS))]
    lr = trial.suggest_float("lr", 1e-5, 1, log=True)
    layers = trial.suggest_int("layers", 1, 12)
    width = trial.suggest_int("width", 32, 512, step=32)
    dropout = trial.suggest_float("dropout", 0, 0.5)
    return (
        loss
        + 0.5 * (math.log10(lr) - best_lr) ** 2
        + 0.02 * (layers - 8) ** 2
        + ((width - 256) / 256) ** 2
        + 4 * (dropout - 0.1) ** 2
    )


FUNCTIONS = {
    "Branin": branin,
    "Hartmann6": hartmann6,
    "Rosenbrock, log scale": rosenbrock,
    "Mixed, categorical": mixed,
}


def lowest(function, multivariate, trials, seed):
    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=multivariate)
    study = optuna.create_study(sampler=sampler)
    study.optimize(function, n_trials=trials)
    return study.best_value


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trials, seeds = int(sys.argv[1]), int(sys.argv[2])
    results = {
        f"Optuna {optuna.__version__} TPE{name}": {
            key: [lowest(function, multivariate, trials, seed) for seed in range(seeds)]
            for key, function in FUNCTIONS.items()
        }
        for name, multivariate in [("", False), (" multivariate", True)]
    }
    print(json.dumps(results))


main()
