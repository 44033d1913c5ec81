"""What the fleet asks about weights: the catalogue, the licences and the machine behind it."""

from __future__ import annotations

from msgspec.structs import replace

from jupyter_sc2 import catalog
from jupyter_sc2.engine.config import ModelConfig, read_config
from jupyter_sc2.licences import Acceptances
from jupyter_sc2.messages import ChooseWeights, Machine, Precision
from jupyter_sc2.roles.checks import check_files, require_licences
from jupyter_sc2.supervisor import Appraisal, WorkerSettings


class Stock:
    """The `Source` of a fleet. Reads files and asks the system, so it does not belong on the event loop."""

    def __init__(self, template: WorkerSettings, acceptances: Acceptances) -> None:
        self._template, self._acceptances = template, acceptances

    def appraise(self, choice: ChooseWeights) -> Appraisal:
        from jupyter_sc2.catalog import memory  # a server starts without these
        from jupyter_sc2.catalog.machine import look

        require_licences(choice, self._acceptances)
        check_files(choice)
        config, machine = read_config(catalog.locate(choice.weights)), look()
        precision, need = _resolve(config, choice, machine)
        caches = max(self._template.cache_bytes, memory.context_bytes(config, precision, choice.context))
        return Appraisal(need, caches, _lower(config, precision, machine))

    def settings(self, choice: ChooseWeights, cache_bytes: int) -> WorkerSettings:
        require_licences(choice, self._acceptances)
        return replace(
            self._template,
            folder=str(catalog.locate(choice.weights)),
            adapter=str(catalog.locate(choice.adapter)) if choice.adapter else "",
            precision=choice.precision,
            device=choice.device,
            cache_bytes=cache_bytes,
        )

    def free_bytes(self, device: str) -> int:
        """Of the first GPU for `auto`, as the worker chooses."""
        from jupyter_sc2.catalog import gpus as cards
        from jupyter_sc2.catalog.machine import look

        cards.forget()  # what it said before others left
        machine = look()
        gpus = [gpu for gpu in machine.devices if device == "auto" or gpu.name.startswith(device)]
        return gpus[0].free_bytes if gpus else machine.memory_free_bytes

    def name_of(self, weights: str) -> str:
        return catalog.name_of(weights)

    def stays_loaded(self, weights: str) -> bool:
        return weights == catalog.BUILT_IN


def _resolve(config: ModelConfig, choice: ChooseWeights, machine: Machine) -> tuple[Precision, int]:
    """The precision that the worker will take, as far as one can tell from here, and the bytes that it needs."""
    from jupyter_sc2.catalog import memory, preflight

    if choice.device == "cpu":
        machine = replace(machine, devices=[])
    if choice.precision == "auto":
        best = preflight.best_fit(config, machine, choice.context)
        if best is not None:
            return best.precision, best.bytes
        least = preflight.least(config, machine, choice.context)
        return least.precision, least.bytes
    fit = preflight.place(config, choice.precision, machine, choice.context)
    return choice.precision, fit.bytes if fit else memory.needs(config, choice.precision, choice.context)


def _lower(config: ModelConfig, precision: Precision, machine: Machine) -> Precision | None:
    """The next smaller precision that runs here."""
    from jupyter_sc2.catalog import memory

    runs = [each for each in memory.precisions(config) if machine.few_bits or not each.startswith("int")]
    place = runs.index(precision) + 1 if precision in runs else len(runs)
    return runs[place] if place < len(runs) else None
