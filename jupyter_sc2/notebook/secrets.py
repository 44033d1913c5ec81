"""Keys, tokens and passwords do not get into a prompt: they are masked before it is built.

detect-secrets with its named detectors and without its entropy plugins, which take ordinary code for secrets; and rules
for what those miss (measured on planted secrets: Hugging Face tokens, whole keys where they name a part only).
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any

MASK = "***"
MAX_LINE = 200_000  # characters; in a longer line, data rather than code, only keys of a known form are found
MAX_REMEMBERED = 500  # characters
WINDOW, OVERLAP = 1000, 500  # characters
_DETECTORS = {
    "artifactory": "ArtifactoryDetector",
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "discord": "DiscordBotTokenDetector",
    "keyword": "KeywordDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
_OWN = re.compile(
    r"\bhf_[A-Za-z0-9]{20,}"  # Hugging Face
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,})"
    r"|\bsk-[\w-]{20,}"  # OpenAI, Anthropic and others
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON web tokens
    r"|\bAIza[\w-]{35}"  # Google
)
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


def mask_secrets(text: str) -> str:
    """`text` with `***` for each secret, line by line; a private key loses all between its first and last line."""
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(rf"\1{MASK}\2", text)
    return "\n".join(map(_masked, text.split("\n")))


def mask_around(before: str, after: str) -> tuple[str, str]:
    """Both sides of a cursor, masked. A secret that the cursor stands in is found as well, whole or half typed."""
    before, after = _without_keys(before, after)
    start = before.rfind("\n") + 1
    line, (rest, newline, later) = before[start:], after.partition("\n")
    spans = _spans(line + rest) or next(filter(None, (_spans(line + quote) for quote in "\"'")), ())
    whole, cursor = line + rest, len(line)
    for first, last in reversed(spans):
        whole = whole[:first] + MASK + whole[last:]
        if last <= cursor:
            cursor += len(MASK) - (last - first)
        elif first < cursor:
            cursor = first + len(MASK)
    line, rest = whole[:cursor], whole[cursor:]
    return mask_secrets(before[:start] + line), mask_secrets(rest + newline + later)


def _without_keys(before: str, after: str) -> tuple[str, str]:
    """Both sides without what private keys hold, also one that the cursor stands in or that has no end yet."""
    whole, cursor = before + after, len(before)
    for found in reversed(list(_PRIVATE_KEY.finditer(whole)) if "PRIVATE KEY" in whole else []):
        first, last = found.end(1), found.start(2)
        whole = whole[:first] + MASK + whole[last:]
        if last <= cursor:
            cursor += len(MASK) - (last - first)
        elif first < cursor:
            cursor = first + len(MASK)
    return whole[:cursor], whole[cursor:]


def _masked(line: str) -> str:
    """Lines as people write them are remembered; longer ones would fill the memory, one for each key."""
    return _remembered(line) if len(line) <= MAX_REMEMBERED else _mask(line)


@lru_cache(maxsize=20_000)
def _remembered(line: str) -> str:
    return _mask(line)


def _mask(line: str) -> str:
    for first, last in reversed(_spans(line)):
        line = line[:first] + MASK + line[last:]
    return line


def _spans(line: str) -> tuple[tuple[int, int], ...]:
    """Where secrets begin and end, in order and apart. A long line is searched a window at a time: the detectors'
    patterns may take time that grows with the square of its length."""
    if len(line) < 8:
        return ()
    found = [match.span() for match in _OWN.finditer(line)]
    searched = len(line) if len(line) <= MAX_LINE else 0
    secrets: set[str] = set()
    for start in range(0, max(0, searched - OVERLAP) + min(1, searched), WINDOW - OVERLAP):
        secrets |= _secrets_in(line[start : start + WINDOW])
    for secret in secrets - {"", MASK}:
        found += [match.span() for match in re.finditer(re.escape(secret), line)]
    apart: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if apart and first <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(last, apart[-1][1])
        else:
            apart.append((first, last))
    return tuple(apart)


@lru_cache(maxsize=1000)
def _secrets_in(window: str) -> frozenset[str]:
    """Remembered, because a key changes one window of a long line and leaves the others."""
    return frozenset(
        secret for detector, options in _detectors() for secret in detector.analyze_string(window, **options)
    )


@lru_cache(maxsize=1)
def _detectors() -> list[tuple[Any, dict[str, Any]]]:
    """Each with its options. Loaded on first use: a fifth of a second."""
    made = []
    for module, name in _DETECTORS.items():
        plugin = import_module(f"detect_secrets.plugins.{module}")
        quoted = (
            {"denylist_regex_to_group": plugin.QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP} if module == "keyword" else {}
        )
        made.append((getattr(plugin, name)(), quoted))
    return made
