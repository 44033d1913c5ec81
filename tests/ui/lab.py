"""A real `jupyter lab` on loopback, with its token and XSRF checks on. Also serves the benchmarks."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

Settings = dict[str, dict[str, object]]  # plugin -> its settings
QUIET_LAB: Settings = {"@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"}}


class Lab:
    """Starts in `start`, answers at `url` with `token`, and is gone after `stop`."""

    def __init__(
        self,
        root: Path,
        home: Path,
        *options: str,
        settings: Settings | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.root, self.home, self.options = root, home, options
        self.environment = environment or {}
        self.settings = {**QUIET_LAB, **(settings or {})}
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "lab.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Lab:
        settings = self.home / "lab-settings"
        for plugin, values in self.settings.items():
            folder, _, name = plugin.partition(":")
            (settings / folder).mkdir(parents=True, exist_ok=True)
            (settings / folder / f"{name}.jupyterlab-settings").write_text(json.dumps(values))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_"))},
            "HOME": str(self.home),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.home / "workspaces"),
            "IPYTHONDIR": str(self.home / "ipython"),
            **self.environment,
        }
        command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", f"--port={self.port}", "--ip=127.0.0.1"]
        command += [f"--IdentityProvider.token={self.token}", "--ServerApp.port_retries=0", *self.options]
        command += ["--LabApp.expose_app_in_browser=True"]  # the tests read cells from the document model
        command += [f"--ServerApp.root_dir={self.root}", "--allow-root"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while not self._is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text('utf-8', 'replace')[-3000:]}")
            time.sleep(0.1)
        return self

    def _is_up(self) -> bool:
        """Whether it says so and listens: it binds its port a moment after it has said so."""
        if not re.search(r"Jupyter Server .* is running at", self.log.read_text("utf-8", "replace")):
            return False
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def get(self, path: str) -> object:
        """JSON of a GET route, by token."""
        request = Request(f"{self.url}/{path}", headers={"Authorization": f"token {self.token}"})
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def send(self, method: str, path: str, content: object) -> None:
        """JSON to a route, by token. Raises HTTPError for a refusal."""
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = Request(f"{self.url}/{path}", json.dumps(content).encode(), headers, method=method)
        with urlopen(request, timeout=60):
            pass

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
