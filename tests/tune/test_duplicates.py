"""Near-duplicates, and what held-out documents share with the others."""

import random

from jupyter_sc2.tune.documents import Document
from jupyter_sc2.tune.duplicates import overlap, without_near_duplicates

WORDS = [f"word{n}" for n in range(5000)]


def document(seed, changed=0):
    rng = random.Random(seed)
    words = rng.choices(WORDS, k=400)
    for n in range(changed):
        words[n * 20] = "other"
    return Document("p", f"{seed}.py", code=" ".join(words))


def test_near_duplicates_go_and_others_stay():
    documents = [document(1), document(2), document(1, changed=3), document(1), document(3)]
    assert [d.path for d in without_near_duplicates(documents)] == ["1.py", "2.py", "3.py"]


def test_what_is_held_out_is_not_trained_on():
    assert list(without_near_duplicates([document(1, changed=2), document(2)], [document(1)])) == [document(2)]


def test_overlap():
    assert overlap([document(2)], [document(1)]) == 0
    assert overlap([document(1)], [document(1)]) == 1
    assert 0.2 < overlap([document(1, changed=10)], [document(1)]) < 0.9
