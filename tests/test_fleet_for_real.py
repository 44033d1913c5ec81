"""Roles that change their weights, with the real worker and small random weights."""

import asyncio
import sys
from pathlib import Path

import pytest
import starved_worker
from shelf import Fleets, Shelf, answers, choice_of, choose, end_of, settled
from wire import until

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences import OPENRAIL_M, TERMS, Acceptances
from jupyter_sc2.messages import Tokens
from jupyter_sc2.roles import Stock
from jupyter_sc2.supervisor import WorkerSettings


@pytest.fixture
def fleets(jp_asyncio_loop):
    made = Fleets()
    yield made
    jp_asyncio_loop.run_until_complete(asyncio.gather(*(fleet.stop() for fleet in made.made)))


async def ids_of(stream):
    found = []
    while True:
        event = await stream.next(60)
        found += event.ids if isinstance(event, Tokens) else []
        if stream.ended and not stream._events:
            return found


async def test_a_long_answer_ends_where_it_began(fleets, rambler, quick_rambler):
    """120 ids of the old weights are under way while the role changes; they are what they would be alone."""
    shelf = Shelf(folders={"old": rambler, "new": quick_rambler})
    fleet = fleets.make(shelf, {"ghost": choose("old", precision="float32")}, roles=("ghost",))
    alone = await ids_of(fleets.ask(fleet, new=120))
    stream = fleets.ask(fleet, new=120)
    reading = asyncio.ensure_future(ids_of(stream))
    await until(lambda: stream.usage.new_ids > 5, seconds=30)
    await fleet.choose("ghost", choose("new", precision="float32"))
    await answers(fleet, "ghost", "new", seconds=40)
    other = await ids_of(fleets.ask(fleet, new=20))
    assert len(alone) == 120
    assert await reading == alone
    assert other != alone[:20]
    await settled(fleet)
    assert [supervisor.weights for supervisor in fleet.supervisors] == ["new"]


async def test_too_little_memory_is_a_smaller_precision(fleets, quick_rambler):
    """The worker's own check, before it loads: float32 needs 11 MB, bfloat16 half of that."""
    shelf = Shelf(folders={"large": quick_rambler})
    shelf.commands["large"] = (sys.executable, str(Path(starved_worker.__file__)), "8000000")
    fleet = fleets.make(shelf, roles=("ghost",))
    await fleet.choose("ghost", choose("large", precision="float32"))
    await answers(fleet, "ghost", "large", seconds=60)
    assert choice_of(fleet).precision == "bfloat16"
    assert choice_of(fleet).note == "There was not enough memory for float32: bfloat16 is used instead."
    assert fleet.of("ghost")[1].status().details.precision == "bfloat16"
    if sys.platform == "linux":  # it goes before kernels and the server
        assert Path(f"/proc/{fleet.of('ghost')[1].life.pid}/oom_score_adj").read_text() == "500\n"
    assert (await end_of(fleets.ask(fleet, new=4)))[1] == 4


class TestStock:
    @pytest.fixture
    def acceptances(self, tmp_path):
        return Acceptances(tmp_path / "data")

    @pytest.fixture
    def stock(self, acceptances):
        return Stock(WorkerSettings(command=("python",), folder="", cache_bytes=1 << 20, threads=3), acceptances)

    def test_what_weights_need(self, stock, quick_rambler):
        exact, few = (stock.appraise(choose(str(quick_rambler), precision=each)) for each in ("float32", "int4"))
        assert 400e6 < few.need < exact.need < 600e6
        assert (exact.lower, few.lower) == ("bfloat16", None)
        short, long = (stock.appraise(choose(str(quick_rambler), context=each)) for each in (256, 16384))
        assert short.cache_bytes == 1 << 20
        assert long.cache_bytes > 1 << 20
        assert stock.appraise(choose("built-in")).lower == "int8"
        assert stock.free_bytes("auto") > 1 << 20

    def test_how_they_are_run(self, stock, quick_rambler):
        settings = stock.settings(choose(str(quick_rambler), precision="int8", device="cpu"), 5 << 20)
        assert (settings.folder, settings.precision, settings.device) == (str(quick_rambler), "int8", "cpu")
        assert (settings.cache_bytes, settings.threads) == (5 << 20, 3)

    def test_the_gate(self, stock, acceptances, quick_rambler, tmp_path):
        """A folder whose card says that it comes from BigCode."""
        folder = tmp_path / "weights"
        folder.mkdir()
        for file in quick_rambler.iterdir():
            (folder / file.name).symlink_to(file)
        (folder / "README.md").write_text("---\nlicense: bigcode-openrail-m\n---\n")
        choice = choose(str(folder))
        for ask in (stock.appraise, lambda choice: stock.settings(choice, 1)):
            with pytest.raises(Sc2Error) as refused:
                ask(choice)
            assert (refused.value.code, refused.value.status) == ("licence_needed", 403)
        acceptances.accept(OPENRAIL_M, TERMS[OPENRAIL_M].version, "Ada")
        assert stock.appraise(choice).need > 0
        assert stock.settings(choice, 1).folder == str(folder)
        with pytest.raises(Sc2Error) as missing:
            stock.appraise(choose(str(tmp_path / "nothing")))
        assert missing.value.code == "no_weights"
