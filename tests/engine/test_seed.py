"""A seed writes the same again, whatever is cached: bfloat16 rounds a cached prompt otherwise than a fresh one."""

import pytest
from tiny import answer, run, submit

from jupyter_sc2 import catalog
from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.weights import load
from jupyter_sc2.tokenizer import Tokenizer


@pytest.mark.parametrize("request_text", ["Plot the values", "Load the table and count its rows"])
def test_a_seed_writes_the_same_again(request_text):
    entry = catalog.find(catalog.BUILT_IN)
    engine = Engine(load(entry.folder, "bfloat16", "cpu"), 64 << 20)
    ids = [10, 11, *Tokenizer(entry.tokenizer_path).encode(request_text), 12]
    asked = [
        submit(name, ids, 48, temperature=1.0, seed=7, cache_key=key, stop_ids=[0], fresh=True)
        for name, key in (("a", "x"), ("b", "x"), ("c", "y"))
    ]
    written = [answer(run(engine, request), request.request_id) for request in asked]
    assert len(written[0]) > 8
    assert written[0] == written[1] == written[2]
