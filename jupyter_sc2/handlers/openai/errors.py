"""Errors in OpenAI's shape and with its status numbers."""

from __future__ import annotations

import re

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Failure
from jupyter_sc2.messages.openai import OpenAIError, OpenAIFault

_FIELD = re.compile(r"^`([^`]*)`")  # a refusal begins with the field's name
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class BadRequest(Sc2Error):
    """What is asked for cannot be done; `param` is the field to blame."""

    def __init__(self, message: str, param: str = "", code: str = "invalid_value", status: int = 400) -> None:
        super().__init__(code, message, status=status)
        self.param = param


def too_long(count: int, limit: int, param: str) -> BadRequest:
    message = f"The prompt has {count} token ids; here are at most {limit}."
    return BadRequest(message, param, "context_length_exceeded")


def as_openai(failure: Failure, status: int, error: BaseException | None = None) -> OpenAIError:
    """`failure` told in OpenAI's way. `error` knows the field that is to blame, if it is a BadRequest."""
    message = f"{failure.message} {failure.hint}".strip()
    field = _FIELD.match(failure.message)
    param = error.param if isinstance(error, BadRequest) else field[1] if field else ""
    kind = "server_error" if status >= 500 else TYPES.get(status, "invalid_request_error")
    code = "rate_limit_exceeded" if status == 429 else failure.code
    return OpenAIError(OpenAIFault(message, kind, param or None, code))


def status_of(status: int) -> int:
    """OpenAI knows no 422: a body with a bad value is a bad request."""
    return 400 if status == 422 else status
