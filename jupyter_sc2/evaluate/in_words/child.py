"""In a child process: runs notebooks, answers and checks in IPython's shell.

Standard input has JSON: a list of jobs, each with `files`, `cells` and, where an answer is to be judged, `code` and
`check`. The file named on the command line gets a list of what became of them.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import io
import json
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from matplotlib import pyplot

from jupyter_sc2.evaluate.in_words.found import Found
from jupyter_sc2_kernel.snapshot import take

MAX_BYTES = 4 << 30  # of memory
MAX_FILE_BYTES = 64 << 20
MAX_REASON = 300  # characters

Job = dict[str, Any]


def limit(seconds: int) -> None:
    """Bounds what this process may use, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, MAX_BYTES),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most + 1))  # the first ends it with a signal that tells why


def run(shell: Any, job: Job) -> dict[str, Any]:
    """What became of one job, in a folder and a namespace of its own. Raises RuntimeError when its notebook fails."""
    _start(shell)
    with tempfile.TemporaryDirectory(dir=Path.cwd(), ignore_cleanup_errors=True) as folder:
        here = Path.cwd()
        os.chdir(folder)
        try:
            for path, text in job["files"].items():
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_text(text, "utf-8")
            for cell in job["cells"]:
                done, said, _ = _run_cell(shell, cell)
                if not done.success:
                    raise RuntimeError(f"A cell before the request failed: {_reason(done)}\n{cell}\n{said}")
            pyplot.close("all")  # as after each cell of a notebook
            if "code" not in job:
                return {"snapshot": take(shell.user_ns, shell.execution_count, shell.user_ns_hidden)}
            return _judge(shell, job["code"], job["check"])
        finally:
            os.chdir(here)


def _start(shell: Any) -> None:
    gc.freeze()  # the shell collects garbage: it need not look through the libraries each time
    shell.reset(new_session=False)
    shell.enable_matplotlib = lambda *_, **__: ("agg", "agg")  # what `%matplotlib inline` calls
    pyplot.close("all")


def _judge(shell: Any, code: str, check: str) -> dict[str, Any]:
    before = dict(shell.user_ns)
    with _open_figures():
        done, text, shown = _run_cell(shell, code)
        if not done.success:
            return {"ran": False, "passed": False, "reason": _reason(done)}
        hidden = {name for name, value in shell.user_ns_hidden.items() if shell.user_ns.get(name) is value}
        names = {name: value for name, value in shell.user_ns.items() if name not in {*hidden, "In", "Out"}}
        found = Found(names, before, shown, text)
        reason = _check(check, {**found.offered(), "before": before})
    return {"ran": True, "passed": not reason, "reason": reason}


def _run_cell(shell: Any, source: str) -> tuple[Any, str, list[Any]]:
    """How it went, its output, and the objects that it displayed or printed."""
    shown: list[Any] = []
    output = io.StringIO()
    say, form = builtins.print, type(shell.display_formatter).format

    def saying(*values: Any, **options: Any) -> None:
        shown.extend(values)
        say(*values, **options)

    def forming(value: Any, *args: Any, **options: Any) -> Any:
        shown.append(value)
        return form(shell.display_formatter, value, *args, **options)

    builtins.print, shell.display_formatter.format = saying, forming
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            done = shell.run_cell(source, store_history=False)
    finally:
        builtins.print = say
        del shell.display_formatter.format
    if done.success and done.result is not None:
        shown.append(done.result)  # also where a semicolon hides it
    return done, output.getvalue(), shown


def _check(check: str, names: dict[str, Any]) -> str:
    """Why the check fails; nothing when it holds."""
    try:
        exec(compile(check, "<check>", "exec"), names)
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<check>"]
        line = check.splitlines()[(lines[0] or 1) - 1].strip() if lines else ""
        kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__} at "
        return f"check: {kind}{line}"[:MAX_REASON]
    return ""


def _reason(done: Any) -> str:
    error = done.error_before_exec or done.error_in_exec
    return f"{type(error).__name__}: {error}"[:MAX_REASON]


@contextlib.contextmanager
def _open_figures() -> Iterator[None]:
    """Figures stay until they were looked at, whatever the answer closes."""
    close = pyplot.close
    pyplot.close = lambda *_: None
    try:
        yield
    finally:
        pyplot.close = close


def main(target: str, seconds: str) -> None:
    limit(int(seconds))
    jobs = json.load(sys.stdin)
    shell = InteractiveShell.instance()
    Path(target).write_text(json.dumps([run(shell, job) for job in jobs]), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
