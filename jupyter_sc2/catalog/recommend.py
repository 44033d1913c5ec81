"""Which weights to begin with on this machine, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from jupyter_sc2.catalog.known import Known
from jupyter_sc2.catalog.names import BUILT_IN
from jupyter_sc2.catalog.preflight import CONTEXT, Fit, best_fit, disk_need, room_of
from jupyter_sc2.catalog.speed import answers_in_time, pace_in_words
from jupyter_sc2.catalog.verdict import WORDS, does_not_fit, size
from jupyter_sc2.messages import Machine, Recommendation, Role

# The best first. Those that were trained on requests write what is asked for; StarChat2 also learned to converse. The
# 7B comes after the 3B: by its authors' account (https://arxiv.org/abs/2402.19173) it does less than its size promises.
BASE = ("bigcode/starcoder2-15b", "bigcode/starcoder2-3b", "bigcode/starcoder2-7b", BUILT_IN)
INSTRUCT, CHAT = "bigcode/starcoder2-15b-instruct-v0.1", "HuggingFaceH4/starchat2-15b-v0.1"
ORDER: dict[Role, tuple[str, ...]] = {"ghost": BASE, "magic": (INSTRUCT, CHAT, *BASE), "chat": (CHAT, INSTRUCT, *BASE)}
SHARE, GPU_SHARE = 0.8, 0.95  # of the free memory; the rest of the machine's is for notebooks


def recommend(
    candidates: Sequence[Known],
    machine: Machine,
    role: Role | None = None,
    complete: Collection[str] = (),
    context: int = CONTEXT,
) -> Recommendation:
    """The best of `candidates` for a role; without one, for ghost text. `complete` names those that are on disk.

    Weights that nobody ranked are proposed only where no others may be used.
    """
    order = ORDER[role or "ghost"]
    ranked = sorted((entry for entry in candidates if entry.weights in order), key=lambda e: order.index(e.weights))
    passed: list[tuple[Known, str]] = []
    for entry in ranked or sorted(candidates, key=lambda e: -e.parameters):
        fit = best_fit(entry.config, machine, context)
        obstacle = _obstacle(entry, fit, machine, role or "ghost", entry.weights in complete)
        if fit is not None and not obstacle:
            precision = "auto" if entry.weights == BUILT_IN else fit.precision
            words = [_praise(entry, fit, machine), *_kind(entry, role), *_other(passed, entry)]
            return Recommendation(entry.weights, precision, " ".join(words))
        passed.append((entry, obstacle))
    weights = passed[-1][0].weights if passed else BUILT_IN
    words = ["Nothing that may be used here fits well.", *_other(passed, None)]
    return Recommendation(weights, "auto", " ".join(words))


def _kind(entry: Known, role: Role | None) -> list[str]:
    return (
        ["A base model, which continues text rather than answers."] if role == "chat" and entry.kind == "base" else []
    )


def _other(passed: list[tuple[Known, str]], chosen: Known | None) -> list[str]:
    """What speaks against others: against the best, or where only the built-in weights are left, the smallest."""
    best = chosen is not None and chosen.weights != BUILT_IN
    entry, obstacle = (passed[0] if best else min(passed, key=lambda p: p[0].parameters)) if passed else (None, "")
    return [f"{entry.title}: {obstacle}"] if entry else []


def _obstacle(entry: Known, fit: Fit | None, machine: Machine, role: Role, here: bool) -> str:
    """Why not, as a sentence without its first capital; empty where nothing speaks against it."""
    if fit is None:
        text = does_not_fit(entry, machine)
        return text[0].lower() + text[1:]
    if entry.weights == BUILT_IN:
        return ""
    free = room_of(fit, machine).free_bytes
    if fit.bytes > (SHARE if fit.device == "cpu" else GPU_SHARE) * free:
        return f"would leave little, it takes {size(fit.bytes)} of {size(free)} free memory."
    if fit.device == "cpu" and not answers_in_time(entry.config, fit.precision, machine.cpus, role):
        return f"too slow on this processor, {pace_in_words(entry.config, fit.precision)} by estimate."
    disk = disk_need(entry, fit.precision, "complete" if here else "absent")
    if disk > machine.disk_free_bytes:
        return f"needs {size(disk)} of disk, {size(machine.disk_free_bytes)} are free."
    return ""


def _praise(entry: Known, fit: Fit, machine: Machine) -> str:
    if entry.weights == BUILT_IN:
        return "The built-in weights run everywhere and need no download."
    room = room_of(fit, machine)
    where = "" if fit.device == "cpu" else f" on {room.title}"
    pace = f", {pace_in_words(entry.config, fit.precision)} by estimate" if fit.device == "cpu" else ""
    memory = f"{size(fit.bytes)} of {size(room.free_bytes)} free memory"
    return f"{entry.title} with {WORDS[fit.precision]}{where} suits this machine best: {memory}{pace}."
