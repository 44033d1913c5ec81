"""What the routes under `/sc2/v1/` share: errors in OpenAI's shape, and bodies in which null stands for nothing."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from jupyter_sc2.handlers.base import Sc2Handler
from jupyter_sc2.handlers.openai.errors import as_openai, status_of
from jupyter_sc2.messages import Failure

T = TypeVar("T", bound=msgspec.Struct)

NO_KEY = Failure("invalid_api_key", "Incorrect API key provided.", "Give the token of this Jupyter server as API key.")


class OpenAIHandler(Sc2Handler):
    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        failure = self.failure_of(status_code, error)
        status = status_of(self.get_status())
        if status == 403 and getattr(self, "_jupyter_current_user", None) is None:
            status, failure = 401, NO_KEY
            self.set_header("WWW-Authenticate", "Bearer")
        self.set_status(status)
        self.finish(msgspec.json.encode(as_openai(failure, status, error)))
