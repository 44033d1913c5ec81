"""Figures."""

from jupyter_sc2.evaluate.in_words.request import request

REQUESTS = (
    request(
        "labelled_line",
        cells=[
            "import matplotlib.pyplot as plt",
            "hours = [0, 2, 4, 6, 8, 10]\nreadings = [11.5, 11.1, 12.8, 15.2, 17.9, 18.4]",
        ],
        words="Plot the readings against the hours as a line. Label the axes 'Time (h)' and 'Temperature (°C)'.",
        check="""
            assert has_line([11.5, 11.1, 12.8, 15.2, 17.9, 18.4], [0, 2, 4, 6, 8, 10])
            assert ("Time (h)", "Temperature (°C)") in labels()
        """,
    ),
    request(
        "scatter_by_kind",
        cells=[
            """
            import matplotlib.pyplot as plt
            import pandas as pd

            fish = pd.DataFrame({
                "kind": ["cod", "cod", "ling", "ling", "hake", "hake"],
                "length": [60, 72, 101, 95, 55, 49],
                "weight": [2.1, 3.6, 6.0, 5.2, 1.4, 1.1],
            })
        """
        ],
        words="Scatter plot with length on the x axis and weight on the y axis, one colour for each kind of fish, "
        "and a legend.",
        check="""
            fish = names["fish"]
            assert has_points(fish["length"], fish["weight"])
            legends = [ax.get_legend() for ax in axes() if ax.get_legend()] + [
                legend for figure in figures() for legend in figure.legends]
            assert any({"cod", "ling", "hake"} <= {text.get_text() for text in one.get_texts()} for one in legends)
            colours = {tuple(map(float, colour)) for ax in axes() for group in ax.collections
                       for colour in group.get_facecolors()}
            assert len(colours) == 3 or len({line.get_color() for ax in axes() for line in ax.lines}) == 3
        """,
    ),
    request(
        "histogram",
        cells=[
            """
            import numpy as np
            import matplotlib.pyplot as plt

            waits = np.random.default_rng(1).exponential(6, size=300)
        """
        ],
        words="histogram of the waiting times with 20 bins",
        check="""
            import numpy as np
            assert has_bars(np.histogram(names["waits"], bins=20)[0])
        """,
    ),
    request(
        "sorted_bars",
        cells=[
            """
            import matplotlib.pyplot as plt
            import pandas as pd

            museums = pd.DataFrame({
                "museum": ["Ships", "Folk", "Art", "Tram"],
                "visitors": [5200, 8100, 12400, 1900],
            })
        """
        ],
        words="Draw a bar chart of the visitors of each museum, from the most to the least visited",
        check="""
            assert has_bars([12400, 8100, 5200, 1900])
        """,
    ),
    request(
        "box_plot",
        cells=[
            """
            import matplotlib.pyplot as plt
            import pandas as pd

            scores = pd.DataFrame({
                "group": ["a"] * 5 + ["b"] * 5 + ["c"] * 5,
                "points": [3, 5, 6, 8, 9, 10, 12, 13, 15, 18, 1, 2, 4, 7, 30],
            })
        """
        ],
        words="Compare the points of the three groups with a box plot",
        check="""
            drawn = [data for ax in axes() for line in ax.lines for data in (line.get_ydata(), line.get_xdata())]
            assert all(any(same(list(data), [middle, middle]) for data in drawn) for middle in (6, 13, 4))
        """,
    ),
    request(
        "grid_of_four",
        cells=["import numpy as np\nimport matplotlib.pyplot as plt", "x = np.linspace(0, 3, 50)"],
        words="A grid of 2 by 2 subplots that show the sine, the cosine, the exponential and the square of x. Give "
        "each a title.",
        check="""
            import numpy as np
            x = np.linspace(0, 3, 50)
            four = [ax for ax in axes() if ax.get_subplotspec().get_gridspec().get_geometry() == (2, 2)]
            assert len(four) == 4 and all(ax.get_title() for ax in four)
            assert all(has_line(y) for y in (np.sin(x), np.cos(x), np.exp(x), x**2))
        """,
    ),
    request(
        "log_scale",
        cells=[
            "import matplotlib.pyplot as plt\nimport numpy as np",
            "day = np.arange(12)\ncells = 50 * 2.0**day",
        ],
        words="plot cells over day with a logarithmic y axis",
        check="""
            import numpy as np
            day = np.arange(12)
            assert has_line(50 * 2.0**day, day) or has_points(day, 50 * 2.0**day)
            assert any(ax.get_yscale() == "log" and ax.get_xscale() == "linear" for ax in axes())
        """,
    ),
    request(
        "save_figure",
        cells=[
            "import numpy as np\nimport matplotlib.pyplot as plt\n\nt = np.linspace(0, 1, 30)\nwave = np.sin(20 * t)"
        ],
        words="Draw the wave over t and save the figure as wave.png with 150 dpi",
        check="""
            from PIL import Image
            assert has_line(names["wave"], names["t"])
            assert round(Image.open("wave.png").info["dpi"][0]) == 150
        """,
    ),
    request(
        "group_and_plot",
        cells=[
            "import pandas as pd\nimport matplotlib.pyplot as plt",
            """
            fields = pd.DataFrame({
                "year": [2019, 2019, 2020, 2020, 2021, 2021, 2022],
                "field": ["east", "west", "east", "west", "east", "west", "west"],
                "tons": [5.0, 7.0, 6.5, 8.5, 4.0, 4.4, 9.0],
            })
            """,
        ],
        words="Show how the mean yield in tons developed over the years, as a line with markers",
        check="""
            assert has_line([6.0, 7.5, 4.2, 9.0], is_marked=True)
        """,
    ),
)
