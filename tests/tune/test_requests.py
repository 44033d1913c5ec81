"""The written requests: every family's answer runs in its own notebook."""

import random
import re
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jupyter_sc2.prompt.reply import parses
from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer
from jupyter_sc2.tune.requests import generated, normalised, rows
from jupyter_sc2.tune.requests.family import Family, families, slots_of
from jupyter_sc2.tune.requests.scenes import FRESH, Asked, ask
from jupyter_sc2.tune.requests.tables import Column, Table
from jupyter_sc2.tune.requests.wording import chosen
from jupyter_sc2.tune.second_phase import held_out_requests

pd = pytest.importorskip("pandas")
FROM_NOTEBOOK = {"df", "X", "y", "model", "left", "right"}
NEEDS = {"read_parquet": "pyarrow", "to_parquet": "pyarrow", "read_excel": "openpyxl", "to_excel": "openpyxl",
         "sklearn": "sklearn", "scipy": "scipy", "kde": "scipy"}  # fmt: skip
GROUPS = sorted({family.group for family in families()})


@pytest.fixture(autouse=True)
def no_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    yield
    plt.close("all")


@pytest.mark.parametrize("group", GROUPS)
def test_every_answer_runs(group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = []
    for number, family in enumerate(family for family in families() if family.group == group):
        asked = ask(family, random.Random(number), snapshot=number % 2 == 0)
        if any(word in asked.answer and find_spec(module) is None for word, module in NEEDS.items()):
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        if trouble := run(asked):
            failed.append(trouble)
    assert not failed, "\n\n".join(failed)


def run(asked: Asked) -> str:
    """What went wrong; empty for nothing."""
    import matplotlib.pyplot as plt

    code = [*asked.cells, *(answer for _, answer in asked.earlier), asked.answer]
    write_files("\n".join(code), asked)
    namespace: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in code:
            plt.close("all")
            try:
                exec(compile(cell, "<cell>", "exec"), namespace)
            except Exception as error:
                return f"{asked.family}: {asked.request}\n" + "\n".join(code) + f"\n{error!r}"
    return ""


def write_files(code: str, asked: Asked) -> None:
    """Whatever the code may read."""
    tables = {table.name: table for table in asked.tables}
    readers = {path: name for name, path in re.findall(r'(\w+) = pd\.read_\w+\("([^"]+)"', code)}
    some = asked.file or (asked.tables[0] if asked.tables else Table("df", (Column("a", "n"), Column("b", "n"))))
    for folder in re.findall(r'Path\("(\w+)"\)', code):
        Path(folder).mkdir(exist_ok=True)
        frame_of(some).to_csv(Path(folder, "some.csv"), index=False)
    for path in set(re.findall(r'"([\w/]+\.\w+)"', code)):
        Path(path).parent.mkdir(exist_ok=True)
        frame = frame_of(tables.get(readers.get(path, ""), some))
        if path.endswith((".csv", ".tsv")):
            frame.to_csv(path, index=False, header="header=None" not in code, sep="\t" if path[-3] == "t" else ",")
        elif path.endswith(".xlsx") and "read_excel" in code:
            sheet = re.search(r'sheet_name="([^"]+)"', code)
            frame.to_excel(path, index=False, sheet_name=sheet[1] if sheet else "Sheet1")
        elif path.endswith(".json"):
            frame.to_json(path, orient="records")
        elif path.endswith(".npy"):
            np.save(path, np.arange(3))
        elif path.endswith((".txt", ".md")):
            Path(path).write_text("one two\nthree apple\n")


def frame_of(table: Table) -> "pd.DataFrame":
    rng, size = np.random.default_rng(0), 60
    made = {
        "n": lambda column: rng.random(size) * 10 + 1,
        "i": lambda column: rng.integers(1, 40, size),
        "c": lambda column: [column.values[i % len(column.values)] for i in rng.permutation(size)],
        "d": lambda column: pd.date_range("2023-01-01", periods=size, freq="12h").strftime("%Y-%m-%d"),
        "t": lambda column: [f"apple {i % 20},{i}" for i in range(size)],
    }
    return pd.DataFrame({column.name: made[column.kind](column) for column in table.columns})


def test_requests_name_what_their_answers_use() -> None:
    for family in families():
        for pattern in family.asks:
            for seed in range(8):
                named = slots_of(chosen(pattern, random.Random(seed)))
                assert slots_of(family.answer) <= named | FROM_NOTEBOOK | fresh(family), (family.title, pattern)


def fresh(family: Family) -> set[str]:
    """Names that an answer may choose by itself."""
    return set(FRESH) if "Fresh" in family.flags else set()


def test_titles_are_unique_and_answers_parse() -> None:
    titles = [family.title for family in families()]
    assert len(set(titles)) == len(titles) > 120
    for asked in generated(2000, 1):
        assert parses(asked.answer), asked.answer
        assert "$" not in asked.request + asked.answer.replace("$", "", asked.answer.count("$$")), asked.request
        assert not re.search(r"[\[\]|]", asked.request), asked.request


def test_rows_end_as_the_product_stops(tokenizer: Tokenizer) -> None:
    ends = [SPECIAL_ID["<jupyter_output>"], SPECIAL_ID["<empty_output>"], SPECIAL_ID["<|endoftext|>"]]
    made = list(rows(tokenizer, 200, 0))
    assert all(row[-3:] == ends and row[0] == SPECIAL_ID["<jupyter_start>"] for row in made)
    assert sum(len(row) for row in made) / len(made) < 400
    assert list(rows(tokenizer, 200, 0)) == made


@pytest.mark.timeout(600)
def test_no_request_is_one_that_measures_the_weights() -> None:
    held_out = held_out_requests()
    assert len(held_out) > 10
    assert not held_out & {normalised(asked.request) for asked in generated(20_000, 0, held_out)}


def test_held_out_requests_are_not_made() -> None:
    first = {normalised(asked.request) for asked in generated(300, 3)}
    assert not first & {normalised(asked.request) for asked in generated(300, 3, first)}
