"""The routes for OpenAI's clients with instruct weights, on a fake engine."""

import json

import pytest
from instruct_weights import with_chatml
from msgspec import structs
from openai_wire import check_error, pieces_of

from jupyter_sc2.tokenizer import Tokenizer

CHAT = ("v1", "chat", "completions")
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Make x"},
    {"role": "assistant", "content": "Here is x."},
    {"role": "user", "content": "Square it"},
]
ENDS = {
    "self-align": "\n\n### Instruction\nSquare it\n\n### Response\n",
    "chatml": (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nMake x<|im_end|>\n"
        "<|im_start|>assistant\nHere is x.<|im_end|>\n"
        "<|im_start|>user\nSquare it<|im_end|>\n<|im_start|>assistant\n"
    ),
}


@pytest.fixture(params=ENDS)
def template(request):
    return request.param


@pytest.fixture
def sc2_config(tmp_path, weights_folder, template):
    folder = tmp_path / "tiny-instruct"
    folder.mkdir()
    with_chatml(weights_folder / "tokenizer.json", folder / "tokenizer.json")
    config = json.loads((weights_folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "jupyter_sc2_template": template}))
    return {"weights": str(folder)}


async def test_messages_in_the_weights_own_form(engine, send, sc2_config, template):
    engine.enqueue("It is *x*.", "stop")
    response = await send({"messages": MESSAGES, "stop": "END"}, *CHAT)
    (choice,) = json.loads(response.text)["choices"]
    assert choice["message"]["content"] == "It is *x*."
    (prompt,) = engine.prompts
    text = Tokenizer(f"{sc2_config['weights']}/tokenizer.json").decode(prompt.ids)
    assert text.endswith(ENDS[template])
    assert text.count("Be brief.") == text.count("Here is x.") == 1
    assert prompt.stop == ["END", *(["\n### Instruction"] if template == "self-align" else [])]


async def test_the_templates_own_stop_text_is_not_shown(engine, send, template):
    engine.enqueue("Done.\n### Instruction", "stop")
    pieces = pieces_of((await send({"messages": MESSAGES, "stream": True}, *CHAT)).text)
    shown = "".join(choice["delta"].get("content", "") for piece in pieces for choice in piece["choices"])
    assert shown == ("Done." if template == "self-align" else "Done.\n### Instruction")


async def test_nothing_is_filled_in_between(engine, send):
    response = await send({"prompt": "x = ", "suffix": "y"}, "v1", "completions")
    error = check_error(response.text)
    assert (response.status, error["param"], error["code"]) == (400, "suffix", "wrong_kind")
    assert (await send({"prompt": "x = "}, "v1", "completions")).status == 200


async def test_an_adapter_is_part_of_the_fingerprint(engine, send):
    engine.details = structs.replace(engine.details, adapter_sha256="ab" * 32)
    answer = json.loads((await send({"messages": MESSAGES}, *CHAT)).text)
    assert answer["system_fingerprint"] == "fp_cdcdcdcdcdcd_abababababab_float32"
