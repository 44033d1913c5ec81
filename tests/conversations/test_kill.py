"""`kill -9` while a conversation is being saved leaves the last or the last but one revision, whole."""

import random
import signal
import subprocess
import sys
import time

import pytest

from jupyter_sc2.conversations import files

SPEAKER = """
import asyncio, sys, uuid
from pathlib import Path
from jupyter_sc2.conversations import ConversationStore
from jupyter_sc2.messages import Message

async def main():
    store = ConversationStore(Path(sys.argv[1]))
    opened, _ = await store.open("a.ipynb")
    print(opened.id, flush=True)
    while True:
        said = Message(str(uuid.uuid4()), "user", "word " * 2000, "now")
        kept, unsaved = await store.append(opened.id, said)
        assert unsaved == ""
        print(kept.revision, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("round_", range(5))
def test_a_kill_in_the_middle_of_a_save(tmp_path, round_):
    command = [sys.executable, "-c", SPEAKER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        name = process.stdout.readline().strip()
        process.stdout.readline()  # the first revision is on disk
        time.sleep(random.Random(round_).uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        acknowledged = int(([1] + [int(line) for line in process.stdout.read().split()])[-1])
    found = files.read(tmp_path / f"{name}.json")
    assert found is not None
    assert found.revision in (acknowledged, acknowledged + 1)
    assert len(found.messages) == found.revision
