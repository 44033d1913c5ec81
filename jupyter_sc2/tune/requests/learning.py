"""Notebooks in which something is about to be learned: features and target, split, fitted."""

from __future__ import annotations

import random

from jupyter_sc2.tune.requests.imports import with_imports
from jupyter_sc2.tune.requests.notebooks import Notebook, imports, read_table
from jupyter_sc2.tune.requests.tables import Table

_REGRESSORS = (
    "LinearRegression()", "Ridge()", "RandomForestRegressor(random_state=42)", "DecisionTreeRegressor()",
    "KNeighborsRegressor()",
)  # fmt: skip
_CLASSIFIERS = (
    "LogisticRegression(max_iter=1000)", "RandomForestClassifier(random_state=42)", "DecisionTreeClassifier()",
    "KNeighborsClassifier()", "GradientBoostingClassifier()",
)  # fmt: skip
_TREES = ("RandomForestClassifier(random_state=42)", "GradientBoostingClassifier()", "DecisionTreeClassifier()")
SCENES = (
    "features", "numbers", "classes", "split_numbers", "split_classes", "fitted_numbers", "fitted_classes",
    "fitted_trees", "predicted_numbers", "predicted_classes",
)  # fmt: skip


def learning(scene: str, table: Table, rng: random.Random) -> tuple[Notebook, dict[str, str]] | None:
    """The notebook and its slots; None where the table lacks what the scene needs."""
    stage, _, target = scene.partition("_")
    target = target or scene
    measures = [column.name for column in table.of("ni")]
    goals = measures[-1:] if target == "numbers" else [column.name for column in table.of("c")]
    features = [name for name in measures if name not in goals][: rng.randint(2, 4)]
    if len(features) < 2 or not goals:
        return None
    goal = rng.choice(goals)
    X, y = rng.choice((("X", "y"),) * 6 + (("features", "target"),))
    listed = ", ".join(f'"{name}"' for name in features)
    lines = [f"{X} = {table.name}[[{listed}]]"]
    if scene != "features":
        lines.append(f'{y} = {table.name}["{goal}"]')
    cells = [imports(rng), read_table(table, rng), "\n".join(lines)]
    if stage in ("split", "fitted", "predicted"):
        cells.append(f"X_train, X_test, y_train, y_test = train_test_split({X}, {y}, test_size=0.2, random_state=42)")
    model = rng.choice(("model", "model", "model", "clf" if target != "numbers" else "reg"))
    if stage in ("fitted", "predicted"):
        made = {"numbers": _REGRESSORS, "classes": _CLASSIFIERS, "trees": _TREES}[target]
        cells.append(f"{model} = {rng.choice(made)}\n{model}.fit(X_train, y_train)")
    if stage == "predicted":
        cells.append(f"y_pred = {model}.predict(X_test)")
    cells[2:] = [with_imports(cell, ()) for cell in cells[2:]]
    return Notebook(cells, [table]), {"df": table.name, "X": X, "y": y, "target": goal, "model": model}
