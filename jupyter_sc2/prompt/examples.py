"""A few requests in words with short answers, shown to a base model so that it knows what is asked of it.

Written for this project. They name no file and no column that a user could take for their own.
"""

from __future__ import annotations

from jupyter_sc2.prompt.structured import Part

_LESSONS = (
    (
        "Make a list of the squares of the numbers from 0 to 9.",
        "squares = [number**2 for number in range(10)]\nsquares",
    ),
    (
        "Write a function that returns the longest word of a sentence.",
        "def longest_word(sentence):\n    return max(sentence.split(), key=len)",
    ),
    (
        "Print each line of the file notes.txt.",
        'with open("notes.txt") as file:\n    for line in file:\n        print(line)',
    ),
)
EXAMPLES: tuple[Part, ...] = tuple(part for text, code in _LESSONS for part in (Part("text", text), Part("code", code)))


def examples_for(answers: bool) -> tuple[Part, ...]:
    """None for weights that learned to answer requests."""
    return () if answers else EXAMPLES
