"""One real JupyterLab with the built-in weights for the whole folder, and no way to the Hub."""

import openai
import pytest
from ui.lab import Lab


@pytest.fixture(scope="package")
def lab(tmp_path_factory):
    root, home = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # a closed port: nothing is fetched, whatever is asked for
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HOME", str(home / "hub"))
        running = Lab(root, home).start()
    yield running
    running.stop()


@pytest.fixture
def client(lab):
    """The `openai` package as anybody would use it."""
    with openai.OpenAI(base_url=f"{lab.url}/sc2/v1", api_key=lab.token) as client:
        yield client
