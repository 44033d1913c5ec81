"""Vocabularies and tiny random checkpoints in the form of instruct weights."""

import json

CHATML = ("<|im_start|>", "<|im_end|>")


def with_chatml(source, path, special=True):
    """A copy of a tokenizer.json with ChatML's two sentinels after its last id, as in StarChat2's vocabulary."""
    content = json.loads(source.read_text("utf-8"))
    first = 1 + max(content["model"]["vocab"].values())
    for index, text in enumerate(CHATML):
        added = {**content["added_tokens"][0], "id": first + index, "content": text, "special": special}
        content["added_tokens"].append(added)
    path.write_text(json.dumps(content), "utf-8")
    return path
