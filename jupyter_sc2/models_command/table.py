"""Weights in a terminal: a table of all, and everything about one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from jupyter_sc2.catalog.verdict import WORDS, size
from jupyter_sc2.messages import Catalogue, CatalogueEntry, RoleChoice

WIDTH = 79
KINDS = {"base": "continues text", "instruct": "follows requests", "chat": "converses"}
HERE = {"complete": "yes", "partial": "in part", "absent": "no"}


def overview(found: Catalogue) -> Iterator[str]:
    yield _row("weights", "here", "disk", "memory", "answers for")
    for entry in found.entries:
        answers = ", ".join(choice.role for choice in found.roles if choice.weights == entry.weights)
        yield _row(entry.weights, HERE[entry.presence], _disk(entry), _memory(entry), answers)
    for choice in found.roles:
        if choice.note:
            yield ""
            yield from textwrap.wrap(f"{choice.role}: {choice.note}", WIDTH)
    yield ""
    yield from textwrap.wrap(f"Recommended: {found.recommendation.weights}. {found.recommendation.reason}", WIDTH)


def details(entry: CatalogueEntry, found: Catalogue) -> Iterator[str]:
    yield f"{entry.title} ({entry.weights})"
    yield from _pair(
        "kind", {"base": "continues text", "instruct": "follows requests", "chat": "converses"}[entry.kind]
    )
    if entry.parameters:
        yield from _pair("parameters", f"{entry.parameters:,}")
    yield from _pair("on disk", f"{HERE[entry.presence]}, {_disk(entry)}")
    if entry.revision:
        yield from _pair("revision", entry.revision)
    for need in entry.memory:
        yield from _pair(
            f"memory, {WORDS[need.precision]}", f"{size(need.bytes)}{'' if need.fits else ', does not fit'}"
        )
    if entry.languages:
        yield from _pair("languages", f"{entry.language_count}: {', '.join(entry.languages)}")
    yield from _pair("licence", entry.licence_name or "not told")
    for licence in found.licences:
        if licence.id == entry.licence:
            told = licence.acceptance
            yield from _pair("", f"accepted by {told.who} at {told.time}" if told else "not accepted yet")
            yield from _pair("", licence.url)
    if entry.card:
        yield from _pair("model card", entry.card)
    yield from _pair("here", entry.verdict)
    for choice in found.roles:
        if choice.weights == entry.weights:
            yield from _pair("answers for", _choice(choice))


def _choice(choice: RoleChoice) -> str:
    adapter = f", adapter {choice.adapter}" if choice.adapter else ""
    fixed = "; set by the configuration" if choice.pinned else ""
    return f"{choice.role} ({choice.precision}, {choice.device}, {choice.context} token ids{adapter}{fixed})"


def _row(weights: str, here: str, disk: str, memory: str, answers: str) -> str:
    return f"{weights:38} {here:8} {disk:>9} {memory:>16}  {answers}".rstrip()


def _disk(entry: CatalogueEntry) -> str:
    count = entry.disk_bytes or entry.download_bytes
    return size(count) if count else "-"


def _memory(entry: CatalogueEntry) -> str:
    """The least exact numbers that fit, or what is missing."""
    fitting = [need for need in entry.memory if need.fits]
    if not fitting:
        return f"{size(min(need.bytes for need in entry.memory))}: no" if entry.memory else "-"
    least = min(fitting, key=lambda need: need.bytes)
    return f"{size(least.bytes)}, {WORDS[least.precision]}"


def _pair(name: str, value: str) -> list[str]:
    return textwrap.wrap(
        value, WIDTH, initial_indent=f"  {name:18}", subsequent_indent=" " * 20, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
