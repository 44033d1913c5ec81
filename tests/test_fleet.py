"""Roles that share engines, change them while they are in use, and share the memory. Workers without a model, each a
real process; `test_fleet_for_real.py` has the real ones."""

import asyncio
import os
import signal

import pytest
from msgspec.structs import replace
from shelf import Fleets, Shelf, answers, choice_of, choose, end_of, loaded, settled, states
from supervised import gone
from wire import until

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Failed, Finished
from jupyter_sc2.supervisor import TryLater

SLOW = {"tokens": 100_000, "step_seconds": 0.005}


@pytest.fixture
def fleets(jp_asyncio_loop):
    made = Fleets()
    yield made
    jp_asyncio_loop.run_until_complete(asyncio.gather(*(fleet.stop() for fleet in made.made)))


def gated(tmp_path, name="gate", **script):
    """A script that loads until its gate is there, and the gate."""
    return {"gate": str(tmp_path / name), **script}, tmp_path / name


async def test_roles_that_choose_the_same_share_one_engine(fleets):
    fleet = fleets.make(Shelf())
    (only,) = fleet.supervisors
    assert only.roles == ["ghost", "magic", "chat"]
    await fleet.choose("chat", choose("large"))
    await answers(fleet, "chat", "large")
    assert {s.weights: s.roles for s in fleet.supervisors} == {"small": ["ghost", "magic"], "large": ["chat"]}
    await fleet.choose("magic", choose("large", context=512))
    await answers(fleet, "magic", "large")
    assert fleet.of("magic")[1] is fleet.of("chat")[1]
    assert [choice_of(fleet, role).context for role in ("magic", "chat")] == [512, 4096]
    await fleet.choose("ghost", choose("large", precision="float32"))
    await answers(fleet, "ghost", "large")
    assert fleet.of("ghost")[1] is not fleet.of("chat")[1]
    await settled(fleet)
    assert loaded(fleet) == ["large", "large"]
    assert len({s.name for s in fleet.supervisors}) == 2


async def test_a_larger_context_is_for_all_that_share(fleets):
    shelf = Shelf()
    fleet = fleets.make(shelf)
    await fleets.answer(fleet)
    await fleet.choose("chat", choose("small", context=8192))
    await until(lambda: choice_of(fleet, "chat").context == 8192)
    await settled(fleet)
    assert [s.roles for s in fleet.supervisors] == [["ghost", "magic", "chat"]]
    assert shelf.caches == [("small", 409_600), ("small", 819_200)]
    assert (await fleets.answer(fleet, "chat"))[0].finish == "stop"
    await fleet.choose("magic", choose("small", context=512))
    assert len(fleet.supervisors) == 1
    assert choice_of(fleet, "magic").context == 512


async def test_a_larger_context_without_room_for_both(fleets):
    """All that share the old engine part with it, or it could never leave."""
    fleet = fleets.make(Shelf({"small": SLOW}, needs={"small": 3_000}), budget_bytes=4_000)
    before = fleets.ask(fleet, new=100)
    await until(lambda: before.usage.new_ids)
    await fleet.choose("chat", choose("small", context=8192))
    meanwhile = fleets.ask(fleet)
    assert (await end_of(before))[1] == 100
    assert (await end_of(meanwhile))[0].finish == "stop"
    assert [(c.context, c.note) for c in fleet.choices()] == [(4096, ""), (4096, ""), (8192, "")]
    await settled(fleet)
    assert [s.roles for s in fleet.supervisors] == [["ghost", "magic", "chat"]]


async def test_a_larger_context_that_does_not_fit_is_taken_back(fleets):
    class Stingy(Shelf):
        def appraise(self, choice):
            found = super().appraise(choice)
            return replace(found, need=choice.context)

        def settings(self, choice, cache_bytes):
            if cache_bytes > 500_000:
                raise Sc2Error("weights_corrupt", "These weights do not load.", status=503)
            return super().settings(choice, cache_bytes)

    fleet = fleets.make(Stingy(), budget_bytes=9_000)
    await fleets.answer(fleet)
    await fleet.choose("chat", choose("small", context=8192))
    await until(lambda: all("answers as before" in choice.note for choice in fleet.choices()))
    for role in ("ghost", "chat"):
        assert (await fleets.answer(fleet, role))[0].finish == "stop"
    assert {choice.context for choice in fleet.choices()} == {4096}


class TestSwitching:
    async def test_the_old_answer_until_the_new_are_ready(self, fleets, tmp_path):
        script, gate = gated(tmp_path)
        fleet = fleets.make(Shelf({"small": SLOW, "large": script}))
        before = fleets.ask(fleet, new=400)
        await until(lambda: before.usage.new_ids)
        told = await fleet.choose("ghost", choose("large"))
        assert (told.weights, told.next_weights) == ("small", "large")
        await until(lambda: states(fleet)["large"] == "loading")
        meanwhile = fleets.ask(fleet, new=3)
        assert (await end_of(meanwhile))[0].finish == "stop"
        gate.touch()
        await answers(fleet, "ghost", "large")
        assert (choice_of(fleet).weights, choice_of(fleet).next_weights) == ("large", "")
        assert (await fleets.answer(fleet))[1] == 3
        end, count = await end_of(before)
        assert (end.finish, count) == ("stop", 400)  # of `small`, long after the switch
        await settled(fleet)
        assert loaded(fleet) == ["large", "small"]  # magic and chat have the old ones
        assert fleet.notes.kept == [("ghost", "large", "auto")]

    async def test_typing_goes_on_while_weights_change(self, fleets):
        """A request every few milliseconds while the role changes there and back: each is answered."""
        shelf = Shelf({"large": {"load_seconds": 0.3}, "small": {"load_seconds": 0.1}})
        fleet = fleets.make(shelf, roles=("ghost",))
        asked = []

        async def type_on():
            while True:
                asked.append(fleets.ask(fleet, new=2))
                await asyncio.sleep(0.01)

        typing = asyncio.ensure_future(type_on())
        for weights in ("large", "small", "large"):
            await fleet.choose("ghost", choose(weights))
            await answers(fleet, "ghost", weights)
            await asyncio.sleep(0.2)
        typing.cancel()
        ends = [(await end_of(stream))[0] for stream in asked]
        assert len(ends) > 50
        assert {type(end) for end in ends} == {Finished}
        await settled(fleet)
        assert loaded(fleet) == ["large"]

    async def test_old_weights_that_nobody_has_any_more_leave(self, fleets):
        fleet = fleets.make(Shelf({"small": SLOW}), roles=("ghost",))
        stream = fleets.ask(fleet, new=200)
        await until(lambda: stream.usage.new_ids)
        old = fleet.of("ghost")[1]
        pid = old.life.pid
        await fleet.choose("ghost", choose("large"))
        await answers(fleet, "ghost", "large")
        assert old in fleet.supervisors
        assert (await end_of(stream))[1] == 200
        await until(lambda: old not in fleet.supervisors)
        assert gone(pid)
        last = [status for status in fleet.notes.engines if status.name == old.name][-1]
        assert (last.state, last.roles) == ("off", [])
        with pytest.raises(TryLater):
            old.admit(stream.ticket)

    async def test_another_choice_meanwhile(self, fleets, tmp_path):
        script, _ = gated(tmp_path)
        fleet = fleets.make(Shelf({"large": script}), roles=("ghost",))
        await fleet.choose("ghost", choose("large"))
        await until(lambda: "large" in loaded(fleet))
        await fleet.choose("ghost", choose("other"))
        await answers(fleet, "ghost", "other")
        await settled(fleet)
        assert loaded(fleet) == ["other"]
        assert fleet.notes.kept == [("ghost", "other", "auto")]

    async def test_the_choice_of_what_answers_ends_a_change(self, fleets, tmp_path):
        script, _ = gated(tmp_path)
        fleet = fleets.make(Shelf({"large": script}), roles=("ghost",))
        await fleets.answer(fleet)
        pid = fleet.of("ghost")[1].life.pid
        await fleet.choose("ghost", choose("large"))
        await fleet.choose("ghost", choose("small"))
        await settled(fleet)
        assert (loaded(fleet), choice_of(fleet).next_weights) == (["small"], "")
        assert fleet.of("ghost")[1].life.pid == pid

    async def test_back_before_the_old_have_left(self, fleets):
        """They still answer somebody: no second worker of them is started."""
        fleet = fleets.make(Shelf({"small": SLOW}), roles=("ghost",))
        stream = fleets.ask(fleet, new=100_000)
        await until(lambda: stream.usage.new_ids)
        old = fleet.of("ghost")[1]
        await fleet.choose("ghost", choose("large"))
        await answers(fleet, "ghost", "large")
        await fleet.choose("ghost", choose("small"))
        await answers(fleet, "ghost", "small")
        assert fleet.of("ghost")[1] is old
        old.cancel(stream.ticket.request_id)
        await settled(fleet)
        assert loaded(fleet) == ["small"]


class TestFailures:
    @pytest.mark.parametrize("fault", [{"load_failure": "weights_corrupt"}, {"hello": 99}])
    async def test_the_role_stays_with_the_old(self, fleets, fault):
        fleet = fleets.make(Shelf({"large": fault}), roles=("ghost",))
        await fleets.answer(fleet)
        await fleet.choose("ghost", choose("large"))
        await until(lambda: choice_of(fleet).note)
        choice = choice_of(fleet)
        assert (choice.weights, choice.next_weights) == ("small", "")
        assert choice.note.startswith("large could not be loaded. ")
        assert choice.note.endswith(" small answers as before.")
        assert fleet.notes.told[-1] == [choice]
        assert (await fleets.answer(fleet))[0].finish == "stop"
        await settled(fleet)
        assert (loaded(fleet), fleet.notes.kept) == (["small"], [])

    async def test_what_may_not_be_used_is_refused_at_once(self, fleets):
        shelf = Shelf()
        shelf.refused["large"] = "licence_needed"
        fleet = fleets.make(shelf)
        with pytest.raises(Sc2Error) as refused:
            await fleet.choose("ghost", choose("large"))
        assert (refused.value.code, refused.value.status) == ("licence_needed", 403)
        assert choice_of(fleet) == choice_of(fleet)
        assert states(fleet) == {"small": "off"}

    async def test_what_may_not_be_loaded_says_so_until_it_may(self, fleets):
        """Weights of the server's configuration, whose licence is accepted later."""
        shelf = Shelf()
        shelf.refused["small"] = "licence_needed"
        fleet = fleets.make(shelf)
        end, _ = await fleets.answer(fleet)
        assert (type(end), end.code) == (Failed, "licence_needed")
        with pytest.raises(Sc2Error) as refused:
            fleets.ask(fleet)
        assert (refused.value.code, refused.value.status) == ("licence_needed", 403)
        assert fleet.supervisors[0].status().failure.message == "These weights may not be used."
        del shelf.refused["small"]
        fleet.forget_failures()
        assert (await fleets.answer(fleet))[0].finish == "stop"

    async def test_it_is_noticed_by_itself_as_well(self, fleets, monkeypatch):
        """The licence was accepted in a terminal."""
        monkeypatch.setattr("jupyter_sc2.supervisor.supervisor.ASK_AGAIN_SECONDS", 0.1)
        shelf = Shelf()
        shelf.refused["small"] = "licence_needed"
        fleet = fleets.make(shelf)
        await fleets.answer(fleet)
        del shelf.refused["small"]
        await asyncio.sleep(0.15)
        assert (await fleets.answer(fleet))[0].finish == "stop"


class TestMemory:
    async def test_what_can_never_fit_is_refused(self, fleets):
        fleet = fleets.make(Shelf(needs={"large": 5_000}), budget_bytes=4_000)
        with pytest.raises(Sc2Error) as refused:
            await fleet.choose("ghost", choose("large"))
        assert refused.value.code == "no_memory"
        assert "needs" in refused.value.message
        assert choice_of(fleet).weights == "small"

    async def test_without_room_for_both_the_old_leave_first(self, fleets, tmp_path):
        script, gate = gated(tmp_path)
        fleet = fleets.make(
            Shelf({"small": SLOW, "large": script}, {"small": 2_000, "large": 3_000}),
            roles=("ghost",),
            budget_bytes=4_000,
        )
        stream = fleets.ask(fleet, new=50)
        await until(lambda: stream.usage.new_ids)
        told = await fleet.choose("ghost", choose("large"))
        assert (told.weights, told.next_weights) == ("large", "")
        waiting = fleets.ask(fleet)  # of the new ones, before the old have left
        assert loaded(fleet) == ["small"]
        end, count = await end_of(stream)
        assert (end.finish, count) == ("stop", 50)
        await until(lambda: loaded(fleet) == ["large"])
        gate.touch()
        assert (await end_of(waiting))[0].finish == "stop"
        assert fleet.notes.kept == [("ghost", "large", "auto")]

    async def test_the_old_return_when_the_new_do_not_load(self, fleets):
        shelf = Shelf({"large": {"load_failure": "weights_corrupt"}}, {"small": 2_000, "large": 3_000})
        fleet = fleets.make(shelf, roles=("ghost",), budget_bytes=4_000)
        await fleets.answer(fleet)
        await fleet.choose("ghost", choose("large"))
        await answers(fleet, "ghost", "small")
        assert "could not be loaded" in choice_of(fleet).note
        assert (await fleets.answer(fleet))[0].finish == "stop"
        await settled(fleet)
        assert (loaded(fleet), fleet.notes.kept) == (["small"], [])

    async def test_the_longest_unused_leave_first(self, fleets):
        choices = {"ghost": choose("a"), "magic": choose("b"), "chat": choose("c")}
        fleet = fleets.make(Shelf(needs=dict.fromkeys("abc", 2_000)), choices, budget_bytes=5_000)
        for role in ("ghost", "magic", "ghost"):
            await fleets.answer(fleet, role)
        assert loaded(fleet) == ["a", "b"]
        await fleets.answer(fleet, "chat")
        assert loaded(fleet) == ["a", "c"]
        assert (await fleets.answer(fleet, "magic"))[0].finish == "stop"
        assert loaded(fleet) == ["b", "c"]

    async def test_without_a_budget_what_is_free_counts(self, fleets):
        shelf = Shelf(needs=dict.fromkeys("ab", 2 << 30), free=4 << 30)
        fleet = fleets.make(shelf, {"ghost": choose("a"), "chat": choose("b")})
        await fleets.answer(fleet, "ghost")
        shelf.free = 2 << 30
        await fleets.answer(fleet, "chat")
        assert loaded(fleet) == ["b"]

    async def test_somebody_who_answers_is_waited_for(self, fleets):
        choices = {"ghost": choose("a"), "chat": choose("b")}
        fleet = fleets.make(Shelf({"a": SLOW}, dict.fromkeys("ab", 2_000)), choices, budget_bytes=3_000)
        stream = fleets.ask(fleet, "ghost", new=60)
        await until(lambda: stream.usage.new_ids)
        chat = await fleets.answer(fleet, "chat")
        assert (await end_of(stream))[1] == 60
        assert (chat[0].finish, loaded(fleet)) == ("stop", ["b"])


class TestSmallerPrecision:
    async def test_no_memory_at_a_load_is_one_step_down(self, fleets):
        script = {
            ("large", "float32"): {"load_failure": "no_memory"},
            ("large", "bfloat16"): {"load_failure": "no_memory"},
        }
        fleet = fleets.make(Shelf(script), roles=("ghost",))
        await fleets.answer(fleet)
        await fleet.choose("ghost", choose("large", precision="float32"))
        await answers(fleet, "ghost", "large")
        choice = choice_of(fleet)
        assert choice.precision == "int8"
        assert choice.note == "There was not enough memory for bfloat16: int8 is used instead."
        assert fleet.notes.kept == [("ghost", "large", "int8")]
        await settled(fleet)
        assert loaded(fleet) == ["large"]

    async def test_then_the_old_stay(self, fleets):
        fleet = fleets.make(Shelf({"large": {"load_failure": "out_of_memory"}}), roles=("ghost",))
        await fleet.choose("ghost", choose("large", precision="int8"))
        await until(lambda: "answers as before" in choice_of(fleet).note)
        assert choice_of(fleet).weights == "small"

    async def test_a_kill_while_it_loads_means_no_memory(self, fleets, tmp_path):
        """What Linux does when memory runs out."""
        script, _ = gated(tmp_path)
        fleet = fleets.make(Shelf({("large", "bfloat16"): script}), roles=("ghost",))
        await fleet.choose("ghost", choose("large", precision="bfloat16"))
        await until(lambda: "large" in loaded(fleet))
        (large,) = (s for s in fleet.supervisors if s.weights == "large")
        await until(lambda: large.status().share == 0.5)
        os.kill(large.life.pid, signal.SIGKILL)
        await answers(fleet, "ghost", "large")
        assert choice_of(fleet).precision == "int8"

    async def test_also_without_a_choice(self, fleets):
        """The configured weights fit no more: by the budget, before any worker is started."""
        shelf = Shelf(needs={("small", "bfloat16"): 5_000, ("small", "int8"): 3_000})
        fleet = fleets.make(shelf, {"ghost": choose("small", precision="bfloat16")}, budget_bytes=4_000)
        assert (await fleets.answer(fleet))[0].code == "no_memory"
        await answers(fleet, "ghost", "small")
        assert choice_of(fleet).precision == "int8"
        assert (await fleets.answer(fleet))[0].finish == "stop"

    async def test_where_nothing_is_smaller_it_is_tried_once(self, fleets):
        """Weights that fit in no precision: they have failed, and nobody looks again and again."""
        shelf = Shelf({"small": {"load_failure": "no_memory"}})
        fleet = fleets.make(shelf, {"ghost": choose("small", precision="int4")})
        assert (await fleets.answer(fleet))[0].code == "no_memory"
        await asyncio.sleep(0.3)
        assert shelf.appraised <= 4
        assert states(fleet) == {"small": "failed"}


class TestUnused:
    async def test_unused_weights_leave_and_load_again(self, fleets):
        shelf = Shelf()
        shelf.keeps = {"small"}
        fleet = fleets.make(shelf, {"ghost": choose("small"), "chat": choose("large")}, idle_seconds=0.4)
        await fleets.answer(fleet, "ghost")
        await fleets.answer(fleet, "chat")
        await until(lambda: loaded(fleet) == ["small"])
        assert states(fleet) == {"small": "ready", "large": "off"}
        assert (await fleets.answer(fleet, "chat"))[0].finish == "stop"

    async def test_who_answers_is_not_unused(self, fleets):
        fleet = fleets.make(Shelf({"small": SLOW}), idle_seconds=0.2)
        stream = fleets.ask(fleet, new=150)
        assert (await end_of(stream))[1] == 150

    async def test_a_request_to_what_just_leaves_is_answered(self, fleets):
        """The worker does not go by itself and is killed a second later; the next one starts after that."""
        fleet = fleets.make(Shelf())
        await fleets.answer(fleet)
        pid = fleet.of("ghost")[1].life.pid
        os.kill(pid, signal.SIGSTOP)
        leaving = asyncio.ensure_future(fleet.unload("small"))
        await until(lambda: states(fleet) == {"small": "off"})
        assert loaded(fleet) == ["small"]  # still
        assert (await fleets.answer(fleet))[0].finish == "stop"
        assert gone(pid)
        await leaving


async def test_by_hand(fleets):
    fleet = fleets.make(Shelf())
    fleet.load("small")
    await answers(fleet, "ghost", "small")
    pid = fleet.of("ghost")[1].life.pid
    await fleet.reload("small")
    await answers(fleet, "ghost", "small")
    assert fleet.of("ghost")[1].life.pid != pid
    await fleet.unload("small")
    assert (loaded(fleet), states(fleet)) == ([], {"small": "off"})
    assert fleet.users_of("small") == ["ghost", "magic", "chat"]
    assert fleet.users_of("large") == []


async def test_what_is_unloaded_on_its_way_is_on_its_way_no_more(fleets, tmp_path):
    """By hand, or because somebody refused its licence meanwhile."""
    script, _ = gated(tmp_path)
    fleet = fleets.make(Shelf({"large": script}), roles=("ghost",))
    await fleet.choose("ghost", choose("large"))
    await until(lambda: "large" in loaded(fleet))
    await fleet.unload("large")
    choice = choice_of(fleet)
    assert (choice.weights, choice.next_weights) == ("small", "")
    assert choice.note == "large was unloaded before it was ready. small answers as before."
    assert fleet.users_of("large") == []
    await until(lambda: [s.weights for s in fleet.supervisors] == ["small"])
    assert (await fleets.answer(fleet))[0].finish == "stop"
    assert fleet.notes.told[-1] == [choice]


async def test_a_larger_context_that_is_chosen_before_the_load_begins(fleets):
    """The memory for KV caches is that of the latest choice, although the load had waited for room with another."""
    shelf = Shelf({"small": SLOW}, needs={"small": 2_000, "large": 3_000})
    fleet = fleets.make(shelf, {"ghost": choose("small"), "chat": choose("large")}, budget_bytes=4_000)
    stream = fleets.ask(fleet, "ghost", new=200)
    await until(lambda: stream.usage.new_ids)
    waiting = fleets.ask(fleet, "chat")
    await until(lambda: ("large", 409_600) in shelf.caches)
    await fleet.choose("chat", choose("large", context=8192))
    assert (await end_of(waiting))[0].finish == "stop"
    assert shelf.caches[-1] == ("large", 819_200)
    assert (await end_of(stream))[1] == 200


async def test_stopping_leaves_no_process(fleets, tmp_path):
    script, _ = gated(tmp_path)
    fleet = fleets.make(Shelf({"small": SLOW, "large": script}))
    stream = fleets.ask(fleet)
    await until(lambda: stream.usage.new_ids)
    await fleet.choose("ghost", choose("large"))
    await until(lambda: [bool(s.life and s.life.pid) for s in fleet.supervisors] == [True, True])
    pids = [supervisor.life.pid for supervisor in fleet.supervisors]
    await fleet.stop()
    assert all(map(gone, pids))
