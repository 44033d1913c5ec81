"""Jupyter in, Jupyter out: parse, call, write. Nothing else imports this room but the extension."""

from __future__ import annotations

from typing import Any

from jupyter_sc2.handlers.chat import ChatHandler
from jupyter_sc2.handlers.complete import CompleteHandler
from jupyter_sc2.handlers.conversations import ConversationHandler, ConversationsHandler
from jupyter_sc2.handlers.licences import LicenceHandler
from jupyter_sc2.handlers.magic import MagicHandler
from jupyter_sc2.handlers.models import CatalogueHandler, ModelSettingsHandler, WeightsActionHandler
from jupyter_sc2.handlers.openai import ChatCompletionsHandler, CompletionsHandler, ModelHandler, ModelsHandler
from jupyter_sc2.handlers.openapi import OpenApiHandler
from jupyter_sc2.handlers.requests import RequestHandler
from jupyter_sc2.handlers.restart import RestartHandler
from jupyter_sc2.handlers.roles import RoleHandler
from jupyter_sc2.handlers.services import Served, Services
from jupyter_sc2.handlers.snapshot_code import SnapshotCodeHandler
from jupyter_sc2.handlers.status import StatusHandler

__all__ = ["Served", "Services", "routes"]


def routes(services: Services) -> list[tuple[str, type, dict[str, Any]]]:
    """Patterns, without the server's base URL, and their handlers."""
    given = {"services": services}
    return [
        (r"/sc2/status", StatusHandler, given),
        (r"/sc2/complete", CompleteHandler, given),
        (r"/sc2/magic", MagicHandler, given),
        (r"/sc2/chat", ChatHandler, given),
        (r"/sc2/conversations", ConversationsHandler, given),
        (r"/sc2/conversations/([^/]+)", ConversationHandler, given),
        (r"/sc2/requests/(.+)", RequestHandler, given),
        (r"/sc2/restart", RestartHandler, given),
        (r"/sc2/snapshot-code", SnapshotCodeHandler, given),
        (r"/sc2/openapi\.json", OpenApiHandler, given),
        (r"/sc2/models", CatalogueHandler, given),
        (r"/sc2/models/settings", ModelSettingsHandler, given),
        (r"/sc2/models/([^/]+)", WeightsActionHandler, given),
        (r"/sc2/roles/([^/]+)", RoleHandler, given),
        (r"/sc2/licences/([^/]+)", LicenceHandler, given),
        (r"/sc2/v1/models", ModelsHandler, given),
        (r"/sc2/v1/models/(.+)", ModelHandler, given),
        (r"/sc2/v1/completions", CompletionsHandler, given),
        (r"/sc2/v1/chat/completions", ChatCompletionsHandler, given),
    ]
