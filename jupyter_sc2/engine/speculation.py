"""Which ids a pass of decoding sequences tries beside those that it must compute, and what is learned from it."""

from __future__ import annotations

from jupyter_sc2.engine.lookup import LEAST, Lookup, ordinary
from jupyter_sc2.engine.pace import Pace, gain
from jupyter_sc2.engine.passes import Share
from jupyter_sc2.engine.sequence import Sequence

SHORT = 3  # ids of a match in the notebook up to which a longer one in others is looked for, which takes 50 us
MOST = 15  # drafted ids of a sequence in one pass: 16 rows with the one before them


def add_drafts(shares: list[Share], pace: Pace) -> None:
    """Drafts ids for shares that only decode, as many as are likely to pay."""
    rows = len(shares)
    ids = float(rows)
    for share in shares:
        sequence = share.sequence
        if not drafts(sequence):
            continue
        proposed, share.matched = propose(sequence)
        if proposed:
            rate = sequence.acceptance.rate(share.matched)
            share.drafted = proposed[: pace.length(rows, ids, rate, len(proposed))]
            rows, ids = rows + len(share.drafted), ids + gain(rate, len(share.drafted))


def drafts(sequence: Sequence) -> bool:
    """Not while what is typed is being spelled, nor before a whole line was judged."""
    bound = sequence.speller or sequence.draft or sequence.alone
    return sequence.request.speculate and not bound and sequence.new_ids > 0


def propose(sequence: Sequence) -> tuple[list[int], int]:
    """Ids that may follow, and how many before them match. The pass itself gives one id more than are drafted."""
    room = sequence.request.max_new_tokens - sequence.new_ids - 1
    if room < 1:
        return [], 0
    if sequence.lookup is None:
        sequence.lookup = Lookup(sequence.request.document, sequence.positions)
        sequence.lookup.extend(sequence.ids)
    else:
        sequence.lookup.extend(sequence.ids[sequence.lookup.size - len(sequence.request.document) :])
    best = sequence.lookup.propose(min(room, MOST))
    if best[1] <= SHORT:
        for table in sequence.notebooks:
            ids, matched = table.following(sequence.ids, min(room, MOST))
            best = (ordinary(ids), matched) if matched > max(best[1], LEAST - 1) else best
    return best


def learn(share: Share, accepted: int, ended: bool) -> None:
    """`accepted` of the drafted ids were right, and the next one was not, unless the answer `ended` before it."""
    if share.drafted:
        judged = accepted if ended else min(accepted + 1, len(share.drafted))
        share.sequence.acceptance.saw(share.matched, accepted, judged)
