"""`%%starcoder`: a request in words, code in a new cell."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from argparse import Namespace
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from traitlets import Bool

from jupyter_sc2_kernel.card import PlainCard, card
from jupyter_sc2_kernel.client import Event, Request
from jupyter_sc2_kernel.errors import MagicError, Stopped
from jupyter_sc2_kernel.history import History
from jupyter_sc2_kernel.server import find_server
from jupyter_sc2_kernel.show import CodeOutput, visible
from jupyter_sc2_kernel.snapshot import take

PROTOCOL = 1
SHOW_SECONDS = 0.1  # how often the growing code is shown
STOP_SECONDS = 3.0  # how long the server may take to say what there is
READ_IT = "Written by a model: read it before you run it."
NO_REQUEST = "Say in words what the code is to do, on the lines below %%starcoder."


@magics_class
class StarCoderMagics(Magics):
    """StarCoder2 in a notebook cell."""

    card = Bool(True, help="Show progress and buttons with ipywidgets where it is installed.").tag(config=True)

    def __init__(self, shell: Any, **traits: Any) -> None:
        super().__init__(shell, **traits)
        self._history = History(shell)
        self._client_id = uuid.uuid4().hex
        self._seq = 0

    @magic_arguments()
    @argument("--seed", type=int, help="a number: the same seed writes the same code again")
    @argument("--max-tokens", type=int, default=256, help="how long the code may become, in token ids (256)")
    @argument("--temperature", type=float, default=0.0, help="0 writes the likeliest code; up to 2 varies it (0)")
    @argument("--show-prompt", action="store_true", help="print what the model is given")
    @argument("words", nargs="*", help="the request, or its first line")
    @no_var_expand
    @line_cell_magic
    def starcoder(self, line: str, cell: str | None = None) -> None:
        """Write code for a request in words and put it into a new cell below. Nothing runs."""
        options = parse_argstring(self.starcoder, line)
        words = "\n".join(filter(None, (" ".join(options.words), (cell or "").strip())))
        if not words:
            raise UsageError(NO_REQUEST)
        try:
            self._write(words, options)
        except MagicError as error:
            print(visible(str(error)).replace("max_new_tokens", "--max-tokens"), file=sys.stderr)

    def _write(self, words: str, options: Namespace) -> None:
        """Shows the code as it comes, then offers it as a cell. Raises MagicError, or Stopped after an interrupt."""
        stop = threading.Event()
        cell_id = self._cell_id()
        body = self._body(words, options, cell_id)
        server = find_server()
        shown = card(self.card, stop.set, cell_id)  # before the request: importing widgets takes a while
        request = Request(server, "magic", body)
        try:
            done = self._follow(request, options, shown, stop)
        except KeyboardInterrupt:
            shown.finish("Stopped.", "")
            request.stop()
            raise Stopped from None
        except MagicError as error:
            if not shown.is_shown:
                raise
            shown.finish(visible(str(error)), "")
            return
        finally:
            request.close()
        code = visible(done["text"])
        shown.finish(_summary(done, code, options), code)
        if code and done["finish"] != "cancelled" and self.shell is not None:
            self.shell.set_next_input(code, replace=False)

    def _follow(self, request: Request, options: Namespace, shown: PlainCard, stop: threading.Event) -> Event:
        """Shows events until the last, which is returned. The output ends with what is kept and what made it."""
        output = CodeOutput()
        written, last, stopped_at = "", 0.0, None
        for event in request:
            now = time.monotonic()
            if stop.is_set() and stopped_at is None:
                stopped_at = now
                request.stop()
            if stopped_at is not None and now - stopped_at > STOP_SECONDS:
                raise MagicError("Stopped. The server did not say what it had written so far.")
            if not shown.is_shown:  # not for what fails at once
                shown.tell("Asking StarCoder2.")
            if event is None:
                continue
            kind = event["type"]
            if kind == "text":
                written += event["text"]
            elif kind == "prompt":
                print(visible(event["text"]))
            elif kind == "done":
                output.show(event["text"] or written, {"jupyter_sc2": event.get("provenance") or {}})
                return {**event, "cut": bool(event["text"]) and len(event["text"]) < len(written.rstrip())}
            shown.tell(*_progress(event, written, options.max_tokens))
            if written and now - last > SHOW_SECONDS:
                last = now
                output.show(written)
        raise MagicError("The server ended the answer too early.")

    def _body(self, words: str, options: Namespace, cell_id: str | None) -> Event:
        self._seq += 1
        return {
            "protocol": PROTOCOL,
            "request_id": uuid.uuid4().hex,
            "client_id": self._client_id,
            "editor_id": f"kernel:{cell_id or 'cell'}"[:128],
            "seq": self._seq,
            "request": words,
            "cells": self._history.cells(words),
            "snapshot": self._snapshot(),
            "show_prompt": options.show_prompt,
            "options": {
                "max_new_tokens": options.max_tokens,
                "temperature": options.temperature,
                "seed": options.seed,
            },
        }

    def _snapshot(self) -> Event | None:
        """Names and types of what lives here, never values."""
        shell = self.shell
        return take(shell.user_ns, shell.execution_count, shell.user_ns_hidden) if shell is not None else None

    def _cell_id(self) -> str | None:
        """The cell that runs, where the front end says so."""
        kernel = getattr(self.shell, "kernel", None)
        parent = kernel.get_parent() if kernel is not None else None
        found = ((parent or {}).get("metadata") or {}).get("cellId")
        return found if isinstance(found, str) else None


def _progress(event: Event, written: str, max_tokens: int) -> tuple[str, float | None]:
    """What is going on in words, and how much of it is done."""
    match event["type"]:
        case "queued":
            return f"Waiting, number {event['position']} in line.", None
        case "loading":
            return f"Loading weights, {100 * event['share']:.0f}%.", event["share"]
        case "prefill":
            return "Reading the notebook.", event["done"] / max(1, event["total"])
        case _ if written:
            return "Writing.", min(1.0, len(written) / (3.5 * max_tokens))  # about 3.5 characters each
        case _:
            return "Thinking.", None


def _summary(done: Event, code: str, options: Namespace) -> str:
    made_by = done.get("provenance") or {}
    weights = f"StarCoder2 {made_by['weights']}" if made_by.get("weights") else "StarCoder2"
    seed = f", seed {made_by['seed']}" if made_by and options.temperature > 0 else ""
    if done["finish"] == "cancelled":
        return f"Stopped. {weights}{seed}."
    if not code:
        return f"{weights}{seed}: nothing that could be used. Try other words, another --seed or a --temperature."
    notes = [
        "It reached --max-tokens." if done["finish"] == "length" else "",
        "An end that is unfinished, wrong or repeats itself is left out." if done["cut"] else "",
        "Not all cells fitted into its prompt." if done.get("truncated") else "",
    ]
    return " ".join(filter(None, (f"{weights}{seed}.", READ_IT, *notes)))
