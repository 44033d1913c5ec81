"""What leaves the machine: nothing. See docs/what-leaves-your-machine.md."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

SCRIPT = Path(__file__).parent / "offline.py"


@pytest.mark.timeout(240)
def test_three_doors_without_a_network(browser: Browser) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("a network namespace needs Linux, unshare and root")
    result = subprocess.run(
        [unshare, "--net", sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=220, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    told = json.loads(result.stdout.splitlines()[-1])
    assert all(text.strip() for text in told["doors"].values()), told
    assert told["attempts"] == dict.fromkeys(told["attempts"], 0)
    assert told["foreign"] == []
    assert told["seen_on_purpose"] >= 1
