"""The report for a terminal of 80 columns."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator

from jupyter_sc2.catalog.known import Known, known
from jupyter_sc2.catalog.preflight import Fit, best_fit, least
from jupyter_sc2.catalog.speed import answers_in_time
from jupyter_sc2.catalog.verdict import WORDS, size
from jupyter_sc2.doctor.report import Check, Report
from jupyter_sc2.messages import CatalogueEntry, Machine

WIDTH, FIRST, NAME = 79, 9, 22
HERE = {"complete": "yes", "partial": "part", "absent": "no"}
SUMMED = (("problem", "problem"), ("warn", "warning"))


def text_of(report: Report) -> str:
    return "\n".join(line.rstrip() for line in _lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"jupyter-sc2 {report.jupyter_sc2}, Python {report.python}, {report.platform}"
    yield from _part("Checks")
    for check in report.checks:
        yield from _check(check)
    yield from _part("Packages")
    yield from _wrapped(", ".join(f"{name} {version or '(missing)'}" for name, version in report.software.items()), 2)
    yield from _part("Machine")
    machine = report.machine
    yield f"  {machine.cpus} processors, {size(machine.memory_free_bytes)} of {size(machine.memory_bytes)} memory free"
    for device in machine.devices:
        yield f"  {device.name}: {device.title}, {size(device.free_bytes)} of {size(device.memory_bytes)} free"
    yield from _part("Environment")
    for name, value in report.environment.items():
        yield from _pair(name, value)
    for copy in report.copies:
        yield from _pair("converted copy", f"{copy.name}, {size(copy.bytes)}")
    yield from _part("Roles and licences")
    for role in report.roles:
        adapter = f" with {role.adapter}" if role.adapter else ""
        yield from _pair(role.role, f"{role.weights}{adapter} ({role.precision} on {role.device}), {role.source}")
    for answer in report.licences:
        by = f" by {answer.who}" if answer.who else ""
        on = f" on {answer.time[:10]}" if answer.time else ""
        yield from _pair(answer.title, f"{answer.state}{by}{on}")
    yield from _part("Weights")
    yield _row("", "parameters", "here", "download", "memory", "fits")
    for entry in report.catalogue:
        yield _weights(entry, machine)
    yield ""
    yield from _wrapped(report.recommendation.reason, 2)
    yield ""
    yield _sum(report)


def _part(title: str) -> Iterator[str]:
    yield ""
    yield title


def _check(check: Check) -> Iterator[str]:
    yield from _wrapped(check.text, FIRST + NAME + 2, f"  {check.state:{FIRST}}{check.name:{NAME}}")
    if check.advice:
        yield from _wrapped(check.advice, FIRST + 2, " " * (FIRST + 2))


def _pair(name: str, value: str) -> Iterator[str]:
    yield from _wrapped(value, NAME + 2, f"  {name:{NAME}}")


def _wrapped(text: str, indent: int, first: str = "") -> Iterator[str]:
    """Long paths stay whole, so that they can be copied; the user's folder is `~`, so that others may see the text."""
    home = os.path.expanduser("~") + os.sep
    short = text.replace(home, f"~{os.sep}") if len(home) > 2 else text
    yield from textwrap.wrap(
        short,
        WIDTH,
        initial_indent=first or " " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _weights(entry: CatalogueEntry, machine: Machine) -> str:
    weights = known(entry.weights)
    assert weights is not None
    fit = best_fit(weights.config, machine)
    memory = fit.bytes if fit else least(weights.config, machine).bytes
    count = entry.parameters
    parameters = f"{count / 1e9:.1f} billion" if count >= 10**9 else f"{count / 1e6:.1f} million"
    download = size(entry.download_bytes) if entry.download_bytes else "-"
    return _row(entry.title, parameters, HERE[entry.presence], download, size(memory), _fits(weights, fit, machine))


def _fits(weights: Known, fit: Fit | None, machine: Machine) -> str:
    if fit is None:
        return "no"
    roles = weights.suited_for if fit.device == "cpu" and weights.download_bytes else ()
    slow = any(not answers_in_time(weights.config, fit.precision, machine.cpus, role) for role in roles)
    return WORDS[fit.precision] + (", slow" if slow else "")


def _row(title: str, parameters: str, here: str, download: str, memory: str, fits: str) -> str:
    return f"  {title:24}{parameters:>12}  {here:5}{download:>9}{memory:>9}  {fits}"


def _sum(report: Report) -> str:
    counts = [(sum(check.state == state for check in report.checks), name) for state, name in SUMMED]
    words = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts if count]
    return f"{' and '.join(words)}." if words else "All is well."
