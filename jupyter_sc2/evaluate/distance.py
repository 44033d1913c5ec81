"""Levenshtein's distance. Our own, so that scores do not depend on which packages are installed."""

from __future__ import annotations


def distance(a: str, b: str) -> int:
    """How many characters to insert, delete or replace. Bit-parallel (Myers, Hyyrö): one bit for each of `a`."""
    if not a or not b:
        return len(a) + len(b)
    where: dict[str, int] = {}
    for position, character in enumerate(a):
        where[character] = where.get(character, 0) | 1 << position
    mask, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    up, down, score = mask, 0, len(a)  # where the column's values rise and fall by one
    for character in b:
        same = where.get(character, 0)
        zero = ((((same & up) + up) ^ up) | same | down) & mask
        right_up = (down | ~(zero | up)) & mask
        right_down = up & zero
        score += bool(right_up & last) - bool(right_down & last)
        right_up = (right_up << 1 | 1) & mask
        right_down = (right_down << 1) & mask
        up = (right_down | ~(zero | right_up)) & mask
        down = right_up & zero
    return score
