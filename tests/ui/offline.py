"""The three doors on a machine without a network: `unshare --net python tests/ui/offline.py` prints what came of it.

The kernel counts what is sent to an address without a route, name look-ups included. At the end one connection is tried
on purpose, so that a counter that never moves is noticed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import socket
import struct
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Page, expect, sync_playwright

from ui.browser import (
    ARGUMENTS,
    GHOST,
    IMPORTS,
    START,
    edit_cell,
    find_chromium,
    ghost_text,
    open_notebook,
    press_slowly,
    write_notebook,
)
from ui.chat import REPLY, answered, ask, open_chat
from ui.lab import Lab
from ui.test_magic_cell import LOAD, REQUEST, output_of, run_cell

QUIET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # Chromium's own services, which look up hosts


def loopback_up() -> None:
    get_flags, set_flags, up = 0x8913, 0x8914, 1
    with socket.socket() as any_socket:
        flags = fcntl.ioctl(any_socket, get_flags, struct.pack("16sh", b"lo", 0))
        (before,) = struct.unpack("16xh", flags[:18])
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", b"lo", before | up))


def attempts() -> dict[str, int]:
    """Packets without a route, and datagrams to closed ports of this machine (a name server on loopback).

    IPv4 only: Chromium itself looks for an IPv6 route with each page. Who looks up a name does so by IPv4 here.
    """
    lines = Path("/proc/self/net/snmp").read_text().splitlines()
    found: dict[str, int] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        family = names.partition(":")[0]
        found |= {f"{family}{n}": int(v) for n, v in zip(names.split()[1:], values.split()[1:], strict=True)}
    return {name: found[name] for name in ("IpOutNoRoutes", "UdpNoPorts")}


def through_the_doors(page: Page, lab: Lab) -> dict[str, str]:
    write_notebook(lab.root / "offline.ipynb", [LOAD, REQUEST, IMPORTS, ""])
    open_notebook(page, lab, "offline.ipynb")
    edit_cell(page, 3)
    press_slowly(page, START)
    expect(page.locator(GHOST)).not_to_have_count(0, timeout=60_000)
    doors = {"ghost": ghost_text(page)}
    run_cell(page, 0)
    run_cell(page, 1)
    expect(output_of(page, 1)).to_contain_text("Written by a model", timeout=60_000)
    doors["magic"] = output_of(page, 1).locator(".jp-RenderedMarkdown pre").inner_text()
    open_chat(page)
    ask(page, "Import numpy")
    answered(page)
    doors["chat"] = page.locator(REPLY).inner_text()
    return doors


def main() -> None:
    loopback_up()
    foreign: list[str] = []
    folder = Path(tempfile.mkdtemp())
    (folder / "root").mkdir()
    (folder / "home").mkdir()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*ARGUMENTS, QUIET])
        page = browser.new_page()
        lab = Lab(folder / "root", folder / "home").start()
        here = (lab.url, lab.url.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda request: None if request.url.startswith(here) else foreign.append(request.url))
        try:
            doors = through_the_doors(page, lab)
        finally:
            lab.stop()
        after = attempts()
        browser.close()
    with contextlib.suppress(OSError):
        socket.create_connection(("192.0.2.1", 443), timeout=1)  # an address that is nobody's (RFC 5737)
    seen = attempts()["IpOutNoRoutes"] - after["IpOutNoRoutes"]
    print(json.dumps({"doors": doors, "attempts": after, "foreign": foreign, "seen_on_purpose": seen}))


if __name__ == "__main__":
    main()
