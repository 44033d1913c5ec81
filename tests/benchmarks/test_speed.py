"""The speed benchmark rehearsed on a shrunken shape, and the arithmetic behind its figures."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.speed.checkpoint import write_checkpoint  # noqa: E402
from benchmarks.speed.child import Child  # noqa: E402
from benchmarks.speed.plan import Size  # noqa: E402
from benchmarks.speed.ratios import medians, ratios, void  # noqa: E402
from benchmarks.speed.texts import cells_of  # noqa: E402
from benchmarks.speed.trace import agreeing  # noqa: E402
from jupyter_sc2.catalog import locate  # noqa: E402

has_llama = all(importlib.util.find_spec(name) for name in ("llama_cpp", "gguf"))
SECONDS = {
    "ours": {"prefill": 8.0, "cold": 9.0, "decode": 0.05, "decode_short": 0.05, "warm": 0.08, "streams": 10.0,
             "stream_alone": 2.5},
    "llama-q4_0": {"prefill": 24.0, "cold": 25.0, "decode": 0.07, "decode_short": 0.06, "warm": 0.1, "streams": 22.0},
    "llama-bf16": {"prefill": 20.0, "cold": 23.0, "decode": 0.2, "warm": 0.3},
    "transformers": {"prefill": 21.0, "cold": 28.0, "decode": 0.45, "streams": 30.0, "streams_continuous": 25.0},
}  # fmt: skip
RATIO = {"value", "peer", "ours", "theirs", "unit", "target", "better", "met"}


def test_ratios_name_the_best_peer():
    table = ratios(SECONDS, Size(), {"notebooks": 0.7, "revise": 0.4})
    assert all(set(row) == RATIO for row in table.values())
    values = {name: (row["value"], row["peer"], row["met"]) for name, row in table.items()}
    assert values["cold_ratio"] == (2.556, "llama-bf16", True)
    assert values["prefill_ratio"] == (3.0, "llama-q4_0", True)
    assert values["decode_ratio"] == (1.4, "llama-q4_0", True)
    assert values["warm_ratio"] == (0.8, "llama-q4_0", True)
    assert values["warm_first_token_steps"] == (1.6, "our own decode step", True)
    assert values["decode_speculative_ratio"] == (2.0, "llama-q4_0", True)
    assert values["streams_ratio"] == (2.5, "transformers, continuous batching", True)
    assert values["streams_own_ratio"] == (2.0, "our own single stream", True)
    assert values["streams_llama_ratio"][0] == 2.2


def test_a_slow_llama_makes_ratios_void_only_where_it_can_be_judged():
    for comparable, marked in ((True, True), (False, False)):
        slow = {**SECONDS, "llama-q4_0": {**SECONDS["llama-q4_0"], "decode_short": 0.5}}
        table = ratios(slow, Size(), {})
        assert void(table, slow, Size(), comparable)["sound"] is (False if comparable else None)
        assert table["prefill_ratio"].get("void", False) is marked
        assert "void" not in table["streams_ratio"]


def test_peers_that_did_not_take_part_have_no_ratios():
    assert set(ratios({"ours": SECONDS["ours"]}, Size(), {})) == {"warm_first_token_steps", "streams_own_ratio"}
    assert medians({"a": {"x": [3.0, 1.0, 2.0], "y": []}}) == {"a": {"x": 2.0}}


def test_a_module_becomes_cells(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        '"""What."""\nimport a\nX = 1\n\n\n@a.b\ndef f():\n    return X\n\n\nclass C:\n    pass\n\n\nprint(f())\n'
    )
    kept = ['"""What."""\nimport a\nX = 1', "@a.b\ndef f():\n    return X", "class C:\n    pass", "print(f())"]
    assert cells_of(path) == kept


def test_drafts_count_up_to_the_first_wrong_id():
    assert agreeing([1, 2, 9, 4], [1, 2, 3, 4]) == 2
    assert agreeing([1, 2], [1, 2, 3]) == 2
    assert agreeing([], [1]) == 0


@pytest.mark.skipif(not has_llama, reason="llama.cpp is not installed")
def test_the_twin_computes_what_the_checkpoint_does(tmp_path):
    write_checkpoint(tmp_path, "small")
    shutil.copy(locate("built-in") / "tokenizer.json", tmp_path)
    child = Child("errors", weights=str(tmp_path), twins=str(tmp_path / "twins"), threads=1)
    table = child.call("table", texts=1, length=96)
    child.close()
    assert table["rows"]["llama.cpp bf16"]["kl"] < 1e-5
    assert 1e-5 < table["rows"]["llama.cpp q4_0"]["kl"] < 0.05
    assert table["llama_tensors"]["q4_0"] == {"Q6_K (token_embd.weight)": 1, "Q4_0": 24}


def test_a_rehearsal_gives_every_field(tmp_path):
    names = ["ours-bfloat16", "trace", *(["llama-q4_0"] if has_llama else [])]
    options = ["--shape", "small", "--quick", "--precision", "bfloat16", "--threads", "1", "--work", str(tmp_path)]
    command = [sys.executable, "-m", "benchmarks.engine", "--json", *options, "--only", *names]
    small = {name: value for name, value in os.environ.items() if name != "SC2_TOKENIZER"}  # has fewer ids than that
    done = subprocess.run(command, cwd=ROOT, env=small, capture_output=True, text=True, timeout=100, check=True)
    result = json.loads(done.stdout)
    assert not {name: why for name, why in result["failures"].items() if name != "llama.cpp"}
    assert result["rough"] is True
    assert {"cpu", "flags", "cores", "versions"} <= result["machine"].keys()
    assert {"precision", "load_s", "peak_gb", "absolute"} <= result["contestants"]["ours-bfloat16"].keys()
    assert result["trace"]["figures"]["notebooks"]["ids"] > 1000
    assert set(result["warm_first_token_steps"]) == RATIO
    if has_llama:
        assert {"prefill_ratio", "decode_ratio", "decode_speculative_ratio", "cold_ratio"} <= result.keys()
        assert "flags" in result["contestants"]["llama-q4_0"]
