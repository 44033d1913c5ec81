"""The server side with the real worker and small random weights: what the scripted worker cannot show."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import save_file
from supervised import FAKE_WORKER, gone, pid_of
from tornado.httpclient import HTTPClientError
from wire import body, check_failure, events_of, until

from jupyter_sc2.messages import Failed, Finished, Submit, Tokens
from jupyter_sc2.supervisor import Ticket

HIDDEN, INNER = 16, 32


def random_tensors(vocabulary):
    generator = np.random.default_rng(0)
    layer = "model.layers.0"
    shapes = {
        "model.embed_tokens.weight": (vocabulary, HIDDEN),
        "model.norm.weight": (HIDDEN,),
        "model.norm.bias": (HIDDEN,),
        f"{layer}.mlp.c_fc.weight": (INNER, HIDDEN),
        f"{layer}.mlp.c_fc.bias": (INNER,),
        f"{layer}.mlp.c_proj.weight": (HIDDEN, INNER),
        f"{layer}.mlp.c_proj.bias": (HIDDEN,),
    }
    for name, size in (("q", HIDDEN), ("k", HIDDEN // 2), ("v", HIDDEN // 2), ("o", HIDDEN)):
        shapes[f"{layer}.self_attn.{name}_proj.weight"] = (size, HIDDEN)
        shapes[f"{layer}.self_attn.{name}_proj.bias"] = (size,)
    for name in ("input_layernorm", "post_attention_layernorm"):
        shapes[f"{layer}.{name}.weight"] = shapes[f"{layer}.{name}.bias"] = (HIDDEN,)
    return {name: generator.normal(0.0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(scope="session")
def real_folder(tmp_path_factory, weights_folder, tokenizer):
    folder = tmp_path_factory.mktemp("real") / "random"
    shutil.copytree(weights_folder, folder)
    config = {
        "model_type": "starcoder2", "vocab_size": tokenizer.vocab_size, "hidden_size": HIDDEN,
        "intermediate_size": INNER, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
        "max_position_embeddings": 1024, "tie_word_embeddings": True, "jupyter_sc2_fim_order": "spm",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    save_file(random_tensors(tokenizer.vocab_size), folder / "model.safetensors")
    return folder


@pytest.fixture
def sc2_config(real_folder):
    return {"weights": str(real_folder), "threads": 1, "cache_mib": 64, "device": "cpu", "precision": "float32"}


def text_of(events):
    return "".join(event["text"] for event in events if event["type"] == "text")


async def post(jp_fetch, content):
    headers = {"Content-Type": "application/json"}
    return await jp_fetch(
        "sc2", "complete", method="POST", body=json.dumps(content), headers=headers, request_timeout=60
    )


async def test_from_the_page_to_the_weights_and_back(jp_fetch, sc2_app, real_folder):
    (supervisor,) = sc2_app.supervisors
    request = body(options={"max_new_tokens": 5, "temperature": 0})
    events = events_of((await post(jp_fetch, request)).body.decode())
    assert events[0]["type"] == "loading"
    done = events[-1]
    assert done["finish"] in ("stop", "length", "scope")
    digest = hashlib.sha256((real_folder / "model.safetensors").read_bytes()).hexdigest()
    assert done["provenance"]["weights_sha256"] == digest
    assert done["provenance"]["precision"] == "float32"
    assert {"torch", "python", "jupyter_sc2"} <= done["provenance"]["versions"].keys()

    again = events_of((await post(jp_fetch, {**request, "seq": 2})).body.decode())
    assert text_of(again) == text_of(events)
    warmed = {**request, "seq": 3, "options": {"max_new_tokens": 0}}
    assert events_of((await post(jp_fetch, warmed)).body.decode())[-1]["finish"] == "warmed"

    await cancel_and_kill(supervisor)


async def cancel_and_kill(supervisor):
    """A long request is cancelled, another dies with its worker, and a new worker is started."""
    stream = await begun(supervisor, "long")
    supervisor.cancel("long")
    assert (await last_of(stream)).finish == "cancelled"
    stream = await begun(supervisor, "longer")
    os.kill(pid_of(supervisor), signal.SIGKILL)
    assert (await last_of(stream)).code == "engine_died"
    assert supervisor.status().state == "restarting"
    await until(lambda: supervisor.status().state == "ready", seconds=60)


async def begun(supervisor, name):
    """A request whose first ids have come."""
    stream = supervisor.admit(Ticket(name, "page", name, 1, "ghost"))
    supervisor.submit(stream, Submit("", [100, 200, 300], 900, 0.0, 1.0, 0, [], 0, "cache"))
    while not isinstance(await stream.next(10), Tokens):
        pass
    return stream


async def last_of(stream):
    while not isinstance(event := await stream.next(10), Finished | Failed):
        assert event is not None
    return event


PARENT = """
import asyncio, sys
sys.path[:0] = {path!r}
from supervised import Harness, pid_of
from jupyter_sc2.messages import Submit
async def main():
    harness = Harness()
    command = (sys.executable, "-m", "jupyter_sc2.engine.worker")
    supervisor = harness.make(command=command, folder={folder!r}, device="cpu")
    supervisor.start()
    while supervisor.status().state != {state!r} or not supervisor.life or not supervisor.life.pid:
        await asyncio.sleep(0.05)
    for number in range({requests}):
        stream = supervisor.admit(harness.ticket())
        supervisor.submit(stream, Submit("", [100 + number] * 60, 900, 1.0, 1.0, number, [], 0, str(number)))
        await stream.next()
    print(pid_of(supervisor), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize(("state", "requests"), [("loading", 0), ("ready", 0), ("ready", 4)])
def test_no_orphan(real_folder, state, requests):
    """A worker that loads, is idle or in the middle of its work goes when the server is killed."""
    path = [str(FAKE_WORKER.parent), str(FAKE_WORKER.parents[1])]
    code = PARENT.format(path=path, folder=str(real_folder), state=state, requests=requests)
    environment = {**os.environ, "PYTHONPATH": path[1]}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as parent:
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
        parent.wait()
        killed = time.monotonic()
        while not gone(pid):
            assert time.monotonic() - killed < 5
            time.sleep(0.01)


class TestDamaged:
    @pytest.fixture
    def sc2_config(self, real_folder, tmp_path):
        folder = tmp_path / "damaged"
        shutil.copytree(real_folder, folder)
        path = folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[:-5])
        return {"weights": str(folder)}

    async def test_damaged_weights_are_an_answer(self, jp_fetch, sc2_app):
        (supervisor,) = sc2_app.supervisors
        events = events_of((await post(jp_fetch, body())).body.decode())
        assert (events[-1]["type"], events[-1]["code"]) == ("error", "weights_corrupt")
        assert "model.safetensors" in events[-1]["message"]
        assert supervisor.status().state == "failed"
        with pytest.raises(HTTPClientError) as refused:
            await post(jp_fetch, body(seq=2))
        assert refused.value.code == 503
        assert check_failure(refused.value.response.body.decode())["code"] == "weights_corrupt"
