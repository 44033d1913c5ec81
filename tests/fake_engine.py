"""An engine without weights or process: it answers what a test has put in its queue."""

import asyncio
from collections import deque

from jupyter_sc2.messages import EngineStatus, Failed, Finished, Ready, Tokens
from jupyter_sc2.supervisor import Stream

READY = Ready("cd" * 32, "float32", "cpu", 4096, 1 << 20, {"fake": "1"})


class FakeEngine:
    """`enqueue` one script for each request. Without a script a request ends at once with `stop`."""

    def __init__(self, tokenizer=None):
        self.tokenizer = tokenizer
        self.scripts = deque()
        self.refusal = None  # raised by the next `admit`
        self.details = READY
        self.tickets, self.prompts, self.cancelled = [], [], []
        self.open = {}
        self.tasks = set()

    def enqueue(self, *script):
        """Strings are sent as their ids, one after the other; events as they are; numbers are pauses in seconds.

        A script that does not end in `Finished` or `Failed` leaves its request open.
        """
        self.scripts.append(script)

    def admit(self, ticket):
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        self.tickets.append(ticket)
        stream = self.open[ticket.request_id] = Stream(ticket, len(self.tickets))
        return stream

    def submit(self, stream, prompt):
        self.prompts.append(prompt)
        stream.prompt = prompt
        script = self.scripts.popleft() if self.scripts else ("stop",)
        task = asyncio.ensure_future(self._play(stream, script))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def cancel(self, request_id, finish="cancelled"):
        stream = self.open.pop(request_id, None)
        if stream is None or stream.ended:
            return False
        self.cancelled.append((request_id, finish))
        stream.finish(finish)
        return True

    @property
    def is_drained(self):
        """Whether every script was played to its end."""
        return not self.scripts and not self.tasks

    async def restart(self):
        self.restarts = getattr(self, "restarts", 0) + 1

    def status(self):
        running = sum(not stream.ended for stream in self.open.values())
        return EngineStatus("fake", "ready", ["ghost", "magic", "chat"], running, 0, details=self.details)

    async def _play(self, stream, script):
        for item in script:
            if isinstance(item, int | float):
                await asyncio.sleep(item)
            elif item == "stop":
                stream.finish("stop")
            elif isinstance(item, str):
                for token_id in self.tokenizer.encode(item):
                    stream.put(Tokens(stream.ticket.request_id, [token_id]))
                    await asyncio.sleep(0)
            else:
                stream.put(item)
            if isinstance(item, Finished | Failed):
                self.open.pop(stream.ticket.request_id, None)
