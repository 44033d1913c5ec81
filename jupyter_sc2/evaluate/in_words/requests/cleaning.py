"""Tables put in order; new columns."""

from jupyter_sc2.evaluate.in_words.request import request

REQUESTS = (
    request(
        "fill_with_median",
        cells=[
            """
            import numpy as np
            import pandas as pd

            patients = pd.DataFrame({"id": [1, 2, 3, 4, 5, 6], "age": [70, np.nan, 35, 41, np.nan, 90]})
        """
        ],
        words="Replace the missing ages in patients by the median age",
        check="""
            assert has_column("age", [70, 55.5, 35, 41, 55.5, 90])
        """,
    ),
    request(
        "duplicates_keep_last",
        cells=[
            """
            import pandas as pd

            orders = pd.DataFrame({
                "order_id": [11, 12, 11, 13, 12, 14],
                "status": ["new", "new", "sent", "new", "paid", "new"],
            })
        """
        ],
        words="Some order_ids occur several times in orders. Keep only the last row of each.",
        check="""
            import pandas as pd
            wanted = pd.DataFrame({"order_id": [11, 13, 12, 14], "status": ["sent", "new", "paid", "new"]})
            assert has(wanted, ordered=False)
        """,
    ),
    request(
        "column_names",
        cells=[
            """
            import pandas as pd

            raw = pd.DataFrame([[1, 2.5, "x"], [2, 3.5, "y"]], columns=[" Sample ID", "Wet Weight ", "Site"])
        """
        ],
        words="the column names of raw are a mess: strip spaces at their ends, make them lower case and put an "
        "underscore where a blank is",
        check="""
            assert any(list(f.columns) == ["sample_id", "wet_weight", "site"] and len(f) == 2 for f in frames())
        """,
    ),
    request(
        "text_to_float",
        cells=[
            """
            import pandas as pd

            menu = pd.DataFrame({"dish": ["soup", "cod", "feast"], "price": ["95.50 kr", "240.00 kr", "1,250.00 kr"]})
        """
        ],
        words="The price column of menu is text such as '1,250.00 kr'. Turn it into numbers.",
        check="""
            assert has([95.5, 240.0, 1250.0])
        """,
    ),
    request(
        "body_mass_index",
        cells=[
            "import pandas as pd",
            'people = pd.DataFrame({"who": ["A", "B", "C"], "height": [160, 182, 175], "weight": [55.0, 90.5, 70.2]})',
            "people.describe()",
        ],
        words="Add a column bmi to people, which is the weight in kg divided by the square of the height in metres; "
        "height is in cm.",
        check="""
            assert has_column("bmi", [55 / 1.6**2, 90.5 / 1.82**2, 70.2 / 1.75**2], rel=1e-2)
        """,
    ),
    request(
        "age_groups",
        cells=[
            """
            import pandas as pd

            visitors = pd.DataFrame({"ticket": [1, 2, 3, 4, 5, 6], "age": [17, 18, 40, 64, 65, 81]})
        """
        ],
        words="Make a new column age_group: child for everybody under 18, adult from 18 to 64, senior from 65 on",
        check="""
            assert has_column("age_group", ["child", "adult", "adult", "adult", "senior", "senior"])
        """,
    ),
    request(
        "split_names",
        cells=[
            """
            import pandas as pd

            members = pd.DataFrame({"name": ["Kari Moe", "Ola Lie", "Siri Dal"], "since": [2012, 2019, 2020]})
            members
        """
        ],
        words="split the column name into first_name and last_name",
        check="""
            assert has_column("first_name", ["Kari", "Ola", "Siri"])
            assert has_column("last_name", ["Moe", "Lie", "Dal"])
        """,
    ),
)
