"""Arrays, statistics, numerical methods."""

from jupyter_sc2.evaluate.in_words.request import request

REQUESTS = (
    request(
        "seeded_random",
        cells=["import numpy as np"],
        words="Draw 500 random numbers from a normal distribution with mean 10 and standard deviation 2, and use the "
        "seed 42 so that I always get the same ones",
        check="""
            import numpy as np
            assert any(has(made, rel=1e-9) for made in (
                np.random.default_rng(42).normal(10, 2, 500), np.random.RandomState(42).normal(10, 2, 500)))
        """,
    ),
    request(
        "linear_system",
        cells=["import numpy as np"],
        words="Solve this for x and y:\n3x + y = 9\nx + 2y = 8",
        check="""
            assert has([2.0, 3.0]) or (same(names.get("x"), 2.0) and same(names.get("y"), 3.0))
        """,
    ),
    request(
        "eigenvalues",
        cells=["import numpy as np\n\nA = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])"],
        words="what are the eigenvalues of A?",
        check="""
            import numpy as np
            wanted = sorted(np.linalg.eigvalsh(names["A"]))
            def one_dimensional(value):
                return [v for v in (value, *(value if isinstance(value, tuple) else ())) if getattr(v, "ndim", 0) == 1]
            found = [sorted(v.tolist()) for value in values() for v in one_dimensional(value) if len(v) == 3]
            assert any(same(v, wanted) for v in found)
        """,
    ),
    request(
        "standardise",
        cells=["import numpy as np\n\nX = np.array([[1.0, 200.0], [2.0, 240.0], [4.0, 210.0], [7.0, 300.0]])"],
        words="Standardise every column of X to mean 0 and standard deviation 1.",
        check="""
            import numpy as np
            X = np.array([[1.0, 200.0], [2.0, 240.0], [4.0, 210.0], [7.0, 300.0]])
            assert any(has((X - X.mean(axis=0)) / X.std(axis=0, ddof=n)) for n in (0, 1))
        """,
    ),
    request(
        "t_test",
        cells=[
            "import numpy as np\nfrom scipy import stats",
            """
            control = np.array([5.1, 4.8, 6.0, 5.5, 5.9, 4.9, 5.2])
            treated = np.array([6.3, 5.9, 7.1, 6.6, 6.0, 5.8, 7.4])
            """,
        ],
        words="Is there a significant difference between the means of control and treated? Do a t-test.",
        check="""
            from scipy import stats
            tests = [stats.ttest_ind(names["control"], names["treated"], equal_var=equal) for equal in (True, False)]
            results = [value for value in values() if hasattr(value, "pvalue")]
            assert any(tells(t.pvalue) or any(same(value.pvalue, t.pvalue) for value in results) for t in tests)
        """,
    ),
    request(
        "fit_decay",
        cells=[
            """
            import numpy as np
            from scipy.optimize import curve_fit

            t = np.linspace(0, 5, 40)
            signal = 5.0 * np.exp(-0.7 * t) + 0.01 * np.sin(25 * t)
        """
        ],
        words="Fit an exponential decay a * exp(-k * t) to the signal and give me a and k",
        check="""
            import numpy as np
            def close(value):
                return same(value, [5.0, 0.7], rel=0.03) or same(value, [0.7, 5.0], rel=0.03)
            assert any(close(value) or (isinstance(value, tuple) and any(map(close, value))) for value in values())
        """,
    ),
    request(
        "integral",
        cells=["import numpy as np\nfrom scipy import integrate"],
        words="Integrate exp(-x**2) from 0 to 2 numerically.",
        check="""
            assert tells(0.8820813907624215, rel=1e-3)
        """,
    ),
)
