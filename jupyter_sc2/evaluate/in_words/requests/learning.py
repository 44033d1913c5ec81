"""scikit-learn."""

from jupyter_sc2.evaluate.in_words.request import request

_CLASSES = """
    import numpy as np
    from sklearn.datasets import make_classification

    X, y = make_classification(200, n_features=4, n_informative=3, n_redundant=0, class_sep=1.2, random_state=3)
"""

REQUESTS = (
    request(
        "split",
        cells=[_CLASSES],
        words="Split X and y into 80 % for training and 20 % for testing, with random_state 0.",
        check="""
            from sklearn.model_selection import train_test_split
            X, y = before["X"], before["y"]
            wanted = [train_test_split(X, y, test_size=0.2, random_state=0, stratify=by) for by in (None, y)]
            assert any(all(has(part) for part in parts) for parts in wanted)
        """,
    ),
    request(
        "linear_regression",
        cells=[
            "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LinearRegression",
            """
            rng = np.random.default_rng(5)
            houses = pd.DataFrame({"area": rng.uniform(40, 200, 80).round(1), "rooms": rng.integers(1, 7, 80)})
            houses["price"] = 3.0 * houses["area"] + 15.0 * houses["rooms"] + 40 + rng.normal(0, 3, 80)
            """,
        ],
        words="Fit a linear regression of price on area and rooms and print the R2 score",
        check="""
            found = models("LinearRegression")
            slopes = [list(getattr(m, "steps", [[m]])[-1][-1].coef_.ravel()) for m in found]
            assert any(same(sorted(s), [3.0, 15.0], rel=0.05) for s in slopes)
            houses = before["houses"]
            scores = [m.score(houses[["area", "rooms"]], houses["price"]) for m in found]
            numbers = [value for value in values() if isinstance(value, float) and 0.97 < value < 1]
            assert any(tells(score) for score in scores) or numbers
        """,
    ),
    request(
        "logistic_accuracy",
        cells=[
            _CLASSES,
            """
            from sklearn.model_selection import train_test_split

            X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=8)
            """,
        ],
        words="train a logistic regression and tell me how accurate it is on the test set",
        check="""
            from sklearn.linear_model import LogisticRegression
            plain = LogisticRegression().fit(names["X_train"], names["y_train"])
            made = [plain, *models("LogisticRegression")]
            shares = [m.score(names["X_test"], names["y_test"]) for m in made]
            assert any(tells(share) or tells(100 * share) for share in shares)
        """,
    ),
    request(
        "forest_importances",
        cells=[
            """
            import pandas as pd
            from sklearn.datasets import load_wine
            from sklearn.ensemble import RandomForestClassifier

            wine = load_wine(as_frame=True)
            features, target = wine.data, wine.target
        """
        ],
        words="Fit a random forest with 200 trees to features and target and list the importance of each feature, the "
        "largest first.",
        check="""
            import re
            found = [m for m in models("RandomForestClassifier") if m.n_estimators == 200]
            wanted = [sorted(m.feature_importances_.tolist(), reverse=True) for m in found]
            columns = list(before["features"].columns)
            ranked = [sorted(columns, key=lambda c: -m.feature_importances_[columns.index(c)]) for m in found]
            def told(order):
                places = [re.search(rf"(?<![\\w/]){re.escape(name)}(?![\\w/])", text) for name in order]
                return all(places) and [p.start() for p in places] == sorted(p.start() for p in places)
            assert any(has(one) for one in (*wanted, *ranked)) or any(map(told, ranked))
        """,
    ),
    request(
        "scale_and_cluster",
        cells=[
            """
            import numpy as np
            import pandas as pd

            rng = np.random.default_rng(2)
            shoppers = pd.DataFrame({
                "age": np.repeat([20, 45, 70], 20) + rng.normal(0, 1.5, 60),
                "visits": np.repeat([9, 1, 5], 20) + rng.integers(0, 2, 60),
                "basket": np.repeat([30, 65, 12], 20) + rng.normal(0, 2, 60),
                "income": rng.uniform(30000, 50000, 60),
            })
        """
        ],
        words="Scale all columns of shoppers, then cluster them into 3 groups with k-means; the group goes into a "
        "column named cluster",
        check="""
            tables = [f for f in frames() if "cluster" in f and len(f) == 60]
            groups = [[set(f["cluster"].iloc[n : n + 20]) for n in (0, 20, 40)] for f in tables]
            assert any(all(len(one) == 1 for one in three) and len(set.union(*three)) == 3 for three in groups)
        """,
    ),
    request(
        "two_components",
        cells=[
            """
            from sklearn.datasets import load_iris

            measurements = load_iris().data
        """
        ],
        words="reduce the measurements to two principal components. how much of the variance do they explain?",
        check="""
            from sklearn.decomposition import PCA
            from sklearn.preprocessing import StandardScaler
            import numpy as np
            data = before["measurements"]
            fitted = [PCA(2).fit(one) for one in (data, StandardScaler().fit_transform(data))]
            reduced = [value for value in values() if getattr(value, "shape", None) == (150, 2)]
            assert reduced
            shares = [list(pca.explained_variance_ratio_) for pca in fitted]
            assert any(has(one) or tells(sum(one)) or tells(100 * sum(one)) or all(map(tells, one)) for one in shares)
        """,
    ),
    request(
        "cross_validation",
        cells=[_CLASSES, "from sklearn.neighbors import KNeighborsClassifier"],
        words="How well does a k nearest neighbours classifier with k = 7 do on X and y? Use 5-fold cross validation "
        "and give the mean accuracy.",
        check="""
            from sklearn.model_selection import KFold, cross_val_score
            from sklearn.neighbors import KNeighborsClassifier
            model = KNeighborsClassifier(7)
            means = [cross_val_score(model, before["X"], before["y"], cv=cv).mean() for cv in (
                5, KFold(5), *(KFold(5, shuffle=True, random_state=n) for n in (0, 1, 42)))]
            assert any(tells(mean) or tells(100 * mean) for mean in means)
        """,
    ),
    request(
        "confusion_matrix",
        cells=[
            """
            actual = ["cat", "dog", "cat", "owl", "dog", "owl", "cat", "dog"]
            predicted = ["cat", "cat", "cat", "owl", "dog", "dog", "cat", "dog"]
        """
        ],
        words="confusion matrix of actual and predicted",
        check="""
            import numpy as np
            wanted = np.array([[3, 0, 0], [1, 2, 0], [0, 1, 1]])
            def sized(value):
                value = value.to_numpy() if hasattr(value, "to_numpy") else value
                return getattr(value, "shape", None) == (3, 3) and same(value, wanted)
            assert any(map(sized, values()))
        """,
    ),
)
