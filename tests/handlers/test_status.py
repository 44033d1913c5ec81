import json

import jupyter_sc2
from jupyter_sc2.messages import PROTOCOL


async def test_status_says_what_runs(jp_fetch, sc2_app, weights_folder):
    response = await jp_fetch("sc2", "status")
    assert response.headers["Content-Type"] == "application/json"
    status = json.loads(response.body)
    assert (status["protocol"], status["version"]) == (PROTOCOL, jupyter_sc2.__version__)
    (engine,) = status["engines"]
    assert engine["weights"] == weights_folder.name
    assert (engine["state"], engine["roles"], engine["running"], engine["waiting"]) == (
        "off",
        ["ghost", "magic", "chat"],
        0,
        0,
    )


async def test_restart_is_passed_on(jp_fetch, engine):
    response = await jp_fetch("sc2", "restart", method="POST", body="")
    assert response.code == 204
    assert engine.restarts == 1
