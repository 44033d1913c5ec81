"""The baseline `kneser-ney`: a 5-gram model of the built-in weights' training text, and one of the document itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jupyter_sc2 import catalog
from jupyter_sc2.catalog import BUILT_IN
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.baselines.ngrams import ORDER, NGrams, count
from jupyter_sc2.evaluate.baselines.suggestion import Suggestion
from jupyter_sc2.evaluate.completer import NEW_IDS, PROMPT_IDS, prompt_at
from jupyter_sc2.evaluate.tasks import Hole
from jupyter_sc2.notebook import ARMS
from jupyter_sc2.prompt.script import BETWEEN, code_mark, comment_sign, script_cell
from jupyter_sc2.prompt.trim import Trimmer
from jupyter_sc2.tokenizer import SPECIAL_TOKENS, Tokenizer

FIRST = len(SPECIAL_TOKENS)  # sentinels and ends cut the text
ROWS = "train_2048.npy"  # holds every example, those of the shorter rows too
SAVED = "kneser_ney.npz"
TABLES = ("keys", "counts", "discounts")
CACHE = 0.7  # weight of the document's own model: of tenths, the most exact rests of lines in three other packages


class KneserNey:
    """`work` is the folder in which `jupyter_sc2.tune.pretrain` worked. Raises Sc2Error when it lacks what is counted.

    The counts are saved there, for the next time.
    """

    def __init__(self, work: Path) -> None:
        if not (work / ROWS).is_file():
            raise Sc2Error(
                "no_folder", f"{work} has no {ROWS} to count; `python -m jupyter_sc2.tune.pretrain` makes it."
            )
        self.tokenizer = Tokenizer(work / "tokenizer.json")
        self.entry = catalog.find(BUILT_IN)
        self.model = _counted(work, self.tokenizer.vocab_size)

    def suggest(self, hole: Hole) -> Suggestion:
        """Greedily, from where the product's prompt ends to where its suggestion would."""
        prompt = prompt_at(hole, self.entry, self.tokenizer, ARMS["cell"], PROMPT_IDS)
        ids = [i for piece in prompt.pieces if piece.origin == "before" for i in piece.ids]
        document = count(self._document(hole, len(prompt.spell)), FIRST, self.model.size)
        trimmer, spell = Trimmer(prompt, self.tokenizer), prompt.spell.encode()
        done = 0
        while done < NEW_IDS[hole.task] and not trimmer.finished:
            history = ids[1 - ORDER :]
            p = (1 - CACHE) * self.model.probabilities(history) + CACHE * document.probabilities(history)
            if spell:
                p *= self.spells(spell)
            ids.append(int(p.argmax()))
            spell = spell[len(self.tokenizer.spelling[ids[-1]]) :]
            trimmer.feed(ids[-1:])
            done += 1
        trimmer.flush(complete=False)
        return Suggestion(trimmer.kept(), done)

    def _document(self, hole: Hole, typed: int) -> NDArray[np.uint16]:
        """Its cells in the form that prompts have, a cut between any two; without the hidden text.

        The `typed` characters before the cursor are left out too: half a word, which is still to be spelled.
        """
        sign = comment_sign(hole.document.language)
        source = hole.document.cells[hole.cell].source
        texts = [
            script_cell(cell.kind, cell.source, sign) + BETWEEN
            for i, cell in enumerate(hole.document.cells)
            if i != hole.cell
        ]
        texts += [code_mark(sign) + source[: hole.start - typed], source[hole.end :]]
        return np.array([i for ids in self.tokenizer.encode_many(texts) for i in [*ids, 0]], np.uint16)

    def spells(self, text: bytes) -> NDArray[np.bool_]:
        """[size]: whether each id spells a beginning of `text`, or all of it and more."""
        fits = np.zeros(self.model.size, bool)
        for spelled, token_id in self.tokenizer.spellings:
            fits[token_id] = spelled.startswith(text) or text.startswith(spelled)
        return fits


def _counted(work: Path, size: int) -> NGrams:
    rows, saved = work / ROWS, work / SAVED
    if not saved.is_file() or saved.stat().st_mtime < rows.stat().st_mtime:
        model = _count_rows(rows, size)
        np.savez(saved, **{f"{kind}{n}": getattr(model, kind)[n] for kind in TABLES for n in range(ORDER)})
        return model
    with np.load(saved) as tables:
        keys, counts, discounts = ([tables[f"{kind}{n}"] for n in range(ORDER)] for kind in TABLES)
    return NGrams(keys, counts, discounts, FIRST, size)


def _count_rows(path: Path, size: int) -> NGrams:
    """[N, L] rows, with a cut between any two. For 71 million ids minutes, and 2.5 GB of memory."""
    return count(np.pad(np.load(path, mmap_mode="r"), ((0, 0), (0, 1))).reshape(-1), FIRST, size)
