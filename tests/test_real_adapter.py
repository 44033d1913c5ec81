"""An adapter with the real worker: what it says it has loaded, and what it refuses."""

import json

import torch
from safetensors.torch import save_file
from supervised import REAL_WORKER, rest
from test_real_worker import HIDDEN, real_folder  # noqa: F401 (a fixture)

from jupyter_sc2.messages import Submit, Tokens

NAME = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"


def write_adapter(folder, **changes):
    folder.mkdir()
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["q_proj"], **changes}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    generator = torch.Generator().manual_seed(0)
    shapes = {"A": (2, HIDDEN), "B": (HIDDEN, 2)}
    tensors = {NAME.format(half): torch.randn(shape, generator=generator) for half, shape in shapes.items()}
    save_file(tensors, folder / "adapter_model.safetensors")
    return folder


async def answer(harness, supervisor):
    stream = supervisor.admit(harness.ticket())
    supervisor.submit(stream, Submit("", [100, 200, 300], 12, 0.0, 1.0, 0, [], 0, "cache"))
    return [index for event in await rest(stream, 30) if isinstance(event, Tokens) for index in event.ids]


async def test_a_worker_answers_with_its_adapter(harness, real_folder, tmp_path):  # noqa: F811
    place = {"folder": str(real_folder), "device": "cpu", "precision": "float32", "command": REAL_WORKER}
    plain = harness.make(**place)
    adapted = harness.make(**place, adapter=str(write_adapter(tmp_path / "adapter")))
    refused = harness.make(**place, adapter=str(write_adapter(tmp_path / "dora", use_dora=True)))
    for supervisor in (plain, adapted, refused):
        supervisor.start()
    for supervisor in (plain, adapted):
        await harness.state(supervisor, "ready")
    await harness.state(refused, "failed")
    before, after = (supervisor.status().details for supervisor in (plain, adapted))
    assert before.weights_sha256 == after.weights_sha256
    assert (before.adapter_sha256, len(after.adapter_sha256)) == ("", 64)
    assert await answer(harness, plain) != await answer(harness, adapted)
    assert refused.status().failure.code == "wrong_adapter"
    assert "is DoRA" in refused.status().failure.message
