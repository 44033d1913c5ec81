"""What is heard while a converted copy is made, found damaged, made anew or read."""

import os

import pytest
from tiny import random_tensors, write_checkpoint, write_config

from jupyter_sc2.engine.lowbit import output
from jupyter_sc2.engine.lowbit.copies import Copy
from jupyter_sc2.engine.lowbit.parts import copy_bytes
from jupyter_sc2.engine.weights import load


@pytest.mark.parametrize("state", ["new", "known", "ready", "unknown", "damaged", "golden"])
def test_progress_rises_to_the_whole_whatever_there_is(tmp_path, state):
    """1.0 is told once, at the end: a share that is there too early would stand still for as long as the rest takes."""
    folder, converted, shares = write_checkpoint(tmp_path / "weights"), tmp_path / "converted", []
    if state != "new":
        load(folder, "int4", "cpu", converted=converted)
        (weights,), (manifest,) = converted.glob("*/model.safetensors"), converted.glob("*/copy.json")
    if state == "known":
        weights.unlink()
    elif state == "unknown":
        (converted / "sums.json").unlink()
    elif state == "damaged":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif state == "golden":
        manifest.write_text(manifest.read_text().replace('"golden":[', '"golden":[1e9,'))
    load(folder, "int4", "cpu", progress=shares.append, converted=converted)
    assert shares == sorted(shares)
    assert shares.count(1.0) == 1
    assert 0.95 < shares[-2] < 1.0


def test_the_making_of_a_copy_is_heard_to_its_last_byte(tmp_path):
    """Written and hashed: with 15B on a slow disk each takes minutes."""
    config, counts = write_config(tmp_path / "weights"), []
    copy = Copy(tmp_path, "0" * 64, "int4")
    copy.make(config, random_tensors(config).items(), 4, counts.append)
    assert sum(counts) == copy_bytes(config, 4) + copy.path.stat().st_size


def test_what_is_written_reaches_the_disk_in_between(tmp_path, monkeypatch):
    """Otherwise the last call would wait for all of it, in silence."""
    config, sizes, real = write_config(tmp_path / "weights"), [], os.fsync

    def sync(number):
        sizes.append(os.fstat(number).st_size)
        real(number)

    monkeypatch.setattr(output, "SYNC_BYTES", 20_000)
    monkeypatch.setattr(output.os, "fsync", sync)
    copy = Copy(tmp_path, "0" * 64, "int4")
    copy.make(config, random_tensors(config).items(), 4, lambda count: None)
    assert len(sizes) > copy.path.stat().st_size // 40_000
    assert sizes[-1] == copy.path.stat().st_size
