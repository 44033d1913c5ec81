"""The Jupyter server extension: settings, engines, routes and events."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast, get_args

from jupyter_core.paths import jupyter_data_dir
from jupyter_events import EventLogger
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import Bool, Dict, Enum, Float, Int, List, Unicode

from jupyter_sc2 import catalog, handlers
from jupyter_sc2.conversations import ConversationStore, folder_of, follow_notebooks
from jupyter_sc2.events import SCHEMA_PATHS, News, StatusNews
from jupyter_sc2.licences import Acceptances
from jupyter_sc2.messages import MAX_PROMPT_IDS, Role
from jupyter_sc2.roles import KeptChoices, Models, Policy, Stock, Watch, begin
from jupyter_sc2.supervisor import Fleet, Supervisor, WorkerSettings, copies_folder, tables_folder


class Sc2App(ExtensionApp):
    """StarCoder2 inside Jupyter: private code completion on your own machine."""

    name = "jupyter_sc2"
    load_other_extensions = True

    weights = Unicode(
        catalog.BUILT_IN,
        help="`built-in`, an id of the Hugging Face Hub, or a folder of StarCoder2 weights. Others than the built-in "
        "ones are fixed: users cannot change them.",
    ).tag(config=True)
    roles = Dict(
        key_trait=Enum(get_args(Role)),
        value_trait=Unicode(),
        help="Weights for single roles (ghost, magic, chat), where they differ from `weights`. They are fixed too.",
    ).tag(config=True)
    allowed_weights = List(Unicode(), help="The weights (and adapters) that users may choose; empty for any.").tag(
        config=True
    )
    licences_accepted_by = Unicode(
        "", help="Name of the person who accepts the licences of weights for every user of this server; empty for none."
    ).tag(config=True)
    memory_budget_mib = Int(
        0, min=0, max=1 << 24, help="Memory for all loaded weights together, in MiB; 0 for what is free."
    ).tag(config=True)
    idle_minutes = Int(
        60,
        min=0,
        max=10_080,
        help="Weights leave the memory when unused for so long, and load again when asked; 0 for never. The built-in "
        "ones stay. Users may set another time.",
    ).tag(config=True)
    context = Int(
        4096, min=256, max=MAX_PROMPT_IDS, help="Prompt and answer together, in token ids, where nobody chose it."
    ).tag(config=True)
    interpreter = Unicode(sys.executable, help="The Python that runs the model; it needs jupyter-sc2 and torch.").tag(
        config=True
    )
    threads = Int(
        max(1, min(8, (os.cpu_count() or 2) // 2)), min=1, max=256, help="CPU threads of the model's process."
    ).tag(config=True)
    niceness = Int(13, min=0, max=19, help="How far the model's process yields to others.").tag(config=True)
    cache_mib = Int(512, min=16, max=1 << 20, help="Memory for what was read already (KV cache), in MiB.").tag(
        config=True
    )
    max_running = Int(4, min=1, max=4, help="Requests that the model answers at the same time.").tag(config=True)
    max_waiting = Int(32, min=0, max=4096, help="Requests that wait; further ones are refused.").tag(config=True)
    silence_seconds = Float(
        30.0, min=1.0, max=3600.0, help="After so much silence a working model is held to hang and is restarted."
    ).tag(config=True)
    prompt_ids = Int(
        MAX_PROMPT_IDS, min=256, max=MAX_PROMPT_IDS, help="The longest prompt that is allowed, in token ids."
    ).tag(config=True)
    precision = Enum(
        ("auto", "float32", "bfloat16", "int8", "int4"),
        "auto",
        help="Number format of the weights. `auto`: on a CPU int4 for large weights, bfloat16 for small ones.",
    ).tag(config=True)
    device = Unicode("auto", help="Where the model runs: `auto`, `cpu`, `cuda` or `mps`.").tag(config=True)
    library_tables = Bool(
        True, help="Let small weights look up the sources of the installed libraries that a notebook imports."
    ).tag(config=True)
    own_notebooks = Bool(
        True, help="Let small weights look up the notebooks and Python files in the folder of the one you write."
    ).tag(config=True)
    start_on_launch = Bool(False, help="Load the weights with the server rather than on first use.").tag(config=True)

    def initialize_settings(self) -> None:
        """Builds what the handlers call. Loads no weights and starts no process."""
        server = cast(ServerApp, self.serverapp)
        logger = cast(EventLogger, server.event_logger)
        for path in SCHEMA_PATHS:
            logger.register_event_schema(path)
        news = News(logger, self.log)
        self.status_news = StatusNews(news)
        data = Path(jupyter_data_dir())
        conversations = ConversationStore(folder_of(data, server.root_dir))
        kept, policy, template = KeptChoices(data / "sc2"), self._policy(), self._template()
        beginning = begin(policy, kept)
        for warning in beginning.warnings:
            self.log.warning("%s", warning)
        minutes = self.idle_minutes if beginning.idle_minutes is None else beginning.idle_minutes
        acceptances = Acceptances(data / "sc2", self.licences_accepted_by)
        self.fleet = Fleet(
            beginning.choices,
            Stock(template, acceptances),
            template,
            self.status_news.tell,
            self.log,
            pinned=policy.pinned,
            notes=beginning.notes,
            budget_bytes=self.memory_budget_mib << 20,
            idle_seconds=60 * minutes,
        )
        self.models = Models(self.fleet, policy, kept, acceptances, news.tell_download, self.log)
        self.services = handlers.Services(
            self.models, lambda: self.fleet.supervisors, self.prompt_ids, conversations, self.own_notebooks
        )
        self.fleet.watch(Watch(self.services.serve, self.services.forget, self.models.keep, news.tell_roles))
        follow_notebooks(logger, conversations)

    def initialize_handlers(self) -> None:
        self.handlers.extend(handlers.routes(self.services))

    @property
    def supervisors(self) -> Sequence[Supervisor]:
        """Of all engines that there are now."""
        return self.fleet.supervisors

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        if self.start_on_launch:
            self.fleet.start()

    async def stop_extension(self) -> None:
        """Ends every worker and download; each has some seconds to go by itself."""
        await asyncio.gather(self.fleet.stop(), self.models.close())
        await asyncio.to_thread(self.services.close)
        self.status_news.close()

    def _policy(self) -> Policy:
        return Policy(
            weights=self.weights,
            roles=cast(dict[Role, str], dict(self.roles)),
            allowed=tuple(self.allowed_weights),
            precision=cast(Any, self.precision),
            device=self.device,
            context=self.context,
        )

    def _template(self) -> WorkerSettings:
        """How every worker is run, whatever its weights."""
        return WorkerSettings(
            command=(self.interpreter, "-m", "jupyter_sc2.engine.worker"),
            folder="",
            threads=self.threads,
            cache_bytes=self.cache_mib << 20,
            precision=cast(Any, self.precision),
            device=self.device,
            libraries=tables_folder() if self.library_tables else "",
            converted=copies_folder(),
            niceness=self.niceness,
            max_running=self.max_running,
            max_waiting=self.max_waiting,
            silence_seconds=self.silence_seconds,
        )
