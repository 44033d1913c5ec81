"""The page's silent request in a real kernel: it tells the names, and changes nothing that the user could notice."""

import pytest
from jupyter_client.manager import KernelManager

from jupyter_sc2_kernel.expression import expression


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path_factory.mktemp("cwd")))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel, code):
    """A cell as JupyterLab runs it: its reply, what it printed, how many pictures it shows."""
    printed, pictures = [], []

    def note(message):
        content = message["content"]
        printed.append(content.get("text", ""))
        pictures.extend(content["data"] for _ in [0] if "image/png" in content.get("data", {}))

    reply = kernel.execute_interactive(code, output_hook=note, timeout=60)["content"]
    assert reply["status"] == "ok", reply
    return reply, "".join(printed), len(pictures)


def ask(kernel):
    """The page's request: the snapshot, or the failure; the messages that came with it."""
    seen = []
    reply = kernel.execute_interactive(
        "",
        silent=True,
        store_history=False,
        stop_on_error=False,
        allow_stdin=False,
        user_expressions={"snapshot": expression()},
        output_hook=lambda message: seen.append(message["msg_type"]),
        timeout=60,
    )["content"]
    assert "payload" not in reply or reply["payload"] == []
    told = reply["user_expressions"]["snapshot"]
    assert told["status"] == "ok", told
    return told["data"]["application/json"], [kind for kind in seen if kind != "status"]


def names(found):
    return [variable["name"] for variable in found["variables"]]


def test_it_tells_what_the_user_named_and_nothing_else(kernel):
    reply, _, _ = run(kernel, "import numpy as np\nanswer = np.zeros((2, 3))\n41")
    found, seen = ask(kernel)
    assert seen == []
    assert found["execution_count"] == reply["execution_count"]
    assert {"np", "answer"} <= set(names(found))
    assert not {"In", "Out", "exit", "quit", "get_ipython", "open"} & set(names(found))


def test_nothing_is_left_or_moved(kernel):
    state = "(sorted(globals()), len(In), sorted(Out), _, __, _i, _ii)"
    before, _, _ = run(kernel, "41")
    _, told, _ = run(kernel, f"print({state})")
    for _ in range(3):
        ask(kernel)
    after, again, _ = run(kernel, f"print({state})")
    assert after["execution_count"] == before["execution_count"] + 2
    first, second = eval(told), eval(again)
    grown = {f"_i{before['execution_count'] + 1}", f"_i{before['execution_count'] + 2}"}
    assert set(second[0]) - set(first[0]) <= grown
    assert (second[1], second[2:4]) == (first[1] + 1, first[2:4])
    assert second[5] == f"print({state})", "the last input is still the last cell"
    _, history, _ = run(kernel, "print(list(get_ipython().history_manager.get_range(raw=True))[-2:])")
    assert "jupyter_sc2" not in history


@pytest.mark.parametrize("close", [True, False])
def test_open_figures_stay_as_they_are(kernel, close):
    run(kernel, "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.close('all')")
    run(kernel, f"%config InlineBackend.close_figures = {close}")
    _, _, shown = run(kernel, "plt.plot([1, 2]);")
    assert shown == 1
    numbers = "print(plt.get_fignums(), [len(plt.figure(n).axes[0].lines) for n in plt.get_fignums()])"
    found, seen = ask(kernel)
    assert seen == [], "no picture is taken from, or shown again for, a cell"
    assert "plt" in names(found)
    _, told, _ = run(kernel, numbers)
    assert told == ("[] []\n" if close else "[1] [1]\n")
    run(kernel, "plt.close('all')\n%config InlineBackend.close_figures = True")


def test_the_next_input_reaches_its_cell(kernel):
    """The cell's own reply has it before the kernel is idle; a snapshot comes later and finds nothing."""
    reply, _, _ = run(kernel, "get_ipython().set_next_input('x = 1')")
    ask(kernel)
    assert [payload["text"] for payload in reply["payload"]] == ["x = 1"]


def test_a_kernel_without_the_package(kernel):
    run(kernel, "import sys\nsys.modules['jupyter_sc2_kernel'] = None")
    try:
        found, _ = ask(kernel)
        _, told, _ = run(kernel, "print([name for name in sys.modules if 'sc2' in name])")
    finally:
        run(kernel, "del sys.modules['jupyter_sc2_kernel']")
    assert "sys" in names(found)
    assert told == "['jupyter_sc2_kernel']\n"


def test_names_that_the_user_took(kernel):
    run(kernel, "exec = eval = None\njson = names = shell = 3")
    found, _ = ask(kernel)
    assert {"exec", "json", "names"} <= set(names(found))
    run(kernel, "del exec, eval, json, names, shell")


def test_builtins_that_the_user_took_do_not_run(kernel):
    run(kernel, "def __import__(*given): raise SystemExit(given)\nexec = __import__")
    try:
        found, _ = ask(kernel)
    finally:
        run(kernel, "del __import__, exec")
    assert found["execution_count"] > 0
