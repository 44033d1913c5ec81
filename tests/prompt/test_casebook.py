"""The case book: for each situation the prompt's ids and where each piece comes from, as agreed on.

`SC2_UPDATE_CASES=1 pytest tests/prompt/test_casebook.py` writes the cases anew; read what changed before it is kept. A
change of the prompts that weights were trained on needs a new `format_version`.
"""

import os
import re
from pathlib import Path

import pytest
from prompt.situations import SITUATIONS

from jupyter_sc2.tokenizer import SPECIAL_TOKENS

CASES = Path(__file__).parent / "cases"
UPDATE = bool(os.environ.get("SC2_UPDATE_CASES"))


def file_of(name):
    return CASES / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.txt"


def written(situation, prompt, tokenizer):
    """A case as a person reads it: the facts, the prompt in pieces, and all ids."""
    pieces = "".join(f"[{one.origin}: {len(one.ids)}] {tokenizer.decode(list(one.ids))!r}\n" for one in prompt.pieces)
    spell = f"spell: {prompt.spell!r}\n" if prompt.spell else ""
    ids = " ".join(map(str, prompt.ids))
    return f"{situation.name}\n{spell}truncated: {prompt.truncated}\n\n{pieces}\n{ids}\n"


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_the_prompt_is_as_agreed(situation, tokenizer):
    prompt = situation.prompt(tokenizer)
    text = tokenizer.decode(prompt.ids)
    for wanted in situation.shows:
        assert wanted in text
    for unwanted in situation.hides:
        assert unwanted not in text
    assert len(prompt.ids) <= situation.limit
    case, file = written(situation, prompt, tokenizer), file_of(situation.name)
    if UPDATE:
        CASES.mkdir(exist_ok=True)
        file.write_text(case, "utf-8")
    assert file.read_text("utf-8") == case


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_no_text_becomes_a_sentinel(situation, tokenizer):
    """Special ids are ours alone: pieces hold none but those that begin a notebook's cell or a file."""
    ours = {SPECIAL_TOKENS.index(f"<{name}>") for name in (
        "repo_name", "file_sep", "jupyter_start", "jupyter_text", "jupyter_code", "jupyter_output", "empty_output"
    )}  # fmt: skip
    for piece in situation.prompt(tokenizer).pieces:
        specials = [i for i in piece.ids if i < len(SPECIAL_TOKENS)]
        assert set(specials) <= ours
        assert len(specials) <= 3


def test_enough_situations_with_names_of_their_own():
    assert len(SITUATIONS) >= 60
    files = {file_of(situation.name) for situation in SITUATIONS}
    assert len(files) == len(SITUATIONS)
    assert files == set(CASES.glob("*.txt")), "a case without a situation"
