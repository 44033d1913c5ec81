"""A look at a table, and parts of it."""

from jupyter_sc2.evaluate.in_words.request import request

REQUESTS = (
    request(
        "first_rows",
        cells=[
            """
            import pandas as pd

            trips = pd.DataFrame({"trip": range(1, 31), "km": [(7 * n) % 43 + 0.5 for n in range(30)]})
        """
        ],
        words="Show the first 8 trips",
        check="""
            assert has(names["trips"].head(8))
        """,
    ),
    request(
        "count_missing",
        cells=[
            """
            import numpy as np
            import pandas as pd

            survey = pd.DataFrame({
                "age": [34, np.nan, 51, 29, np.nan],
                "income": [np.nan, np.nan, 41000, 38500, np.nan],
                "town": ["Lom", "Voss", "Lom", "Bodø", "Voss"],
            })
        """
        ],
        words="How many values are missing in each column of the survey?",
        check="""
            assert has_pairs({"age": 2, "income": 3, "town": 0}) or has_pairs({"age": 2, "income": 3})
        """,
    ),
    request(
        "two_conditions",
        cells=[
            """
            import pandas as pd

            flats = pd.DataFrame({
                "city": ["Bergen", "Oslo", "Tromsø", "Bergen", "Oslo", "Bergen"],
                "rent": [9500, 14000, 8000, 12500, 11900, 12000],
                "rooms": [2, 3, 2, 3, 1, 2],
            })
        """
        ],
        words="Keep only the flats in Bergen or Oslo whose rent is less than 12000.",
        check="""
            import pandas as pd
            wanted = pd.DataFrame({"city": ["Bergen", "Oslo"], "rent": [9500, 11900], "rooms": [2, 1]})
            assert has(wanted, ordered=False)
        """,
    ),
    request(
        "largest_five",
        cells=[
            "import pandas as pd",
            """
            songs = pd.DataFrame({
                "title": ["Rain", "Door", "Salt", "Kite", "Moss", "Lamp", "Tide", "Fern"],
                "plays": [120, 990, 45, 610, 380, 700, 85, 505],
                "year": [1999, 2004, 2011, 2015, 2001, 2018, 2020, 1987],
            })
            songs.shape
        """,
        ],
        words="which five songs have the most plays? only title and plays, the most played first",
        check="""
            wanted = {"Door": 990, "Lamp": 700, "Kite": 610, "Fern": 505, "Moss": 380}
            assert has_pairs(wanted, ordered=True)
        """,
    ),
    request(
        "summary",
        cells=[
            """
            import pandas as pd

            eggs = pd.DataFrame({"mass": [52.1, 61.4, 58.8, 49.9], "width": [41, 44, 43, 40], "farm": list("abab")})
        """
        ],
        words="Can I have summary statistics of the numeric columns of eggs (mean, standard deviation, quartiles)?",
        check="""
            wanted = names["eggs"].describe()
            rows = [f for f in (*frames(), *(f.T for f in frames())) if {"mass", "width"} <= set(f.columns)]
            assert any(same(f.loc[["mean", "std"], ["mass", "width"]], wanted.loc[["mean", "std"], ["mass", "width"]])
                       for f in rows if {"mean", "std"} <= set(f.index)) or all(
                tells(wanted.loc[row, column]) for row in ("mean", "std", "25%", "75%") for column in ("mass", "width"))
        """,
    ),
    request(
        "unique_sorted",
        cells=[
            """
            import pandas as pd

            results = pd.DataFrame({"pupil": range(9), "grade": list("CABECABAC")})
        """
        ],
        words="What different grades are there in results? Sort them.",
        check="""
            assert has(["A", "B", "C", "E"])
        """,
    ),
)
