"""Notebook situations for the case book: what the notebook is, what the kernel knows, where the cursor stands.

In a source `‸` is the cursor. `shows` and `hides` are what must and must not stand in the prompt, whatever its format.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from jupyter_sc2.messages import CellRun, Column, NotebookState, Snapshot, Variable
from jupyter_sc2.notebook import ContextFile, Limits, SourceCell
from jupyter_sc2.prompt.ghost import Prompt, Style, Subject, build
from jupyter_sc2.tokenizer import SPECIAL_TOKENS, Tokenizer

CURSOR = "‸"
SPM, PSM = Style("spm", heals=True), Style("psm")


@dataclass(frozen=True)
class C:
    """A cell. `ran` is its execution count, `was` the source that ran where it is another one by now."""

    source: str
    ran: int = 0
    out: str = ""
    err: str = ""
    was: str | None = None
    kind: str = "code"


def md(source: str) -> C:
    return C(source, kind="markdown")


@dataclass(frozen=True)
class Situation:
    name: str
    cells: list[C]
    names: list[Variable] = field(default_factory=list)
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    limit: int = 512
    style: Style = SPM
    language: str = "python"
    path: str = ""
    is_file: bool = False
    files: tuple[ContextFile, ...] = ()

    def prompt(self, tokenizer: Tokenizer) -> Prompt:
        sources = [cell.source.replace(CURSOR, "") for cell in self.cells]
        cursor = next(index for index, cell in enumerate(self.cells) if CURSOR in cell.source)
        cells = [
            SourceCell(f"c{index}", cell.kind, source, sha(source))
            for index, (cell, source) in enumerate(zip(self.cells, sources, strict=True))
        ]
        runs = [
            CellRun(f"c{index}", cell.ran, sha(sources[index] if cell.was is None else cell.was), cell.out, cell.err)
            for index, cell in enumerate(self.cells)
            if cell.ran
        ]
        count = max((run.order for run in runs), default=0)
        state = NotebookState(runs, Snapshot(count, self.names) if self.names else None)
        offset = self.cells[cursor].source.index(CURSOR)
        subject = Subject(cells, cursor, offset, self.language, state, self.is_file, self.path, self.files)
        return build(subject, tokenizer, Limits(self.limit), self.style)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def frame(name: str, *columns: str, rows: int = 344) -> Variable:
    """A DataFrame whose columns are given as `name dtype`."""
    pairs = [Column(*column.rsplit(" ", 1)) for column in columns]
    return Variable(name, "DataFrame", "pandas.core.frame", [rows, len(pairs)], columns=pairs)


def array(name: str, *shape: int, dtype: str = "float64") -> Variable:
    return Variable(name, "ndarray", "numpy", list(shape), dtype)


def thing(name: str, kind: str, module: str = "", **facts: object) -> Variable:
    return Variable(name, kind, module, **facts)  # type: ignore[arg-type]


IMPORT = C("import pandas as pd", 1)
LOAD = C("df = pd.read_csv('penguins.csv')", 2)
PENGUINS = frame("df", "species object", "bill_length_mm float64", "body_mass_g float64")
LONG = "\n".join(f"value_{index} = compute(value_{index - 1}, {index})" for index in range(1, 40))
SPECIALS = "".join(SPECIAL_TOKENS)
KEY = "AKIAIOSFODNN7EXAMPLE"

SITUATIONS = [
    # --- What the kernel knows
    Situation("columns of a live frame", [IMPORT, LOAD, C('df["‸"]')], [PENGUINS], shows=('"bill_length_mm" float64',)),
    Situation(
        "columns of a live frame, half typed", [IMPORT, LOAD, C('df["bi‸"]')], [PENGUINS], shows=('"bill_length_mm"',)
    ),
    Situation("a frame by attribute", [IMPORT, LOAD, C("df.bo‸")], [PENGUINS], shows=('"body_mass_g"',)),
    Situation(
        "two frames",
        [IMPORT, LOAD, C("mass.merge(df, on='‸')")],
        [PENGUINS, frame("mass", "species object", "limit int64")],
        shows=('"limit" int64', '"species" object'),
    ),
    Situation(
        "columns with odd names",
        [LOAD, C("df['‸']")],
        [frame("df", 'price "net" float64', "größe int64", "a\nb object")],
        shows=('"price \\"net\\"" float64', '"größe"', '"a\\nb"'),
    ),
    Situation(
        "a frame of two hundred columns",
        [LOAD, C("df['‸']")],
        [frame("df", *(f"column_{i} int64" for i in range(200)))],
        shows=('"column_0"', "..."),
        hides=("column_150",),
    ),
    Situation("an array", [C("X.‸")], [array("X", 150, 4)], shows=("X: ndarray (150, 4) float64",)),
    Situation(
        "a function of the user's that no cell shows",
        [C("load(‸)")],
        [thing("load", "function", "__main__", signature="(path, sep=...)")],
        shows=("def load(path, sep=...)",),
    ),
    Situation(
        "a class of the user's that no cell shows",
        [C("model = Net‸")],
        [thing("Net", "type", "__main__", signature="(width)", members=["fit", "predict"])],
        shows=("class Net(width): fit, predict",),
    ),
    Situation(
        "an instance of the user's class",
        [C("model.‸")],
        [thing("model", "Net", "__main__", members=["fit", "width"])],
        shows=("model: Net: fit, width",),
    ),
    Situation(
        "module aliases that no cell shows",
        [C("np.‸")],
        [thing("np", "module", "numpy"), thing("plt", "module", "matplotlib.pyplot"), thing("os", "module", "os")],
        shows=("import numpy as np", "import matplotlib.pyplot as plt", "import os\n"),
    ),
    Situation(
        "hundreds of names from a star import",
        [C("from tools import *", 1), C("height = ‸")],
        [*(thing(f"tool_{i}", "function", "tools.a", signature="(x)") for i in range(300)), array("heights", 9)],
        shows=("heights",),
        hides=("tool_7",),
    ),
    Situation(
        "a library's function that the cell uses",
        [C("from tools import *", 1), C("tool_7(‸\ntool_7(1)")],
        [*(thing(f"tool_{i}", "function", "tools.a", signature="(x)") for i in range(300))],
        shows=("def tool_7(x)",),
    ),
    Situation(
        "a deleted cell's names live on",
        [C("threshold‸")],
        [thing("threshold_mm", "float"), array("kept", 3)],
        shows=("threshold_mm: float",),
    ),
    Situation(
        "a thousand names",
        [C("x = ‸")],
        [thing(f"name_{i}", "int") for i in range(1000)],
        shows=("name_999",),
        hides=("name_5:",),
    ),
    Situation(
        "plain names that the cells show are not told twice",
        [C("total = 3", 1), C("total‸")],
        [thing("total", "int")],
        hides=("[kernel]",),
    ),
    Situation("a secret as a column's name", [LOAD, C("df['‸']")], [frame("df", f"{KEY} object")], hides=(KEY,)),
    # --- What ran, and when
    Situation(
        "a variable defined below but run before",
        [C("print(rate‸)"), C("x = 1", 1), C("y = 2", 2), C(LONG, 3), C("rate = 0.25", 4)],
        shows=("rate = 0.25",),
    ),
    Situation(
        "a renamed variable",
        [C("frame = load()", 1), C("data = load()", 3), C("data.shape", 4), C("data‸")],
        [frame("data", "a int64")],
        shows=("data: DataFrame",),
    ),
    Situation(
        "an import in a cell that never ran",
        [C("import numpy as np"), C("x = 1", 1), C("x‸")],
        shows=("import numpy as np",),
    ),
    Situation(
        "never-run cells give way",
        [C(LONG), C("seed = 7", 1), C("y = seed", 2), C("y‸")],
        limit=256,
        shows=("seed = 7",),
        hides=("value_3",),
    ),
    Situation(
        "an error above",
        [C("df = load()", 1), C("df['wieght']", 2, err="KeyError: 'wieght'"), C("df['‸']")],
        shows=("#! KeyError: 'wieght'",),
    ),
    Situation(
        "the error of the cursor's own cell",
        [C("df = load()", 1), C("df['wieght‸']", 2, err="KeyError: 'wieght'")],
        shows=("# %% [error]\n#! KeyError: 'wieght'",),
    ),
    Situation(
        "an old error is not told",
        [C("f(", 1, err="SyntaxError: '(' was never closed"), *(C(f"x{i} = {i}", i) for i in range(2, 6)), C("x‸")],
        hides=("SyntaxError",),
    ),
    Situation(
        "two errors: the last one",
        [C("a", 1, err="NameError: a"), C("b", 2, err="NameError: b"), C("c‸")],
        shows=("NameError: b",),
        hides=("NameError: a",),
    ),
    Situation(
        "a cell edited since it ran",
        [C("rate = 0.5", 1, was="rate = 0.1"), C("x = rate", 2), C("rate‸")],
        shows=("rate = 0.5",),
    ),
    Situation(
        "an outdated version of a cell gives way",
        [
            C("def f(x):\n    return x" + "\n    # old" * 60, 1),
            C("def f(x):\n    return 2 * x", 2),
            C("y = 1", 3),
            C("f(‸"),
        ],
        limit=200,
        shows=("return 2 * x",),
        hides=("# old",),
    ),
    Situation(
        "run out of order", [C("c = 3", 3), C("a = 1", 1), C("b = 2", 2), C("a‸")], shows=("a = 1", "b = 2", "c = 3")
    ),
    Situation("a cell run twice", [C("import os", 5), C("x = 1", 2), C("x‸")], shows=("import os",)),
    Situation("the kernel was restarted", [C("import os"), C("x = 1"), C("x‸")], shows=("import os", "x = 1")),
    Situation(
        "after Run All, in the middle",
        [C("a = 1", 1), C("b = a‸", 2), C("c = b", 3), C("d = c", 4)],
        shows=("a = 1", "c = b"),
    ),
    # --- What a cell printed
    Situation("a small output", [C("df.shape", 1, out="(344, 7)"), C("df‸")], shows=("#> (344, 7)",)),
    Situation("an output of 5 MB", [C("print(text)", 1, out="lorem ipsum " * 400_000), C("x‸")], hides=("lorem",)),
    Situation("a figure", [C("plt.plot(x)", 1, out="<Figure size 640x480 with 1 Axes>"), C("plt‸")], hides=("Figure",)),
    Situation("a secret that a cell printed", [C("print(key)", 1, out=KEY), C("x‸")], hides=(KEY,)),
    Situation(
        "a secret in an error",
        [C("connect()", 1, err=f"AuthError: bad key {KEY}"), C("x‸")],
        shows=("AuthError",),
        hides=(KEY,),
    ),
    # --- The notebook's text
    Situation("a heading above", [md("# Load the data"), C("df = ‸")], shows=("# # Load the data",)),
    Situation(
        "a Markdown cell",
        [md("# Penguins"), LOAD, md("We load the ‸")],
        shows=("<jupyter_text># Penguins<jupyter_code>",),
    ),
    Situation("a Markdown cell in the middle of a word", [md("We lo‸ad")], shows=("<jupyter_text>We",)),
    Situation("raw cells are left out", [C("---\ntitle: x\n---", kind="raw"), C("x‸")], hides=("title",)),
    Situation("empty cells are left out", [C(""), C("  \n"), C("x‸")], hides=("# %%\n\n",)),
    Situation("an empty notebook", [C("‸")], shows=("<fim_middle>",)),
    Situation("a new cell at the end", [IMPORT, LOAD, C("‸")], [PENGUINS], shows=('"species"',)),
    # --- Where the cursor is
    Situation("in the middle of a line", [C("print(‸)\nx = 1")], shows=("<fim_suffix>)\nx = 1",)),
    Situation("in the middle of a cell", [C("a = 1\nb = ‸\nc = 3")], shows=("c = 3",)),
    Situation("inside a word", [C("import numpy\nnum‸")], shows=("import numpy",)),
    Situation(
        "inside a word, as checkpoints are asked",
        [C("import numpy\nnum‸")],
        style=PSM,
        shows=("import numpy\nnum<fim_suffix>",),
    ),
    Situation("on a fresh line in a block", [C("for x in rows:\n    ‸")], shows=("for x in rows:",)),
    Situation(
        "with the prefix first",
        [IMPORT, LOAD, C("df.‸\nprint(df)")],
        style=PSM,
        shows=("<fim_prefix># %%\ndf.<fim_suffix>\nprint(df)<fim_middle>",),
    ),
    Situation(
        "a cell longer than the prompt", [C(f"{LONG}\nx = ‸")], limit=300, shows=("value_39",), hides=("value_2 ",)
    ),
    Situation("a long rest of the cell", [C(f"x = ‸\n{LONG}")], limit=300, shows=("value_1 ",), hides=("value_39 =",)),
    # --- Sizes
    Situation(
        "ten thousand cells",
        [*(C(f"x{i} = {i}", i + 1) for i in range(9_999)), C("x‸")],
        shows=("x9998 = 9998",),
        hides=("x5 = 5",),
    ),
    Situation(
        "a huge cell above",
        [C("data = [" + "1, " * 200_000 + "]", 1), C("n = 3", 2), C("n‸")],
        shows=("n = 3",),
        hides=("1, 1, 1",),
    ),
    Situation("the smallest prompt", [IMPORT, LOAD, C("df.‸")], [PENGUINS], limit=64, shows=("df",)),
    # --- Other kernels
    Situation(
        "R",
        [C("library(dplyr)", 1), C("df <- read.csv('a.csv')", 2), C("df %>% ‸")],
        language="R",
        shows=("df <- read.csv",),
    ),
    Situation(
        "Julia",
        [C("using DataFrames", 1), C("df = DataFrame(a = 1:3)", 2), C("df.‸")],
        language="julia",
        shows=("using DataFrames",),
    ),
    Situation(
        "JavaScript",
        [md("Count"), C("const n = 3", 1), C("n + ‸")],
        language="javascript",
        shows=("// %%\nconst n = 3", "// Count"),
    ),
    Situation("SQL", [C("SELECT * FROM a", 1), C("SELECT ‸")], language="sql", shows=("-- %%\nSELECT",)),
    Situation(
        "names of cells that are not shown, in R",
        [C("rate <- 3\n" + "rate <- compute(rate)\n" * 60, 1), C("x <- 1", 2), C("r‸")],
        language="R",
        limit=256,
        shows=("# %% [kernel]\n# rate",),
        hides=("compute",),
    ),
    # --- IPython's own, and hostile text
    Situation(
        "line magics", [C("%matplotlib inline\n%load_ext autoreload", 1), C("%time‸")], shows=("%matplotlib inline",)
    ),
    Situation("cell magics", [C("%%time\nslow()", 1), C("%%bash\nls ‸")], shows=("%%time",)),
    Situation("shell lines", [C("!pip install numpy\nfiles = !ls", 1), C("!pip ‸")], shows=("!pip install numpy",)),
    Situation("emoji and CJK", [C("名前 = '🐧漢字'", 1), C("print(名‸)")], shows=("名前 = '🐧漢字'",)),
    Situation("CRLF is the handler's business", [C("a = 1\nb = 2", 1), C("a‸")], shows=("a = 1\nb = 2",)),
    Situation("sentinel text in a cell", [C(f"x = '{SPECIALS}'", 1), md(SPECIALS), C(f"y = '{SPECIALS}‸")], limit=2048),
    Situation(
        "sentinel text in outputs, errors and columns",
        [C("x", 1, out=SPECIALS[:100], err=SPECIALS), C("df['‸']")],
        [frame("df", f"{SPECIALS[:150]} int64")],
        limit=1024,
    ),
    Situation("a secret in a cell", [C(f'key = "{KEY}"', 1), C("login(key‸")], shows=('key = "***"',), hides=(KEY,)),
    Situation("a secret under the cursor", [C(f'key = "{KEY[:12]}‸{KEY[12:]}"')], hides=(KEY, KEY[12:])),
    # --- Files
    Situation(
        "the user's own module",
        [C("from helper import load", 1), C("load(‸")],
        path="analysis.ipynb",
        files=(ContextFile("helper.py", 'def load(path, sep=","):\n    ...'),),
        shows=(
            "<repo_name>project<file_sep>helper.py\ndef load(path",
            "<file_sep>analysis_cells.py\n",
            "analysis.py\n# %%\nload",
        ),
    ),
    Situation(
        "a module with a secret",
        [C("import helper", 1), C("helper.‸")],
        path="a.ipynb",
        files=(ContextFile("helper.py", f'KEY = "{KEY}"'),),
        hides=(KEY,),
    ),
    Situation(
        "a Python file",
        [C("import os\n\n\ndef size(path):\n    return os.‸\n")],
        is_file=True,
        path="a.py",
        hides=("# %%",),
    ),
    Situation(
        "a Python file, as checkpoints are asked",
        [C("import os\nos.‸")],
        is_file=True,
        path="a.py",
        style=PSM,
        shows=("<file_sep><fim_prefix>import os\nos.<fim_suffix><fim_middle>",),
    ),
    Situation(
        "a Markdown file",
        [C("# Penguins\n\nThe data ar‸\n\n## Further\n")],
        is_file=True,
        path="notes.md",
        language="markdown",
        shows=("<jupyter_text># Penguins\n\nThe data",),
        hides=("<fim_prefix>", "# %%", "Further"),
    ),
    Situation("a file of R", [C("x <- c(1, 2)\nmean(‸)")], is_file=True, path="a.R", language="r", hides=("# %%",)),
]
