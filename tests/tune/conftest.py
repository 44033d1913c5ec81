from pathlib import Path

import pytest

import jupyter_sc2
from jupyter_sc2.tokenizer import Tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer(Path(jupyter_sc2.__file__).parent / "data" / "built-in" / "tokenizer.json")
