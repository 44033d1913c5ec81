"""What a terminal shows of a download."""

import io

import pytest
from checkpoints import QUICK, SMALLEST

from jupyter_sc2.downloads import records, terminal
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Download


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_one_line_that_fits(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    screen = Screen()
    line = terminal.Line(screen)
    line.show(Download("a/b", "running", 3_200_000_000, 12_100_000_000, 45_100_000.0, 197.0))
    shown = screen.getvalue().removeprefix("\r\x1b[K")
    assert shown == "a/b  fetching  [######..................]  3.2 GB of 12.1 GB"[:59]
    monkeypatch.setenv("COLUMNS", "120")
    line.show(Download("a/b", "running", 3_200_000_000, 12_100_000_000, 45_100_000.0, 197.0))
    assert screen.getvalue().endswith("3.2 GB of 12.1 GB  45.1 MB/s  3 min left")
    line.close()
    assert screen.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(("download", "shown"), [
    (Download("a/b", "starting", 0, 0), "a/b  starting"),
    (Download("a/b", "checking", 500, 1000, 10.0, 50.0), "a/b  checking  500 B of 1.0 kB  10 B/s  50 s left"),
    (Download("a/b", "running", 5, 10, 0.0, None, note="It waits."), "a/b  fetching  5 B of 10 B  It waits."),
    (Download("a/b", "running", 5, 10**11, 1e6, 99999.0), "a/b  fetching  5 B of 100.0 GB  1.0 MB/s  27.8 h left"),
])  # fmt: skip
def test_what_a_line_says(download, shown):
    assert terminal.describe(download) == shown


def test_plain_lines_where_nobody_can_see_a_bar_grow():
    out = io.StringIO()
    line = terminal.Line(out)
    for done in range(0, 1000, 7):
        line.show(Download("a/b", "running", done, 1000, 100.0, 1.0))
    line.show(Download("a/b", "running", 999, 1000, note="The line dropped."))
    line.show(Download("a/b", "done", 1000, 1000))
    assert [text.split("  ")[1] for text in out.getvalue().splitlines()] == ["fetching", "fetching", "done"]
    assert "\x1b" not in out.getvalue()


def test_nothing_when_quiet():
    screen = Screen()
    line = terminal.Line(screen, quiet=True)
    line.show(Download("a/b", "running", 1, 2))
    line.close()
    assert screen.getvalue() == ""


def test_a_download_from_a_terminal(hub, monkeypatch, works):
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    out = io.StringIO()
    assert terminal.download(SMALLEST, out=out, settings=QUICK) == 0
    works(SMALLEST)
    assert out.getvalue().splitlines()[-1].startswith(f"{SMALLEST}  done")
    records.path_of(SMALLEST).unlink()
    with pytest.raises(Sc2Error) as raised:
        terminal.download("me/nowhere", out=out, settings=QUICK)
    assert raised.value.code == "hub_not_found"
