"""From a page's request to what is installed or stands beside it, and back: the real worker and random weights."""

import asyncio
import json
import shutil
import time

import pytest
from safetensors.numpy import save_file
from test_real_worker import post, random_tensors, text_of
from wire import body, events_of

# Of six, which is installed with Jupyter: no random weights would think of it.
TYPED = "import six\ndef python_2_unicode_compatible(klass):\n    '''A class decorator that defines"
WANTED = " __unicode__ and __str__ methods"
SHARES = {"library": [0.95], "prompt": [0.0], "notebooks": [0.0, 0.95]}


@pytest.fixture
def sc2_config(tmp_path, tokenizer, weights_folder, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    folder = tmp_path / "random"
    shutil.copytree(weights_folder, folder)
    config = {
        "model_type": "starcoder2", "vocab_size": tokenizer.vocab_size, "hidden_size": 16, "intermediate_size": 32,
        "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 1024,
        "jupyter_sc2_fim_order": "spm", "jupyter_sc2_second_voice": SHARES,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    save_file(random_tensors(tokenizer.vocab_size), folder / "model.safetensors")
    return {"weights": str(folder), "threads": 1, "cache_mib": 64, "device": "cpu", "precision": "float32"}


async def test_ghost_text_knows_an_imported_library(jp_fetch, tmp_path):
    found, seq, end = "", 0, time.monotonic() + 60
    while not found.startswith(WANTED) and time.monotonic() < end:  # the table is built beside the first answers
        seq += 1
        request = body(TYPED, seq=seq, options={"max_new_tokens": 12, "temperature": 0})
        found = text_of(events_of((await post(jp_fetch, request)).body.decode()))
        await asyncio.sleep(0.2)
    assert found.startswith(WANTED)
    assert seq > 1, "a request never waits for a table"
    [table] = (tmp_path / "cache").rglob("*.npy")
    assert table.name.startswith("six-")


async def test_ghost_text_knows_a_notebook_beside(jp_fetch, jp_root_dir):
    cell = {"cell_type": "code", "source": "measure_wing(bird, feathers=12)", "outputs": []}
    (jp_root_dir / "b.ipynb").write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell]}))
    found, seq, end = "", 0, time.monotonic() + 60
    while not found.startswith("bird, feathers=12)") and time.monotonic() < end:
        seq += 1
        options = {"max_new_tokens": 12, "temperature": 0}
        request = body("measure_wing(", seq=seq, options=options, path="a.ipynb")
        found = text_of(events_of((await post(jp_fetch, request)).body.decode()))
        await asyncio.sleep(0.2)
    assert found.startswith("bird, feathers=12)")
    assert seq > 1, "a request never waits for a table"
