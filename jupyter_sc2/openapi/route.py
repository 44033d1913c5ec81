"""What a description of a route says: its body, and its answers by status."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from jupyter_sc2.messages import Failure
from jupyter_sc2.messages.openai import OpenAIError

STATUS_TEXT = {
    200: "Done.",
    202: "Begun; the event bus tells how it goes on.",
    204: "Done; there is nothing to say.",
    400: "The request is not understood: no JSON, an unknown field, or a damaged address.",
    401: "The API key is not this server's token.",
    403: "Not allowed: no token, no XSRF header, the authorizer, or a licence that was not accepted.",
    404: "There is no such thing here. Also for requests from another site's page.",
    409: "It does not go together with what is so at present.",
    413: "The body is over 1 MiB.",
    415: "The body is not application/json in UTF-8.",
    422: "A field has a value that cannot be.",
    429: "The engine has enough to do.",
    503: "The weights cannot answer (now).",
    507: "The disk cannot take it.",
}
ALWAYS = (400, 403, 404)
WITH_BODY = (413, 415, 422)
GENERATING = (409, 429, 503)
LATER = {429, 503}  # may carry Retry-After


class Route(Struct, frozen=True):
    """`answers` are successful ones by status, without a type for empty ones; text for plain text.

    `events` are those of a stream of server-sent events, which may end with the text `ending`. `failure` is the shape
    of the answers to `errors`; `also` has another that a status may have.
    """

    method: Literal["get", "post", "put", "delete"]
    path: str
    summary: str
    answers: dict[int, Any]
    body: Any = None
    events: tuple[Any, ...] = ()
    ending: str = ""
    errors: tuple[int, ...] = ALWAYS
    failure: Any = Failure
    also: dict[int, Any] = {}
    path_types: dict[str, Any] = {}

    @property
    def types(self) -> tuple[Any, ...]:
        """Every message that it speaks of."""
        shapes = (*self.answers.values(), self.body, *self.events, self.failure, *self.also.values())
        return tuple(kind for kind in (*shapes, *self.path_types.values()) if kind is not None)


def openai(*errors: int) -> dict[str, Any]:
    """What differs under `/sc2/v1/`."""
    return {"errors": (400, 401, 403, 404, *errors), "failure": OpenAIError}
