"""The Jupyter server extension: settings, engines, routes and events."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, cast, get_args

from jupyter_core.paths import jupyter_data_dir
from jupyter_events import EventLogger
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import Bool, Dict, Enum, Float, Int, Unicode

from jupyter_sc2 import catalog, handlers
from jupyter_sc2.conversations import ConversationStore, folder_of, follow_notebooks
from jupyter_sc2.events import ENGINE_SCHEMA_PATH, StatusNews
from jupyter_sc2.messages import MAX_PROMPT_IDS, Role
from jupyter_sc2.supervisor import Supervisor, WorkerSettings, copies_folder, tables_folder


class Sc2App(ExtensionApp):
    """StarCoder2 inside Jupyter: private code completion on your own machine."""

    name = "jupyter_sc2"
    load_other_extensions = True

    weights = Unicode(catalog.BUILT_IN, help="`built-in`, or a folder of StarCoder2 weights.").tag(config=True)
    roles = Dict(
        key_trait=Enum(get_args(Role)),
        value_trait=Unicode(),
        help="Weights for single roles (ghost, magic, chat), where they differ from `weights`.",
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
        4096, min=256, max=MAX_PROMPT_IDS, help="The longest prompt, in token ids: more context, slower answers."
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
        logger = cast(EventLogger, cast(ServerApp, self.serverapp).event_logger)
        logger.register_event_schema(ENGINE_SCHEMA_PATH)
        self.news = StatusNews(logger, self.log)
        by_role: dict[Role, str] = {role: self.roles.get(role, self.weights) for role in get_args(Role)}
        supervisors = {
            weights: self._supervisor(weights, [role for role in by_role if by_role[role] == weights])
            for weights in dict.fromkeys(by_role.values())
        }
        self.supervisors = list(supervisors.values())
        served = {weights: handlers.Served(weights, supervisors[weights]) for weights in supervisors}
        conversations = ConversationStore(folder_of(Path(jupyter_data_dir()), cast(ServerApp, self.serverapp).root_dir))
        self.services = handlers.Services(
            {role: served[by_role[role]] for role in by_role}, self.prompt_ids, conversations, self.own_notebooks
        )
        follow_notebooks(logger, conversations)

    def initialize_handlers(self) -> None:
        self.handlers.extend(handlers.routes(self.services))

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        if self.start_on_launch:
            for supervisor in self.supervisors:
                supervisor.start()

    async def stop_extension(self) -> None:
        """Ends every worker; each has some seconds to go by itself."""
        for supervisor in self.supervisors:
            await supervisor.stop()
        await asyncio.to_thread(self.services.close)
        self.news.close()

    def _supervisor(self, weights: str, roles: list[Role]) -> Supervisor:
        settings = WorkerSettings(
            command=(self.interpreter, "-m", "jupyter_sc2.engine.worker"),
            folder=str(catalog.locate(weights)),
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
        return Supervisor(catalog.name_of(weights), roles, settings, self.news.tell, self.log)
