"""A real kernel for one simulated notebook: runs its cells and tells which names live there."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

from jupyter_sc2.evaluate.documents import plain_text

MAX_OUTPUT = 2000  # characters of a cell's plain-text output
MAX_SHOWN = 20_000  # characters of one output in the notebook itself
START_SECONDS = 60.0
_MODULE = "_sc2_snapshot"
_TAKE = (
    f"__import__('json').dumps(__import__('{_MODULE}').take("
    "get_ipython().user_ns, get_ipython().execution_count - 1, get_ipython().user_ns_hidden))"
)


@dataclass(frozen=True)
class Run:
    """One execution. `order` is its execution count, `sha` that of the source that ran, `outputs` as nbformat's."""

    order: int
    sha: str
    output: str
    error: str
    outputs: tuple[dict[str, Any], ...]


class _OnePython(KernelSpecManager):
    """Knows one kernel: ipykernel in the interpreter `python`."""

    python = ""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [self.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


class Kernel:
    """ipykernel in `python`, in a folder of its own that goes with it, without a way to the network.

    `timeout` is in seconds for each cell. Entering may raise RuntimeError, `run` raises TimeoutError.
    """

    def __init__(self, python: str, timeout: float, seed: int = 0) -> None:
        specs = _OnePython()
        specs.python = python
        self._manager = KernelManager(kernel_spec_manager=specs)
        self._timeout = timeout
        self._seed = seed

    def __enter__(self) -> Kernel:
        self._folder = Path(tempfile.mkdtemp(prefix="lived-in-"))
        (self._folder / "work").mkdir()
        (self._folder / "path").mkdir()
        shutil.copyfile(snapshot_source(), self._folder / "path" / f"{_MODULE}.py")
        # Nothing listens on port 9: what asks for the network fails at once.
        nowhere = {f"{kind}_proxy": "http://127.0.0.1:9" for kind in ("http", "https", "ftp")}
        environment = os.environ | nowhere | {name.upper(): url for name, url in nowhere.items()}
        environment |= {
            "PYTHONPATH": str(self._folder / "path"),
            "PYTHONHASHSEED": str(self._seed % 2**32),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        folder, quiet = str(self._folder / "work"), subprocess.DEVNULL
        self._manager.start_kernel(env=environment, cwd=folder, stdout=quiet, stderr=quiet)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=START_SECONDS)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, source: str) -> Run:
        outputs: list[dict[str, Any]] = []
        reply = self._client.execute_interactive(
            source, allow_stdin=False, timeout=self._timeout, output_hook=lambda message: _collect(message, outputs)
        )["content"]
        error = f"{reply['ename']}: {reply['evalue']}"[:MAX_OUTPUT] if reply["status"] == "error" else ""
        text = "".join(map(plain_text, outputs))[:MAX_OUTPUT]
        return Run(reply["execution_count"], sha_of(source), text, error, tuple(outputs))

    def snapshot(self) -> Any:
        """Names, types and shapes after the last execution, as JSON values; counts as no execution."""
        reply = self._client.execute_interactive(
            "", silent=True, allow_stdin=False, timeout=self._timeout, user_expressions={"names": _TAKE}
        )["content"]
        answer = reply["user_expressions"]["names"]
        if answer["status"] != "ok":
            raise RuntimeError(f"no snapshot: {answer.get('ename')}: {answer.get('evalue')}")
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))


def snapshot_source() -> Path:
    """The file that takes snapshots. Raises RuntimeError when the kernel's package is not installed."""
    spec = importlib.util.find_spec("jupyter_sc2_kernel.snapshot")
    if spec is None or spec.origin is None:
        raise RuntimeError("jupyter_sc2_kernel is not installed")
    return Path(spec.origin)


def sha_of(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _collect(message: dict[str, Any], outputs: list[dict[str, Any]]) -> None:
    """Adds what a message of the kernel's shows; pictures and pages are left out, and what stands for a picture."""
    kind, content = message["header"]["msg_type"], message["content"]
    if kind == "stream" and outputs and outputs[-1].get("name") == content["name"]:
        outputs[-1]["text"] = (outputs[-1]["text"] + content["text"])[:MAX_SHOWN]
    elif kind == "stream":
        text = content["text"][:MAX_SHOWN]
        outputs.append({"output_type": "stream", "name": content["name"], "text": text})
    elif kind in ("execute_result", "display_data"):
        pictured = any(form.startswith("image/") for form in content["data"])
        data = {"text/plain": "" if pictured else content["data"].get("text/plain", "")[:MAX_SHOWN]}
        output = {"output_type": kind, "data": data, "metadata": {}}
        outputs.append(output | ({"execution_count": content["execution_count"]} if kind == "execute_result" else {}))
    elif kind == "error":
        outputs.append({"output_type": "error"} | {name: content[name] for name in ("ename", "evalue", "traceback")})
