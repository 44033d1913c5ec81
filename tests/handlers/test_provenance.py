"""What a text says of the weights that made it."""

import msgspec
from msgspec.structs import replace
from wire import body

from jupyter_sc2.messages import Provenance


async def test_without_an_adapter(engine, complete):
    engine.enqueue("x", "stop")
    made_by = (await complete())[-1]["provenance"]
    assert (made_by["weights"], made_by["weights_sha256"]) == ("tiny", engine.details.weights_sha256)
    assert (made_by["adapter"], made_by["adapter_sha256"]) == (None, "")


async def test_an_adapter_is_named_without_its_place(engine, complete, sc2_app, tmp_path):
    engine.details = replace(engine.details, adapter_sha256="ef" * 32)
    for served in sc2_app.services.served.values():
        served.adapter = str(tmp_path / "my-adapter")
    engine.enqueue("x", "stop")
    made_by = (await complete(body()))[-1]["provenance"]
    assert (made_by["adapter"], made_by["adapter_sha256"]) == ("my-adapter", "ef" * 32)
    assert str(tmp_path) not in str(made_by)


def test_conversations_of_before_are_still_read():
    """Their provenance had no hash of an adapter."""
    kept = {"weights": "tiny", "weights_sha256": "ab", "adapter": None, "precision": "int8", "prompt_sha256": "cd"}
    found = msgspec.convert({**kept, "options": {}, "seed": 1, "format_version": 2, "versions": {}}, Provenance)
    assert found.adapter_sha256 == ""
