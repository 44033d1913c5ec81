"""Small random weights for the engine's tests."""

import pytest
import torch
from tiny import tiny_engine, write_checkpoint


@pytest.fixture(autouse=True)
def one_thread():
    """Tests compute too little to share it; and a second thread would wait for busy cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """A folder with weights, not to be written to."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "tiny")


@pytest.fixture
def engine(checkpoint):
    return tiny_engine(checkpoint)
