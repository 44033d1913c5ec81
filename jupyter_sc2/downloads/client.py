"""The Hugging Face Hub through its own client: what a repository holds, and the bytes of a file from a place on.

The client's own downloads are not used: since its version 2 each begins anew after an interruption, by whatever
protocol (60 MB came again after a kill at 40, with 2.4). Files come by plain HTTP, which the Hub serves for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

import msgspec
from huggingface_hub import HfApi, constants, get_session, hf_hub_url, hf_raise_for_status
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined] # documented, but not declared

from jupyter_sc2 import __version__
from jupyter_sc2.downloads.offer import Commit, File, Listing, is_wanted
from jupyter_sc2.downloads.settings import Settings
from jupyter_sc2.errors import Sc2Error

_US: dict[str, Any] = {"library_name": "jupyter-sc2", "library_version": __version__}


class Hub:
    """`endpoint` is None for what HF_ENDPOINT says. The token is the client's own business: HF_TOKEN or a stored one.

    It is neither read nor kept here.
    """

    def __init__(self, settings: Settings, endpoint: str | None = None) -> None:
        self.endpoint = endpoint or constants.ENDPOINT
        self._timeout = (settings.connect, settings.stall, settings.stall, settings.connect)

    def look(self, weights: str, branch: str) -> tuple[str, Listing, list[str]]:
        """The commit that `branch` is now, its files that may be wanted, and the names of all.

        Raises the client's errors, and Sc2Error for an answer that is not the Hub's.
        """
        api = HfApi(endpoint=self.endpoint, **_US)
        timeout: Any = self._timeout  # the client passes it on
        try:
            info = api.model_info(weights, revision=branch, files_metadata=True, timeout=timeout)
            names = [each.rfilename for each in info.siblings or []]
            raw = [
                {"name": each.rfilename, "size": each.size, "etag": each.lfs.sha256 if each.lfs else each.blob_id}
                for each in info.siblings or []
                if is_wanted(each.rfilename)
            ]
            commit = msgspec.convert(info.sha, Commit)
            files = msgspec.convert(raw, list[File])
        except (KeyError, TypeError, AttributeError, JSONDecodeError, msgspec.ValidationError):
            hint = "Check HF_ENDPOINT, and that no login page of a network stands before it."
            reason = f"What answers for the Hub does not say which files {weights} has."
            raise Sc2Error("hub_unusable", reason, hint, status=502) from None
        return commit, {file.name: file for file in files}, names

    @contextmanager
    def bytes_of(
        self, weights: str, revision: str, file: File, start: int = 0
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Where the bytes begin, and the bytes: from `start` on, or from 0 when the server does not do parts.

        Redirects to other hosts are followed without the token. Raises the client's errors.
        """
        url = hf_hub_url(weights, file.name, revision=revision, endpoint=self.endpoint)
        headers = {**build_hf_headers(**_US), "accept-encoding": "identity"}
        if start:
            headers["range"] = f"bytes={start}-"
        timeout: Any = self._timeout
        with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
            hf_raise_for_status(response)
            begins = 0
            if response.status_code == 206:
                told = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
                begins = int(told[1]) if told else -1
            yield begins, response.iter_bytes()
