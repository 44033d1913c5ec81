"""From a parsed completion request to the prompt for ghost text."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from jupyter_sc2.catalog import Entry
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.modules import files_beside
from jupyter_sc2.handlers.services import Served
from jupyter_sc2.messages import CompletionRequest, NotebookState, OpenFile, Submit
from jupyter_sc2.notebook import Limits, SourceCell
from jupyter_sc2.prompt.ghost import Prompt, Style, Subject, build

MIN_PROMPT_IDS = 64
REPLY_IDS = 256  # kept free for the reply at least, so that the same cells are chosen however long it may be
PRIORITY = 0  # ghost text before everything else


class Place(Struct, frozen=True):
    """The cursor: `offset` code points into `cells[index]`."""

    cells: tuple[SourceCell, ...]
    index: int
    offset: int
    state: NotebookState | None = None
    beside: tuple[OpenFile, ...] = ()

    def is_completable(self, warms: bool) -> bool:
        """Whether there is something to complete, or to read ahead: no raw text, no empty cell unless it `warms`."""
        cell = self.cells[self.index]
        return cell.kind != "raw" and (warms or bool(cell.source.strip()))


def place(
    request: CompletionRequest,
    cells: Sequence[SourceCell],
    state: NotebookState | None = None,
    beside: tuple[OpenFile, ...] = (),
) -> Place:
    """Raises Sc2Error 422 `bad_cursor` when the cursor is not in one of the cells."""
    cursor = request.cursor
    index = next((i for i, cell in enumerate(cells) if cell.id == cursor.cell_id), None)
    if index is None:
        raise Sc2Error("bad_cursor", "`cursor.cell_id` names none of the `cells`.", status=422)
    source = cells[index].source
    if cursor.offset > len(source):
        sentence = f"`cursor.offset` must be a whole number from 0 to {len(source)}, in characters."
        raise Sc2Error("bad_cursor", sentence, "Count code points, not UTF-16 units.", status=422)
    offset = len(_plain_lines(source[: cursor.offset]))
    return Place(tuple(_with_plain_lines(cell) for cell in cells), index, offset, state, beside)


def check_kind(entry: Entry) -> None:
    """Raises Sc2Error 422 `wrong_kind` for instruct weights: they were not trained to fill in the middle."""
    if entry.kind != "base":
        message = f"{entry.name} was trained to converse and cannot complete code at the cursor."
        raise Sc2Error("wrong_kind", message, "Choose base weights for ghost text, such as StarCoder2-3B.", status=422)


def build_prompt(request: CompletionRequest, where: Place, served: Served, prompt_ids: int, root: str) -> Prompt:
    """Reads the user's modules below `root` and tokenises, so it does not belong on the event loop.

    Raises Sc2Error when the reply leaves no room.
    """
    entry = served.entry
    reply = max(min(REPLY_IDS, entry.max_positions // 2), request.options.max_new_tokens)
    room = min(prompt_ids, entry.max_positions - reply, served.readable_ids or prompt_ids)
    if room < MIN_PROMPT_IDS:
        most = max(0, entry.max_positions - MIN_PROMPT_IDS)
        raise Sc2Error("too_large", f"`max_new_tokens` must be 0 to {most} with these weights.", status=422)
    limits = Limits(prompt_ids=room)
    subject = Subject(
        where.cells,
        where.index,
        where.offset,
        request.language,
        where.state,
        request.is_file,
        request.path.rpartition("/")[2],
        files_beside(root, request.path, where.cells, where.beside) if request.language == "python" else (),
    )
    return build(subject, served.tokenizer, limits, Style(entry.fim_order, entry.heals))


def submission(request: CompletionRequest, prompt: Prompt, seed: int, notebooks: str = "") -> Submit:
    options = request.options
    return Submit(
        request_id=request.request_id,
        ids=prompt.ids,
        max_new_tokens=options.max_new_tokens,
        temperature=options.temperature,
        top_p=options.top_p,
        seed=seed,
        stop_ids=list(prompt.stop_ids),
        priority=PRIORITY,
        cache_key=f"{request.client_id}/{request.editor_id}",
        spell=prompt.spell,
        libraries=list(prompt.libraries),
        document=list(prompt.document),
        notebooks=notebooks,
        fresh=options.seed is not None and options.temperature > 0,
    )


def _plain_lines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _with_plain_lines(cell: SourceCell) -> SourceCell:
    return msgspec.structs.replace(cell, source=_plain_lines(cell.source)) if "\r" in cell.source else cell
