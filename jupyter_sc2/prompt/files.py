"""Files beside the notebook, as StarCoder2 was trained on a repository (https://arxiv.org/abs/2402.19173, section 5).

`<repo_name>name<file_sep>path\\ncode<file_sep>path\\ncode`: the path is the first line of each file.
"""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_sc2.notebook import ContextFile, mask_secrets
from jupyter_sc2.prompt.context import Piece
from jupyter_sc2.prompt.fim import FILE_SEP
from jupyter_sc2.tokenizer import SPECIAL_ID, Tokenizer

REPOSITORY = "project"  # a name that says nothing: the folder's own is nobody's business
REPO_NAME = SPECIAL_ID["<repo_name>"]


def beside(files: Sequence[ContextFile], tokenizer: Tokenizer, room: int) -> list[Piece]:
    """The first of `files` that fit whole into `room` ids, after the name of the repository. Nothing for no file."""
    encode = tokenizer.encode_kept
    head = (REPO_NAME, *encode(REPOSITORY))
    room -= len(head)
    pieces = []
    for file in files:
        ids = (FILE_SEP, *encode(mask_secrets(f"{file.path}\n{file.source}\n")))
        if len(ids) <= room:
            room -= len(ids)
            pieces.append(Piece(f"file:{file.path}", ids))
    return [Piece("repository", head), *pieces] if pieces else []
