"""A real Jupyter server with the built-in weights, and real kernels that find it by URL and token."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest
from nbclient import NotebookClient
from ui.lab import Lab


@pytest.fixture(scope="package")
def lab(tmp_path_factory):
    running = Lab(tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("home")).start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def jp_asyncio_loop():
    """Overrides pytest-jupyter's: nbclient runs a loop of its own, and the servers here are processes or threads."""


@pytest.fixture(autouse=True)
def jp_server_cleanup():
    """As above."""


@pytest.fixture
def known_server(lab, monkeypatch):
    monkeypatch.setenv("JUPYTER_SC2_URL", lab.url)
    monkeypatch.setenv("JUPYTER_SC2_TOKEN", lab.token)


@pytest.fixture
def run():
    """Runs cells in a fresh kernel; returns them with their outputs."""

    def execute(*sources):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        NotebookClient(notebook, timeout=60, allow_errors=True, kernel_name="python3").execute()
        return notebook.cells

    return execute


class Scripted(ThreadingHTTPServer):
    """Answers with what a test has put in `status`, `lines` and `answer`; notes what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.lines, self.answer = 200, [], b""
        self.asked = []
        self.deleted = threading.Event()
        self.silent = threading.Event()  # set: not a word until the request is deleted
        self.hold = False  # keep a stream open until its request is deleted

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"

    def bodies(self):
        return [json.loads(body) for method, _, body, _ in self.asked if method == "POST"]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(("POST", self.path, body, self.headers["Authorization"]))
        if self.server.silent.is_set():
            self.server.deleted.wait(20)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)
        for line in self.server.lines:
            self.wfile.write(b"data: " + json.dumps(line).encode() + b"\n\n")
            self.wfile.flush()
        if self.server.hold:
            self.server.deleted.wait(20)
            done = {"type": "done", "finish": "cancelled", "text": "x = 1"}
            self.wfile.write(b"data: " + json.dumps(done).encode() + b"\n\n")

    def do_DELETE(self):
        self.server.asked.append(("DELETE", self.path, b"", self.headers["Authorization"]))
        self.send_response(204)
        self.end_headers()
        self.server.deleted.set()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def scripted():
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.deleted.set()
    server.shutdown()
    thread.join()
    server.server_close()
