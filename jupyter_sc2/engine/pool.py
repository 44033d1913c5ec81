"""The KV caches of many sequences under one bound of bytes, and which of them a new prompt can start from."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from jupyter_sc2.engine.cache import KVCache, cache_bytes, round_up
from jupyter_sc2.engine.config import ModelConfig


@dataclass(eq=False)
class Entry:
    """`cache` holds the first `cache.length` of `ids`, which may grow. A busy entry belongs to a running sequence."""

    key: str
    ids: list[int]
    cache: KVCache
    busy: bool = True


class CachePool:
    """Entries from the longest unused to the newest. Busy ones are never evicted: the scheduler bounds those."""

    def __init__(self, config: ModelConfig, limit: int, dtype: torch.dtype, device: torch.device) -> None:
        self.config, self.limit, self.dtype, self.device = config, limit, dtype, device
        self.entries: list[Entry] = []

    @property
    def nbytes(self) -> int:
        return sum(entry.cache.nbytes for entry in self.entries)

    def size(self, positions: int) -> int:
        """Bytes that a sequence of so many positions takes."""
        return cache_bytes(self.config, positions, self.dtype)

    def take(self, key: str, ids: list[int], positions: int, reuse: int) -> Entry:
        """An entry with room for `positions`, holding the longest known prefix of `ids`, at most `reuse` ids of it.

        The key's own idle entry is cut back in place. Another's prefix, when longer, is copied and stays.
        """
        shared, source = max(
            ((min(common_prefix(entry.ids, ids, entry.cache.length), reuse), entry) for entry in self.entries),
            key=lambda match: match[0], default=(0, None),
        )  # fmt: skip
        own = next((entry for entry in self.entries if entry.key == key and not entry.busy), None)
        if own is not None:
            self.entries.remove(own)
            if own.cache.capacity == round_up(positions) and common_prefix(own.ids, ids, own.cache.length) >= shared:
                own.cache.length, own.ids, own.busy = shared, ids, True
                self.entries.append(own)
                return own
        return self.fork(source, key, ids, positions, shared)

    def fork(self, source: Entry | None, key: str, ids: list[int], positions: int, shared: int) -> Entry:
        """A new entry with room for `positions` that begins with the first `shared` positions of another."""
        self.evict(self.limit - self.size(positions))  # `source` lives on in this frame until it is copied
        cache = KVCache(self.config, positions, self.dtype, self.device)
        if source is not None:
            cache.copy_from(source.cache, shared)
        self.entries.append(Entry(key, ids, cache))
        return self.entries[-1]

    def give_back(self, entry: Entry) -> None:
        """Keeps a finished sequence's cache as its key's newest; an older idle one of the key goes."""
        self.entries = [e for e in self.entries if e is not entry and (e.busy or e.key != entry.key)]
        entry.busy = False
        self.entries.append(entry)

    def drop(self, entry: Entry) -> None:
        """Forgets a cache that may be damaged."""
        self.entries.remove(entry)

    def evict(self, target: int = 0) -> None:
        """Forgets idle entries, the longest unused first, until all together take at most `target` bytes."""
        for entry in [entry for entry in self.entries if not entry.busy]:
            if self.nbytes <= target:
                break
            self.entries.remove(entry)


def common_prefix(known: list[int], ids: list[int], limit: int, block: int = 256) -> int:
    """How many of the first `limit` ids agree."""
    limit = min(limit, len(known), len(ids))
    start = 0
    while start < limit and known[start : start + block] == ids[start : start + block]:
        start += block
    start = min(start, limit)
    while start < limit and known[start] == ids[start]:
        start += 1
    return start
