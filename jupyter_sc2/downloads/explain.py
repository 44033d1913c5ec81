"""What goes wrong with a download, in plain sentences. No address of a request is shown: it may hold a secret."""

from __future__ import annotations

import errno
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from jupyter_sc2 import disk
from jupyter_sc2.downloads.patience import Dropped, chain, class_names, status_of
from jupyter_sc2.errors import Sc2Error

LOG_IN = "Log in with `hf auth login`, or set HF_TOKEN to a token from the settings of your account, and try again."
GO_ON = "What was fetched is kept: start it again and it goes on there."
_FULL = {errno.ENOSPC: "is full", errno.EDQUOT: "has no quota left for you", errno.EFBIG: "allows no larger file"}


def explain(error: BaseException, weights: str, endpoint: str, cache: Path) -> Sc2Error:
    """The error that users see."""
    if isinstance(error, Sc2Error):
        return error
    host = host_of(endpoint)
    if status := status_of(error):
        return _answer(error, status, weights, host)
    if "OfflineModeIsEnabled" in class_names(error):
        hint = "Unset it to download, or bring the weights as a file: `jupyter sc2 bundle import`."
        return Sc2Error("offline", f"HF_HUB_OFFLINE is set, so {weights} cannot be fetched.", hint, status=503)
    for each in chain(error):
        if isinstance(each, ssl.SSLError):
            return _tls(each, host)
        if isinstance(each, socket.gaierror):
            return _unreachable(host, f"The name {host} could not be found: this machine seems to have no network.")
    names = class_names(error)
    if isinstance(error, Dropped) or "TimeoutException" in names or "RemoteProtocolError" in names:
        return Sc2Error("line_dropped", f"The line to {host} drops or is silent again and again.", GO_ON, status=503)
    if names & {"NetworkError", "ProxyError"}:
        return _unreachable(host, f"{host} cannot be reached.")
    if isinstance(error, OSError) and error.errno is not None:
        return from_disk(error, cache)
    if names & {"UnsupportedProtocol", "InvalidURL", "UnicodeError", "JSONDecodeError", "TooManyRedirects"}:
        return Sc2Error("hub_unusable", f"{host} does not answer like the Hub.", "Check HF_ENDPOINT.", status=502)
    return Sc2Error("download_failed", f"The download of {weights} failed ({type(error).__name__}).", GO_ON)


def host_of(endpoint: str) -> str:
    """Host and port of an address, without user and password."""
    return urlsplit(endpoint).netloc.rpartition("@")[2][:200] or "the Hub"


def from_disk(error: OSError, cache: Path) -> Sc2Error:
    """What the disk did not let us do. Files in the cache are named after their sums, so none is named."""
    if error.errno in _FULL:
        return Sc2Error("disk_full", f"The disk of {cache} {_FULL[error.errno]}.", f"Make room. {GO_ON}", status=507)
    hint = "Set HF_HOME to a folder that you may write."
    return Sc2Error("not_writable", f"{cache} cannot be written: {disk.reason(error)}.", hint, status=500)


def _answer(error: BaseException, status: int, weights: str, host: str) -> Sc2Error:
    """From an HTTP status, and from the Hub's own code where it sends one."""
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", {})
    code = "" if "credentials" in headers.get("x-error-message", "") else headers.get("x-error-code", "")
    page = f"https://{host}/{weights}"
    had_token = "authorization" in getattr(getattr(response, "request", None), "headers", {})
    if code == "GatedRepo":
        if status == 401 or not had_token:
            reason = f"{host} gives {weights} only to people who are logged in and have accepted its terms there."
            return Sc2Error("hub_gated", reason, f"Accept them at {page} first. {LOG_IN}", status=403)
        reason = f"Your account has no access to {weights} yet."
        return Sc2Error("hub_gated", reason, f"Accept its terms, or ask for access, at {page}.", status=403)
    if status == 404 and code in {"RevisionNotFound", "EntryNotFound"}:
        hint = "Cancel this download and start it anew." if code == "EntryNotFound" else "Check the revision's name."
        return Sc2Error(
            "hub_no_revision", f"{weights} is there, but not the revision or file asked for.", hint, status=404
        )
    if status == 404 or code == "RepoNotFound":
        reason = f"There is no {weights} on {host}, or it is private."
        return Sc2Error("hub_not_found", reason, f"Check the name. If it is private: {LOG_IN}", status=404)
    if status == 401:
        said = "does not accept your token" if had_token else f"wants to know who asks for {weights}"
        return Sc2Error("hub_login", f"{host} {said}.", LOG_IN, status=401)
    if status == 403:
        reason = f"{host} refuses {weights} to you."
        return Sc2Error("hub_forbidden", reason, "Look at its page there, or use another token.", status=403)
    if status == 407:
        return _unreachable(host, "The proxy wants a name and a password.")
    if status == 429:
        return Sc2Error(
            "hub_busy", f"{host} takes no more requests from you now.", "Try again in some minutes.", status=429
        )
    if status >= 500:
        return Sc2Error("hub_down", f"{host} has trouble of its own (status {status}).", GO_ON, status=503)
    return Sc2Error("hub_refused", f"{host} refuses the request (status {status}).", GO_ON, status=502)


def _tls(error: ssl.SSLError, host: str) -> Sc2Error:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"The certificate of {host} is not trusted: {error.verify_message or 'unknown reason'}."
        hint = "Behind a company's proxy, set SSL_CERT_FILE to its certificates. Check the clock as well."
    else:
        reason, hint = f"{host} does not speak TLS as expected.", "Check HF_ENDPOINT and the proxy."
    return Sc2Error("tls", reason, hint, status=502)


def _unreachable(host: str, reason: str) -> Sc2Error:
    proxies = {host_of(address) for scheme, address in getproxies().items() if scheme in {"http", "https", "all"}}
    if proxies:
        named = ", ".join(sorted(proxies))
        hint = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
        return Sc2Error("proxy", f"{reason} The proxy in use is {named}.", hint, status=503)
    hint = "Check the network. Without one: `jupyter sc2 bundle import`. Behind a proxy: set HTTPS_PROXY."
    return Sc2Error("no_network", reason, hint, status=503)
