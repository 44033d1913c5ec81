"""Which ids end what is generated."""

from __future__ import annotations

from jupyter_sc2.tokenizer import SPECIAL_TOKENS

# Every special id ends a completion but the last four: <NAME>, <EMAIL>, <KEY> and <PASSWORD> stand for text.
STOP_IDS = tuple(range(len(SPECIAL_TOKENS) - 4))
