"""Groups, tables across, tables joined."""

from jupyter_sc2.evaluate.in_words.request import request

REQUESTS = (
    request(
        "mean_by_group",
        cells=[
            """
            import pandas as pd

            rides = pd.DataFrame({
                "district": ["port", "hill", "port", "park", "hill", "port"],
                "fare": [12.0, 8.0, 15.0, 9.5, 11.0, 9.0],
            })
        """
        ],
        words="What is the average fare in each district?",
        check="""
            assert has_pairs({"hill": 9.5, "park": 9.5, "port": 12.0})
        """,
    ),
    request(
        "several_aggregates",
        cells=[
            """
            import pandas as pd

            players = pd.DataFrame({
                "team": ["red", "red", "blue", "blue", "blue"],
                "name": ["Al", "Bea", "Cid", "Dee", "Eli"],
                "height": [181, 190, 176, 201, 188],
            })
        """
        ],
        words="For every team I would like to see how many players it has, their mean height and the height of the "
        "tallest one",
        check="""
            assert has_pairs({"red": 2, "blue": 3})
            assert has_pairs({"red": 185.5, "blue": 565 / 3})
            assert has_pairs({"red": 190, "blue": 201})
        """,
    ),
    request(
        "share_of_total",
        cells=[
            "import pandas as pd\nimport numpy as np",
            """
            sales = pd.DataFrame({"region": ["N", "S", "E", "S", "N", "E"], "amount": [30, 10, 45, 50, 20, 45]})
            """,
        ],
        words="what percentage of the total sales amount comes from each region?",
        check="""
            shares = {"N": 25.0, "S": 30.0, "E": 45.0}
            assert has_pairs(shares) or has_pairs({name: share / 100 for name, share in shares.items()})
        """,
    ),
    request(
        "pivot",
        cells=[
            """
            import pandas as pd

            energy = pd.DataFrame({
                "building": ["A", "A", "B", "B", "A", "C"],
                "month": ["Jan", "Feb", "Jan", "Jan", "Jan", "Feb"],
                "kwh": [100, 80, 60, 15, 20, 33],
            })
        """
        ],
        words="Pivot table of energy with a row for each building, a column for each month and the sum of kwh in the "
        "cells, 0 where there is none.",
        check="""
            wanted = {("A", "Jan"): 120, ("A", "Feb"): 80, ("B", "Jan"): 75, ("B", "Feb"): 0,
                      ("C", "Jan"): 0, ("C", "Feb"): 33}
            def holds(f):
                f = f.set_index("building") if "building" in f.columns else f
                f = f["kwh"] if f.columns.nlevels > 1 else f
                return set(f.index) == set("ABC") and all(same(f.loc[key], n) for key, n in wanted.items())
            def tries(f):
                try:
                    return holds(f)
                except Exception:
                    return False
            assert any(tries(f) for f in frames())
        """,
    ),
    request(
        "left_join",
        cells=[
            "import pandas as pd",
            """
            purchases = pd.DataFrame({"customer_id": [3, 1, 9, 3, 2], "amount": [20, 35, 50, 5, 80]})
            customers = pd.DataFrame({"customer_id": [1, 2, 3, 4], "name": ["Ann", "Ben", "Cleo", "Dan"]})
            """,
        ],
        words="Add the customers' names to the purchases. Keep all purchases, also those of customers that are not in "
        "the list.",
        check="""
            import pandas as pd
            wanted = [("Ann", 35), ("Ben", 80), ("Cleo", 20), ("Cleo", 5), (None, 50)]
            tables = [f for f in frames() if {"name", "amount", "customer_id"} <= set(f.columns) and len(f) == 5]
            assert any(same(sorted(((n if isinstance(n, str) else None, a) for n, a in zip(f["name"], f["amount"])),
                                   key=lambda row: (row[0] or "~", -row[1])), wanted) for f in tables)
        """,
    ),
    request(
        "count_values",
        cells=[
            """
            import pandas as pd

            colours = "red grey red black grey red white red grey red".split()
            cars = pd.DataFrame({"plate": range(10), "colour": colours})
        """
        ],
        words="count how often each colour occurs, the most frequent first",
        check="""
            assert any(has_pairs({"red": 5, "grey": 3, **rest}, ordered=True)
                       for rest in ({"black": 1, "white": 1}, {"white": 1, "black": 1}))
        """,
    ),
    request(
        "best_of_each_group",
        cells=[
            """
            import pandas as pd

            goods = pd.DataFrame({
                "category": ["tea", "tea", "tool", "tool", "tool", "toy"],
                "product": ["sencha", "assam", "saw", "drill", "rake", "kite"],
                "price": [14, 9, 30, 120, 25, 18],
            })
        """
        ],
        words="Give me the most expensive product of each category (the whole rows)",
        check="""
            import pandas as pd
            wanted = {"category": ["tea", "tool", "toy"], "product": ["sencha", "drill", "kite"],
                      "price": [14, 120, 18]}
            assert has(pd.DataFrame(wanted), ordered=False)
        """,
    ),
)
