"""A small Hugging Face Hub on loopback: what its client asks for, real bytes of local folders, and faults on demand.

Like the Hub it answers for large files (safetensors) with a redirect to another server, which wants no token.
"""

import hashlib
import json
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "hf_standinTokenThatMustNeverBeSeen"
STRANGER = "hf_standinTokenWithoutAccess"
SIGNATURE = "Signature=standinSecretOfALink"
PIECE = 16384


@dataclass
class Fault:
    """Something that goes wrong with the file `name` (or `api`), so many `times`; -1 for ever.

    `drop` and `stall` happen after `after` bytes of an answer; `slow` sends `after` bytes a second; `flip` changes the
    byte at `after`; `truncate` pretends that the file has `after` bytes; `status` answers with it and `headers`.
    """

    name: str
    kind: str
    after: int = 0
    times: int = -1
    status: int = 500
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    call: object = None


@dataclass
class Stored:
    """A file. `listed` is the size that the Hub tells, where it is not the true one."""

    data: bytes
    large: bool
    listed: int | None = None

    @property
    def sha256(self):
        return hashlib.sha256(self.data).hexdigest()

    @property
    def git(self):
        pointer = f"pointer {self.sha256}".encode() if self.large else self.data
        return hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()

    @property
    def etag(self):
        return self.sha256 if self.large else self.git


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that are killed close their lines; nobody needs to read that."""


class Hub:
    """`sent` counts the bytes of each file that went out, `seen` lists every request."""

    def __init__(self):
        self.repos, self.gated, self.faults, self.seen, self.sent = {}, set(), [], [], Counter()
        self.released = threading.Event()  # ends what stalls
        self.lock = threading.Lock()
        self.servers = [Server(("127.0.0.1", 0), handler(self, role)) for role in ("hub", "cdn")]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        self.url, self.cdn = (f"http://127.0.0.1:{server.server_port}" for server in self.servers)

    def close(self):
        self.released.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def add(self, weights, folder, gated=False):
        """Offers the files of a folder as a new commit of `main`; returns the commit."""
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return self.put(weights, {str(path.relative_to(folder)): path.read_bytes() for path in paths}, gated)

    def put(self, weights, files, gated=False):
        stored = {name: Stored(data, name.endswith((".safetensors", ".bin"))) for name, data in files.items()}
        commit = hashlib.sha1("".join(f"{name}{each.etag}" for name, each in stored.items()).encode()).hexdigest()
        commits = self.repos.setdefault(weights, {})
        commits[commit] = commits["main"] = stored
        commits.setdefault("commits", {}).update({"main": commit, commit: commit})
        if gated:
            self.gated.add(weights)
        return commit

    def fault(self, name, kind, after=0, times=-1, **more):
        self.faults.append(Fault(name, kind, after, times, **more))

    def reset(self):
        self.released.set()
        self.released = threading.Event()
        self.faults, self.seen, self.sent = [], [], Counter()
        self.gated.clear()

    def take(self, name, *kinds):
        """The fault that hits this answer, and one time less of it."""
        with self.lock:
            for fault in self.faults:
                if fault.name in (name, "*") and fault.kind in kinds and fault.times:
                    fault.times -= 1
                    return fault
        return None


def handler(hub, role):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args):
            pass

        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            headers = {name.lower(): value for name, value in self.headers.items()}
            hub.seen.append((role, self.command, self.path, headers))
            with suppress(BrokenPipeError, ConnectionResetError):
                path = unquote(urlsplit(self.path).path)
                if role == "cdn":
                    self.bytes_of(*path.strip("/").split("/", 1))
                elif path.startswith("/api/models/"):
                    self.api(path.removeprefix("/api/models/"))
                else:
                    self.resolve(path)

        def answer(self, status, headers, body=b""):
            self.send_response(status)
            for name, value in {"Content-Length": len(body), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def refuse(self, status, code="", message="refused"):
            self.answer(status, {"X-Error-Code": code, "X-Error-Message": message} if code else {})

        def failed(self, name):
            if fault := hub.take(name, "status"):
                self.answer(fault.status, fault.headers, fault.body)
            return fault is not None

        def repo(self, weights, revision):
            """The commit and its files; refuses and returns None where the Hub would."""
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if token not in ("", TOKEN, STRANGER):
                self.refuse(401, "RepoNotFound", "Invalid credentials in Authorization header")
            elif weights not in hub.repos:
                self.refuse(404 if token else 401, "RepoNotFound", "Repository not found")
            elif revision not in hub.repos[weights]["commits"]:
                self.refuse(404, "RevisionNotFound", "Invalid rev id")
            else:
                return hub.repos[weights]["commits"][revision], hub.repos[weights][revision], token
            return None

        def api(self, path):
            weights, _, rest = path.partition("/revision/") if "/revision/" in path else path.partition("/tree/")
            if self.failed("api") or not (found := self.repo(weights, rest or "main")):
                return
            commit, files, _ = found
            siblings = [self.sibling(name, each) for name, each in files.items()]
            if "/tree/" in path:
                self.answer(200, {"Content-Type": "application/json"}, json.dumps(self.tree(siblings)).encode())
                return
            told = {"_id": "1", "id": weights, "sha": commit, "siblings": siblings, "tags": [], "private": False}
            self.answer(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

        def sibling(self, name, each):
            size = len(each.data) if each.listed is None else each.listed
            lfs = {"sha256": each.sha256, "size": size, "pointerSize": 135}
            told = {"rfilename": name, "size": size, "blobId": each.git}
            return {**told, "lfs": lfs} if each.large else told

        def tree(self, siblings):
            entries = [
                {"type": "file", "path": s["rfilename"], "size": s["size"], "oid": s["blobId"]} for s in siblings
            ]
            for entry, s in zip(entries, siblings, strict=True):
                if "lfs" in s:
                    entry["lfs"] = {"oid": s["lfs"]["sha256"], "size": s["size"], "pointerSize": 135}
            return entries

        def resolve(self, path):
            weights, _, rest = path.strip("/").partition("/resolve/")
            revision, _, name = rest.partition("/")
            if self.failed(name) or not (found := self.repo(weights, revision)):
                return
            commit, files, token = found
            if weights in hub.gated and token != TOKEN:
                self.refuse(403 if token else 401, "GatedRepo", f"Access to model {weights} is restricted")
                return
            if name not in files:
                self.refuse(404, "EntryNotFound", "Entry not found")
                return
            each = files[name]
            headers = {"X-Repo-Commit": commit, "ETag": f'"{each.etag}"', "X-Linked-Size": len(each.data)}
            if each.large:
                link = f"{hub.cdn}/{weights}/{commit}/{name}?{SIGNATURE}"
                self.answer(302, {**headers, "X-Linked-ETag": f'"{each.etag}"', "Location": link})
            else:
                self.send_file(name, each.data, headers)

        def bytes_of(self, org, rest):
            repo, commit, name = rest.split("/", 2)
            if not self.failed(f"cdn:{name}"):
                self.send_file(name, hub.repos[f"{org}/{repo}"][commit][name].data, {})

        def send_file(self, name, data, headers):
            if fault := hub.take(name, "truncate"):
                data = data[: fault.after]
            if fault := hub.take(name, "flip"):
                data = data[: fault.after] + bytes([data[fault.after] ^ 1]) + data[fault.after + 1 :]
            start, status = 0, 200
            asked = self.headers.get("Range", "")
            if asked and not hub.take(name, "no_range"):
                start, status = int(asked.removeprefix("bytes=").rstrip("-")), 206
                headers = {**headers, "Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            if start and start >= len(data):
                self.answer(416, {"Content-Range": f"bytes */{len(data)}"})
                return
            self.send_response(status)
            for key, value in {**headers, "Content-Length": len(data) - start, "Accept-Ranges": "bytes"}.items():
                self.send_header(key, str(value))
            self.end_headers()
            if self.command == "GET":
                self.send_pieces(name, memoryview(data)[start:])

        def send_pieces(self, name, rest):
            fault = hub.take(name, "drop", "stall", "slow", "call")
            went, sent = 0, hub.sent  # that of this test
            while rest:
                piece = rest[:PIECE]
                if fault and fault.kind == "slow":
                    piece = rest[: max(1, fault.after // 50)]
                    time.sleep(len(piece) / fault.after)
                elif fault and went + len(piece) > fault.after:
                    piece = rest[: fault.after - went]
                self.wfile.write(piece)
                sent[name] += len(piece)
                went, rest = went + len(piece), rest[len(piece) :]
                if fault and fault.kind != "slow" and went >= fault.after:
                    if fault.kind == "stall":
                        hub.released.wait(20)
                    if fault.kind != "call":
                        self.close_connection = True
                        return
                    fault.call()
                    fault = None

    return Handler
