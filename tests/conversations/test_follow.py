"""The server's own contents service moves and deletes; the conversation follows."""

import json

from wire import until


async def open_(jp_fetch, path):
    response = await jp_fetch("sc2", "conversations", method="POST", body=json.dumps({"path": path}),
                              headers={"Content-Type": "application/json"})  # fmt: skip
    return json.loads(response.body)["conversation"]


async def test_renamed_and_deleted_through_the_server(jp_fetch, jp_create_notebook, sc2_app):
    jp_create_notebook("a.ipynb")
    opened = await open_(jp_fetch, "a.ipynb")
    await jp_fetch("api", "contents", "a.ipynb", method="PATCH", body=json.dumps({"path": "b.ipynb"}))
    store = sc2_app.services.conversations
    await until(lambda: "b.ipynb" in store._fresh.values())
    assert (await open_(jp_fetch, "b.ipynb"))["id"] == opened["id"]
    copied = await jp_fetch("api", "contents", method="POST", body=json.dumps({"copy_from": "b.ipynb"}))
    assert (await open_(jp_fetch, json.loads(copied.body)["path"]))["id"] != opened["id"]
    await jp_fetch("api", "contents", "b.ipynb", method="DELETE")
    await until(lambda: "b.ipynb" not in store._fresh.values())
    assert (await open_(jp_fetch, "b.ipynb"))["id"] != opened["id"]
