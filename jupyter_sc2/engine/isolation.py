"""A pass that fails is not everybody's failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from jupyter_sc2.engine.passes import Share
from jupyter_sc2.engine.trouble import is_out_of_memory

Outcome = tuple[Share, Tensor | Exception]


def outcomes(
    shares: list[Share], run: Callable[[list[Share]], list[Tensor]], evict: Callable[[], None]
) -> list[Outcome]:
    """The logits of each share, or what went wrong with it.

    Where memory runs out, idle caches go for one more try; then the halves are tried, once. Any other trouble is
    looked for by running each share by itself.
    """
    found = _tried(shares, run)
    if isinstance(found, list):
        return found
    if is_out_of_memory(found):
        evict()
        found = _tried(shares, run)
        if isinstance(found, list):
            return found
        if is_out_of_memory(found) and len(shares) > 1:
            middle = len(shares) // 2
            return [one for half in (shares[:middle], shares[middle:]) for one in _half(half, run)]
    return list(_one_by_one(shares, run, found))


def _half(shares: list[Share], run: Callable[[list[Share]], list[Tensor]]) -> Iterator[Outcome]:
    found = _tried(shares, run)
    if isinstance(found, list):
        yield from found
    elif is_out_of_memory(found):
        yield from ((share, found) for share in shares)
    else:
        yield from _one_by_one(shares, run, found)


def _one_by_one(shares: list[Share], run: Callable[[list[Share]], list[Tensor]], error: Exception) -> Iterator[Outcome]:
    """One that is alone has failed already."""
    for share in shares:
        found = _tried([share], run) if len(shares) > 1 else error
        yield (share, found) if isinstance(found, Exception) else found[0]


def _tried(shares: list[Share], run: Callable[[list[Share]], list[Tensor]]) -> list[Outcome] | Exception:
    try:
        return list(zip(shares, run(shares), strict=True))
    except Exception as error:
        # the traceback's frames would keep the failed pass's tensors for the next try
        return error.with_traceback(None) if is_out_of_memory(error) else error
