"""The requests by topic. They measure: none of them may be in what weights are trained on."""

from jupyter_sc2.evaluate.in_words.request import Request
from jupyter_sc2.evaluate.in_words.requests import (
    cleaning,
    grouping,
    language,
    learning,
    loading,
    numbers,
    plots,
    selecting,
    times,
)

TOPICS: dict[str, tuple[Request, ...]] = {
    "loading": loading.REQUESTS,
    "selecting": selecting.REQUESTS,
    "cleaning": cleaning.REQUESTS,
    "grouping": grouping.REQUESTS,
    "times": times.REQUESTS,
    "plots": plots.REQUESTS,
    "numbers": numbers.REQUESTS,
    "learning": learning.REQUESTS,
    "language": language.REQUESTS,
}
