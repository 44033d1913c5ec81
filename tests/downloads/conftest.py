"""A Hub on loopback with a checkpoint of each form, and an empty cache for every test."""

import hashlib

import checkpoints
import pytest
import torch
from checkpoints import QUICK
from hub import Hub

from jupyter_sc2.downloads import child, records
from jupyter_sc2.downloads.meter import Meter
from jupyter_sc2.downloads.settings import Task


@pytest.fixture(autouse=True)
def one_thread():
    """Tests compute too little to share it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    """Folder and answer of each checkpoint, by its id."""
    root = tmp_path_factory.mktemp("sources")
    folders = {weights: checkpoints.write(root / weights, weights) for weights in checkpoints.FORMS}
    return folders


@pytest.fixture(scope="session")
def answers(sources):
    return {}


@pytest.fixture(scope="session")
def whole_hub(sources):
    made = Hub()
    for weights, folder in sources.items():
        made.add(weights, folder)
    yield made
    made.close()


@pytest.fixture
def hub(whole_hub):
    repos = whole_hub.repos
    whole_hub.repos = {
        weights: {revision: dict(files) for revision, files in commits.items()} for weights, commits in repos.items()
    }
    whole_hub.reset()
    yield whole_hub
    whole_hub.reset()
    whole_hub.repos = repos


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The cache of this test, which children find as well."""
    for name in ("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf" / "hub"


@pytest.fixture
def fetch(hub, cache):
    """Runs a download in this process, as the child does, and returns all that it told."""

    def run(weights, branch="main", settings=QUICK, endpoint=None):
        told = []
        task = Task(weights, branch, str(cache), settings)
        child.run(task, Meter(weights, settings, told.append), endpoint or hub.url)
        return told

    return run


@pytest.fixture
def works(sources, answers, hub):
    """Asserts that weights are complete: the product's own loader loads them, and they answer as their source does."""

    def check(weights):
        record = records.find(weights)
        assert record is not None
        assert records.presence(weights) == "complete"
        if weights not in answers:
            answers[weights] = checkpoints.answer(sources[weights])
        assert checkpoints.answer(record.folder) == answers[weights]

    return check


@pytest.fixture
def nothing_half(cache, hub):
    """Asserts that weights are not there for anyone: no record, and nothing wrong that a program would open."""

    def check(weights):
        assert records.find(weights) is None
        assert records.presence(weights) != "complete"
        right = {hashlib.sha256(each.data).hexdigest() for each in hub.repos.get(weights, {}).get("main", {}).values()}
        for path in cache.glob("models--*/snapshots/*/*"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() in right, path

    return check
