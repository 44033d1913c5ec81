"""A worker without a model, run as a process by the supervisor's tests. Its first argument is a script in JSON:

hello         protocol to announce (1); null sends no Hello and exits with status 3
prints        text for stdout, before anything else
progress      shares reported while loading ([0.5])
load_seconds  how long loading takes, silently (0)
gate          a file for which loading waits
load_failure  code with which loading fails
tokens        ids sent for each request (3)
step_seconds  pause before each id (0)
exit_at, hang_at, garbage_at   ids sent, over all requests, before that happens
reads         a pace that is told with the first id
crawl_at      ids sent before it computes for one and a half seconds, with a sixth of a processor
lives         a file that gets one line for each start; `die_in_life` lists those that end after Ready
"""

import json
import os
import queue
import struct
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec

from jupyter_sc2 import messages
from jupyter_sc2.messages import (
    Cancel,
    Failed,
    Finished,
    Hello,
    Load,
    LoadProgress,
    PrefillProgress,
    Reads,
    Ready,
    Stop,
    Submit,
    Tokens,
    Usage,
)

DEFAULTS = {
    "hello": messages.PROTOCOL, "prints": "", "progress": [0.5], "load_seconds": 0, "gate": None, "load_failure": None,
    "tokens": 3, "step_seconds": 0, "exit_at": None, "hang_at": None, "garbage_at": None,
    "crawl_at": None, "reads": None,
    "lives": None, "die_in_life": [],
}  # fmt: skip


class FakeWorker:
    def __init__(self, script, read_fd, write_fd):
        self.script, self.read_fd, self.write_fd = script, read_fd, write_fd
        self.inbox = queue.Queue()
        self.active = {}
        self.sent = 0

    def send(self, frame):
        data = msgspec.msgpack.encode(frame)
        os.write(self.write_fd, struct.pack(">I", len(data)) + data)

    def read(self):
        """Runs in a thread; end of file ends the process, whatever it does."""
        decoder = msgspec.msgpack.Decoder(messages.ToWorker)
        with os.fdopen(self.read_fd, "rb") as pipe:
            while head := pipe.read(4):
                self.inbox.put(decoder.decode(pipe.read(*struct.unpack(">I", head))))
        os._exit(0)

    def run(self):
        script = self.script
        sys.stdout.write(script["prints"])
        sys.stdout.flush()
        if script["hello"] is None:
            sys.exit(3)
        self.send(Hello(script["hello"], os.getpid()))
        threading.Thread(target=self.read, daemon=True).start()
        self.load(self.inbox.get())
        while True:
            self.listen()
            for request in list(self.active.values()):
                self.step(request)

    def load(self, load):
        assert isinstance(load, Load), load
        for share in self.script["progress"]:
            self.send(LoadProgress(share))
        time.sleep(self.script["load_seconds"])
        while self.script["gate"] and not os.path.exists(self.script["gate"]):
            time.sleep(0.01)
        if self.script["load_failure"]:
            self.send(Failed(self.script["load_failure"], "These weights do not load.", "Try others."))
            time.sleep(60)
        versions = {"fake": "1"}
        self.send(Ready("ab" * 32, "float32", "cpu", 4096, 1 << 20, versions))
        if self.script["lives"]:
            with open(self.script["lives"], "a+") as file:
                file.write(f"{os.getpid()}\n")
                file.seek(0)
                if len(file.readlines()) in self.script["die_in_life"]:
                    os._exit(9)

    def listen(self):
        while not self.inbox.empty() or not self.active:
            frame = self.inbox.get()
            if isinstance(frame, Stop):
                sys.exit(0)
            if isinstance(frame, Submit):
                self.active[frame.request_id] = [frame, 0]
                self.send(PrefillProgress(frame.request_id, len(frame.ids), len(frame.ids)))
            if isinstance(frame, Cancel):
                submit, count = self.active.pop(frame.request_id, (None, 0))
                if submit is not None:
                    self.finish(submit, "cancelled", count)

    def finish(self, submit, finish, count):
        self.send(Finished(submit.request_id, finish, Usage(len(submit.ids), len(submit.ids), count)))

    def step(self, request):
        submit, count = request
        if count >= min(self.script["tokens"], submit.max_new_tokens):
            self.finish(submit, "stop" if submit.max_new_tokens else "warmed", count)
            del self.active[submit.request_id]
            return
        time.sleep(self.script["step_seconds"])
        self.misbehave()
        if self.script["reads"] and not self.sent:
            self.send(Reads(self.script["reads"]))
        request[1] += 1
        self.sent += 1
        self.send(Tokens(submit.request_id, [100 + count % 100]))

    def misbehave(self):
        if self.sent == self.script["exit_at"]:
            os._exit(7)
        if self.sent == self.script["hang_at"]:
            time.sleep(60)
        if self.sent == self.script["crawl_at"]:
            crawl(1.5)
        if self.sent == self.script["garbage_at"]:
            os.write(self.write_fd, struct.pack(">I", 4) + b"\xff\xff\xff\xff")


def crawl(seconds):
    """As one does whom other programs leave little of the processors."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.process_time()
        while time.process_time() < begun + 0.006:
            pass
        time.sleep(0.03)


if __name__ == "__main__":
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    script = {**DEFAULTS, **json.loads(sys.argv[1])}
    FakeWorker(script, int(arguments["--read-fd"]), int(arguments["--write-fd"])).run()
