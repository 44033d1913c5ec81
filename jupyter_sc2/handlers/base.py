"""What every handler of ours shares: Jupyter's checks, a bounded body, and errors in our one shape."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Literal, TypeVar, cast

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_sc2.cells import CellsMissing
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.handlers.body import parse, read_json
from jupyter_sc2.handlers.services import Services
from jupyter_sc2.messages import MAX_BODY_BYTES, Failure, Identifier, NeedCells
from jupyter_sc2.supervisor import TryLater

T = TypeVar("T", bound=msgspec.Struct)
Method = TypeVar("Method", bound=Callable[..., Awaitable[None]])

DRAIN_BYTES = 64 << 20  # a larger body is not read to its end: the connection is closed
STATUS_TEXT = {
    400: ("bad_request", "The server cannot make sense of this request.", "Check the address and what follows it."),
    403: ("forbidden", "This request is not allowed.", "Log in again, or check the token."),
    404: ("not_found", "There is nothing here.", ""),
    405: ("method_not_allowed", "This address does not know that method.", ""),
}


def allowed_to(action: Literal["read", "execute"]) -> Callable[[Method], Method]:
    """Lets a method run for users whom Jupyter knows and its authorizer allows `action` on the resource `sc2`."""

    def decorate(method: Method) -> Method:
        return cast(Method, web.authenticated(authorized(action)(method)))

    return decorate


@web.stream_request_body
class Sc2Handler(APIHandler):
    """Reads at most MAX_BODY_BYTES of a body into memory; the rest of a larger one is dropped as it arrives."""

    auth_resource = "sc2"

    def initialize(self, services: Services) -> None:
        self.services = services
        self.request_id = ""
        self._body = bytearray()
        self._received = self._announced = 0  # bytes; announced by Content-Length

    async def prepare(self) -> None:  # type: ignore[override]  # as in APIHandler
        await super().prepare()
        length = self.request.headers.get("Content-Length", "0")
        self._announced = int(length) if length.isascii() and length.isdigit() else 0
        if self._announced > DRAIN_BYTES:
            raise too_big(self._announced)

    def data_received(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if max(self._received, self._announced) <= MAX_BODY_BYTES:
            self._body += chunk
        elif self._received > DRAIN_BYTES:
            error = too_big(self._received)
            self.send_error(413, exc_info=(Sc2Error, error, None))

    def parse_body(self, kind: type[T]) -> T:
        """The body as a `kind`. Raises Sc2Error: 400, 413, 415 or 422."""
        size = max(self._received, self._announced)
        if size > MAX_BODY_BYTES:
            raise too_big(size)
        headers = self.request.headers
        media, _, rest = headers.get("Content-Type", "").lower().partition(";")
        charset = rest.partition("charset=")[2].strip(' "') or "utf-8"
        if media.strip() != "application/json" or charset != "utf-8" or "Content-Encoding" in headers:
            raise Sc2Error("bad_content_type", "The body must be application/json in UTF-8.", status=415)
        raw = read_json(bytes(self._body))
        with contextlib.suppress(msgspec.ValidationError):
            self.request_id = msgspec.convert(raw.get("request_id"), Identifier)
        return parse(raw, kind)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answers with a Failure; what an unexpected exception says stays here."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        failure = self.failure_of(status_code, error)
        if isinstance(error, CellsMissing):
            failure = NeedCells(**msgspec.structs.asdict(failure), missing=error.missing)
        self.finish(msgspec.json.encode(failure))

    def failure_of(self, status_code: int, error: BaseException | None) -> Failure:
        """What went wrong, in words; sets the answer's status and headers."""
        if isinstance(error, Sc2Error):
            self.set_status(error.status)
            if isinstance(error, TryLater):
                self.set_header("Retry-After", str(error.retry_after))
            return Failure(error.code, error.message, error.hint, self.request_id)
        if status_code == 405:
            known = [name for name in self.SUPPORTED_METHODS if _is_written(getattr(self, name.lower()))]
            self.set_header("Allow", ", ".join(known))
        unexpected = ("internal", "Something went wrong in jupyter-sc2.", "The server's log says where.")
        return Failure(*STATUS_TEXT.get(status_code, unexpected), self.request_id)

    def log_exception(
        self, typ: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Logs what happened and where, but neither the body, nor the URL's query, nor the exception's own words:
        these can hold the user's code or token."""
        what = f"{self.request.method} {self.request.path}"
        if isinstance(value, Sc2Error):
            self.log.debug("%s: %s", what, value.code)
        elif isinstance(value, web.HTTPError):
            self.log.debug("%s: %d", what, value.status_code)
        else:
            where = "".join(traceback.format_tb(tb))
            self.log.error("%s: %s\n%s", what, getattr(typ, "__name__", typ), where)


def _is_written(method: object) -> bool:
    """Whether a handler has this method, rather than tornado's that answers 405."""
    return getattr(method, "__func__", None) is not getattr(web.RequestHandler, "_unimplemented_method", None)


def too_big(size: int) -> Sc2Error:
    message = f"This request is {size / 2**20:.1f} MiB; the limit is {MAX_BODY_BYTES >> 20} MiB."
    return Sc2Error("too_big", message, "Send the cells nearest to the cursor; outputs are not needed.", status=413)
