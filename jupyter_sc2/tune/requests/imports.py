"""Imports that an answer needs: of names that it uses and the notebook does not have yet."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Container, Sequence
from functools import lru_cache

_FROM = {
    "collections": "Counter defaultdict deque namedtuple",
    "dataclasses": "dataclass field",
    "datetime": "date datetime timedelta",
    "functools": "lru_cache partial reduce wraps",
    "itertools": "accumulate chain combinations permutations product",
    "pathlib": "Path",
    "matplotlib.dates": "DateFormatter MonthLocator",
    "scipy.cluster.hierarchy": "dendrogram linkage",
    "scipy.integrate": "quad solve_ivp",
    "scipy.interpolate": "CubicSpline",
    "scipy.optimize": "brentq curve_fit minimize minimize_scalar root_scalar",
    "scipy.signal": "find_peaks savgol_filter",
    "scipy.spatial.distance": "cdist",
    "sklearn.cluster": "DBSCAN KMeans",
    "sklearn.compose": "ColumnTransformer",
    "sklearn.datasets": "load_iris load_wine load_diabetes make_blobs make_classification",
    "sklearn.decomposition": "PCA",
    "sklearn.ensemble": "GradientBoostingClassifier RandomForestClassifier RandomForestRegressor",
    "sklearn.impute": "SimpleImputer",
    "sklearn.linear_model": "Lasso LinearRegression LogisticRegression Ridge",
    "sklearn.manifold": "TSNE",
    "sklearn.metrics": "ConfusionMatrixDisplay RocCurveDisplay accuracy_score classification_report confusion_matrix "
    "f1_score mean_absolute_error mean_squared_error precision_score r2_score recall_score roc_auc_score "
    "silhouette_score",
    "sklearn.model_selection": "GridSearchCV KFold cross_val_score train_test_split",
    "sklearn.naive_bayes": "GaussianNB",
    "sklearn.neighbors": "KNeighborsClassifier KNeighborsRegressor",
    "sklearn.pipeline": "make_pipeline",
    "sklearn.preprocessing": "LabelEncoder MinMaxScaler OneHotEncoder PolynomialFeatures StandardScaler",
    "sklearn.svm": "SVC SVR",
    "sklearn.tree": "DecisionTreeClassifier DecisionTreeRegressor plot_tree",
}
_PLAIN = (
    "calendar", "collections", "copy", "csv", "functools", "hashlib", "inspect", "io", "itertools", "json", "math",
    "operator", "os", "pickle", "random", "re", "shutil", "sqlite3", "statistics", "string", "subprocess", "sys",
    "tempfile", "textwrap", "time", "types", "warnings",
)  # fmt: skip
_SOURCE = {
    **{name: f"import {name}" for name in _PLAIN},
    **{name: f"from {module} import {name}" for module, names in _FROM.items() for name in names.split()},
    "plt": "import matplotlib.pyplot as plt",
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "stats": "from scipy import stats",
}
_MODULES = {name: module for module, names in _FROM.items() for name in names.split()}


def with_imports(code: str, known: Container[str]) -> str:
    """`code` after the imports of those names that are not `known`."""
    lines = import_lines(sorted(name for name in free_names(code) & _SOURCE.keys() if name not in known))
    return "\n".join(lines) + "\n\n" + code if lines else code


def import_lines(names: Sequence[str]) -> list[str]:
    """One line for each module, the standard library first, `import` before `from`."""
    found: dict[str, str] = {}
    for name in names:
        module = _MODULES.get(name, name)
        found[module] = f"{found[module]}, {name}" if module in found else _SOURCE[name]
    return sorted(found.values(), key=_rank)


def is_complete(code: str) -> bool:
    """Whether every name is Python's own, defined in it, or one that can be imported."""
    return all(hasattr(builtins, name) or name in _SOURCE for name in free_names(code))


def free_names(code: str) -> set[str]:
    """Names that `code` reads and does not bind itself."""
    tree = ast.parse(code)
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - bound_names(code) - arguments


@lru_cache(maxsize=4096)
def bound_names(code: str) -> frozenset[str]:
    """Names that `code` assigns, imports or defines."""
    bound: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
    return frozenset(bound)


def _rank(line: str) -> tuple[bool, bool, str]:
    module = line.split()[1].partition(".")[0]
    return module in ("matplotlib", "numpy", "pandas", "scipy", "sklearn"), line.startswith("from"), line
