"""NVIDIA's GPUs, asked of the driver's own tool, so that nothing of torch or CUDA is loaded."""

from __future__ import annotations

import os
import subprocess
import time
from importlib import metadata

from jupyter_sc2.messages import Device

COMMAND = ("nvidia-smi", "--query-gpu=uuid,name,memory.total,memory.free", "--format=csv,noheader,nounits")
PATIENCE = 2.0  # seconds
KEPT = 30.0  # seconds for which an answer is good
MOST = 64

_kept: tuple[float, list[Device]] | None = None


def gpus() -> list[Device]:
    """GPUs that CUDA would show a process of ours, in its order; none where the tool is missing, slow or fails."""
    global _kept
    now = time.monotonic()
    if _kept is None or now - _kept[0] >= KEPT:
        _kept = now, visible(parse(_ask()), os.environ.get("CUDA_VISIBLE_DEVICES"))
    return _kept[1]


def forget() -> None:
    """The next question is asked anew: weights have left a GPU, or have come."""
    global _kept
    _kept = None


def usable_gpus() -> list[Device]:
    """None where torch was built for processors only. The worker's interpreter may be another one than ours."""
    try:
        return [] if metadata.version("torch").endswith("+cpu") else gpus()
    except metadata.PackageNotFoundError:
        return gpus()


def _ask() -> str:
    try:
        asked = subprocess.run(
            COMMAND, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=PATIENCE
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout if asked.returncode == 0 else ""


def parse(text: str) -> list[tuple[str, str, int, int]]:
    """UUID, name, bytes in all, bytes free. The tool writes MiB, and words where a card does not tell."""
    found = []
    for line in text.splitlines()[:MOST]:
        fields = [field.strip() for field in line.split(",")]
        if len(fields) == 4 and fields[2].isdigit() and fields[3].isdigit():
            found.append((fields[0], fields[1][:100], int(fields[2]) << 20, int(fields[3]) << 20))
    return found


def visible(found: list[tuple[str, str, int, int]], chosen: str | None) -> list[Device]:
    """Those that the value of CUDA_VISIBLE_DEVICES names, in its order: numbers or beginnings of UUIDs.

    As in CUDA, the first name that fits nothing ends the list.
    """
    cards = found
    if chosen is not None:
        cards = []
        for name in (part.strip() for part in chosen.split(",")):
            if name.isdigit() and int(name) < len(found):
                cards.append(found[int(name)])
            elif name and (match := next((card for card in found if card[0].startswith(name)), None)):
                cards.append(match)
            else:
                break
    return [Device(f"cuda:{number}", *card[1:]) for number, card in enumerate(cards)]
