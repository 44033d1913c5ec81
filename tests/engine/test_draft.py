"""Whole lines as drafts: which line, when it is taken, and that a refused one leaves no trace."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import save_file
from tiny import answer, random_tensors, run, submit, tiny_engine, write_config

from jupyter_sc2.engine.draft import Draft, draft_of
from jupyter_sc2.engine.second_voice import SecondVoice, Shares
from jupyter_sc2.ngrams import Ngrams
from jupyter_sc2.prompt.fim import suffix_prefix_middle

ABOVE = "fig, ax = plt.subplots()\nax.plot(x, label='red bird')\nax.legend()\n"
SILENT = Shares(library=[0.0], prompt=[0.0])


def prompt(tokenizer, before: str, after: str = "") -> list[int]:
    return suffix_prefix_middle(tokenizer.encode(before), tokenizer.encode(after))


def drafted(tokenizer, before: str, spell: str = "", after: str = "", new: int = 64, **changes) -> str | None:
    draft = draft_of(submit("a", prompt(tokenizer, before, after), new, spell=spell, **changes), tokenizer, -2.0)
    return None if draft is None else tokenizer.decode(draft.ids)


def test_the_rest_of_a_line_written_before(tokenizer):
    assert drafted(tokenizer, ABOVE + "ax.", "pl") == "plot(x, label='red bird')"
    assert drafted(tokenizer, ABOVE + "    ax.plot(") == "x, label='red bird')", "whatever the indentation"
    assert drafted(tokenizer, "ax.", "pl", ABOVE) == "plot(x, label='red bird')", "below the cursor as well"
    assert drafted(tokenizer, ABOVE + "ax.plot(y,") is None


def test_the_line_after_one_like_the_line_above(tokenizer):
    assert drafted(tokenizer, ABOVE + "fig, ax = plt.subplots()", "\n") == "\nax.plot(x, label='red bird')"
    assert drafted(tokenizer, ABOVE + "print(1)", "\n") is None


def test_only_where_there_is_room_and_a_prefix_at_the_end(tokenizer):
    assert drafted(tokenizer, ABOVE + "ax.", "pl", new=4) is None
    request = submit("a", [*prompt(tokenizer, ABOVE + "ax."), 2])
    assert draft_of(request, tokenizer, -2.0) is None
    assert draft_of(submit("a", []), tokenizer, -2.0) is None


def test_other_notebooks_are_looked_through(tokenizer, tmp_path):
    table = tmp_path / "1.npy"
    Ngrams.of([6, *tokenizer.encode("measure_wing(bird, feathers=12)\n")]).save(table)
    assert drafted(tokenizer, "measure", "_w", notebooks=str(table)) == "_wing(bird, feathers=12)"
    own = "measure_wing(own_bird)\n"
    assert drafted(tokenizer, own + "measure", "_w", notebooks=str(table)) == "_wing(own_bird)", (
        "the notebook goes first"
    )
    assert drafted(tokenizer, "measure", "_w", notebooks=str(tmp_path / "gone.npy")) is None


def test_what_the_prompt_leaves_out_is_looked_through(tokenizer):
    document = [*tokenizer.encode("measure_wing(bird)\n"), 6]
    assert drafted(tokenizer, "measure", "_w", document=document) == "_wing(bird)"


def test_a_likely_line_is_taken_with_its_likeliest_end():
    draft, voice = Draft([50, 51], -1.0, [40, 41]), SecondVoice(SILENT, [60], [])
    logits = torch.zeros(3, 64)
    assert draft.end(logits, voice, [60]) is None, "log 64 is more than 1"
    logits[0, 50] = logits[1, 51] = logits[2, 41] = 10.0
    assert draft.end(logits, voice, [60]) == 41
    logits[2, 41] = 0.0
    assert draft.end(logits, voice, [60]) is None, "the end must be likely too"


@pytest.fixture
def folder(tmp_path, weights_folder, tokenizer):
    config = write_config(tmp_path, vocab_size=tokenizer.vocab_size)
    save_file(random_tensors(config), tmp_path / "model.safetensors")
    shutil.copy(weights_folder / "tokenizer.json", tmp_path)
    return tmp_path


def engine_with(folder, line: float | None):
    config = json.loads((folder / "config.json").read_text())
    config["jupyter_sc2_second_voice"] = {"library": [0.0], "prompt": [0.1], "line": line}
    (folder / "config.json").write_text(json.dumps(config))
    return tiny_engine(folder)


def asked(tokenizer, name="a", new=24, **changes):
    return submit(name, prompt(tokenizer, ABOVE + "ax."), new, spell="pl", libraries=[], stop_ids=[0], **changes)


def test_the_engine_writes_the_line_and_goes_on(folder, tokenizer):
    engine = engine_with(folder, -20.0)
    ids = answer(run(engine, asked(tokenizer)), "a")
    text = tokenizer.decode(ids)
    assert text.startswith("plot(x, label='red bird')")
    assert text.removeprefix("plot(x, label='red bird')")[:1].isspace() or len(ids) < 24
    again = run(engine, submit("b", [*prompt(tokenizer, ABOVE + "ax."), *ids[:-1]], 1, cache_key="a", libraries=[]))
    fresh = run(tiny_engine(folder), submit("b", [*prompt(tokenizer, ABOVE + "ax."), *ids[:-1]], 1, libraries=[]))
    assert answer(again, "b") == answer(fresh, "b"), "the cache holds what was written"


def test_a_refused_line_leaves_no_trace(folder, tokenizer):
    refused = answer(run(engine_with(folder, 0.0), asked(tokenizer)), "a")
    assert refused == answer(run(engine_with(folder, None), asked(tokenizer)), "a")


@pytest.mark.parametrize("changes", [{"temperature": 0.5}, {"libraries": None}])
def test_chance_and_weights_alone_have_no_drafts(folder, tokenizer, changes):
    request = submit("a", prompt(tokenizer, ABOVE + "ax."), 24, **{"libraries": [], "spell": "pl", **changes})
    with_drafts, without = (answer(run(engine_with(folder, line), request), "a") for line in (-20.0, None))
    assert with_drafts == without
