"""Dates and series over time."""

from jupyter_sc2.evaluate.in_words.request import request

REQUESTS = (
    request(
        "day_first",
        cells=[
            """
            import pandas as pd

            visits = pd.DataFrame({"day": ["03/11/2023", "04/11/2023", "12/01/2024"], "guests": [14, 9, 21]})
            visits.dtypes
        """
        ],
        words="Convert the column day of visits to real dates. The day comes first, then the month.",
        check="""
            import pandas as pd
            days = ["2023-11-03", "2023-11-04", "2024-01-12"]
            assert has_column("day", [pd.Timestamp(day) for day in days])
        """,
    ),
    request(
        "monthly_mean",
        cells=[
            "import numpy as np\nimport pandas as pd",
            """
            days = pd.date_range("2023-01-01", "2023-04-30", freq="D")
            weather = pd.DataFrame({"temperature": np.arange(len(days)) % 17 - 3.0}, index=days)
            """,
        ],
        words="Monthly mean of the temperature",
        check="""
            weather = before["weather"]
            assert has([group.mean() for _, group in weather["temperature"].groupby(weather.index.month)])
        """,
    ),
    request(
        "rolling_week",
        cells=[
            """
            import pandas as pd

            walks = pd.DataFrame({
                "date": pd.date_range("2024-05-01", periods=14),
                "steps": [4000, 7000, 6500, 9000, 3000, 8000, 11000, 5000, 7600, 6900, 7200, 12000, 4300, 5100],
            })
        """
        ],
        words="Add a 7 day moving average of steps to walks and call it steps_7d",
        check="""
            steps = [4000, 7000, 6500, 9000, 3000, 8000, 11000, 5000, 7600, 6900, 7200, 12000, 4300, 5100]
            wanted = [sum(steps[n - 6 : n + 1]) / 7 for n in range(6, 14)]
            assert any("steps_7d" in f and same(f["steps_7d"].iloc[6:], wanted) for f in frames())
        """,
    ),
    request(
        "weekday_and_hour",
        cells=[
            """
            import pandas as pd

            calls = pd.DataFrame({
                "at": pd.to_datetime(["2024-02-05 08:15", "2024-02-10 23:59", "2024-02-14 13:00"]),
                "minutes": [3, 41, 12],
            })
        """
        ],
        words="I need two more columns in calls: the name of the weekday, and the hour of the day",
        check="""
            days, short = ["Monday", "Saturday", "Wednesday"], ["Mon", "Sat", "Wed"]
            assert any(has(made) for made in (days, short))
            assert any(any(same(f[name], [8, 23, 13]) for name in f.columns) for f in frames())
        """,
    ),
    request(
        "growth",
        cells=[
            """
            import pandas as pd

            firm = pd.DataFrame({
                "month": pd.period_range("2024-01", periods=4, freq="M"),
                "revenue": [200.0, 250.0, 225.0, 270.0],
            })
        """
        ],
        words="By how many percent did the revenue change from each month to the next? As a new column growth.",
        check="""
            changes = [float("nan"), 25.0, -10.0, 20.0]
            wanted = [changes, [change / 100 for change in changes], [0.0, *changes[1:]]]
            assert any(has_column("growth", one) for one in wanted)
        """,
    ),
)
