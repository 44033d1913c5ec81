"""Files into tables."""

from jupyter_sc2.evaluate.in_words.request import request

REQUESTS = (
    request(
        "semicolons",
        cells=["import pandas as pd"],
        files={"harvest.csv": "orchard;variety;kilos\nNorth;Elstar;120,5\nNorth;Gala;88,25\nHill;Elstar;301,0\n"},
        words="Read harvest.csv. The columns are separated by semicolons and the decimals have a comma",
        check="""
            import pandas as pd
            wanted = {"orchard": ["North", "North", "Hill"], "variety": ["Elstar", "Gala", "Elstar"],
                      "kilos": [120.5, 88.25, 301.0]}
            assert has(pd.DataFrame(wanted))
        """,
    ),
    request(
        "dates_as_index",
        cells=["import pandas as pd\nimport matplotlib.pyplot as plt"],
        files={"tides.csv": "time,level\n2024-03-01 00:00,1.2\n2024-03-01 06:00,3.4\n2024-03-01 12:00,1.1\n"},
        words="Load tides.csv so that the time column is parsed as dates and becomes the index.",
        check="""
            import pandas as pd
            dated = [f for f in frames() if isinstance(f.index, pd.DatetimeIndex)]
            assert any(same(f["level"], [1.2, 3.4, 1.1]) for f in dated)
            assert dated[0].index[1] == pd.Timestamp("2024-03-01 06:00")
        """,
    ),
    request(
        "json_records",
        files={
            "crew.json": '[{"name": "Ida", "role": "cook", "days": 12}, {"name": "Tor", "role": "mate", "days": 30}]'
        },
        words="crew.json holds a list of records. Make a pandas data frame of it.",
        check="""
            import pandas as pd
            wanted = {"name": ["Ida", "Tor"], "role": ["cook", "mate"], "days": [12, 30]}
            assert has(pd.DataFrame(wanted))
        """,
    ),
    request(
        "tabs_and_comments",
        cells=["import numpy as np\nimport pandas as pd"],
        files={"logger.txt": "# device 7\n# calibrated\nseconds\tvolts\n0\t0.51\n1\t0.48\n2\t0.55\n3\t0.61\n"},
        words="logger.txt is separated by tabs and begins with comment lines that start with #, load it please",
        check="""
            import pandas as pd
            assert has(pd.DataFrame({"seconds": [0, 1, 2, 3], "volts": [0.51, 0.48, 0.55, 0.61]}))
        """,
    ),
    request(
        "many_files",
        cells=["from pathlib import Path\n\nimport pandas as pd", "folder = Path('readings')"],
        files={
            "readings/east.csv": "station,rain\neast,3\neast,0\n",
            "readings/north.csv": "station,rain\nnorth,7\nnorth,2\n",
            "readings/west.csv": "station,rain\nwest,1\n",
            "readings/notes.txt": "no data here\n",
        },
        words="read all CSV files in that folder and put them below each other in one DataFrame",
        check="""
            import pandas as pd
            wanted = {"station": ["east", "east", "north", "north", "west"], "rain": [3, 0, 7, 2, 1]}
            assert has(pd.DataFrame(wanted), ordered=False)
        """,
    ),
)
