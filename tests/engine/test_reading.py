"""How far a load is: a share that never falls, and signs of life in between."""

from jupyter_sc2.engine import reading
from jupyter_sc2.engine.reading import Progress


def test_each_percent_is_told_once_and_the_whole_is_left_to_others():
    shares = []
    progress = Progress(shares.append, 100_000)
    for _ in range(10_000):
        progress(10)
    assert shares == sorted(set(shares))
    assert 95 <= len(shares) < 100
    assert 0.98 < shares[-1] < 1.0


def test_more_work_than_was_thought_slows_the_share_down():
    """A copy that turns out damaged is made anew: the rest of the way is longer, but the share goes on."""
    shares = []
    progress = Progress(shares.append, 1000)
    progress(500)
    progress.expect(10_000)
    assert len(shares) == 1
    assert 0.49 < shares[0] < 0.5
    for _ in range(100):
        progress(100)
    assert shares == sorted(set(shares))
    assert 0.98 < shares[-1] < 1.0


def test_less_work_than_was_thought_speeds_the_share_up():
    shares = []
    progress = Progress(shares.append, 10_000)
    progress(1000)
    progress.expect(1000)
    progress(1000)
    assert 0.98 < shares[-1] < 1.0


def test_counts_beyond_what_was_expected_move_nothing():
    shares = []
    progress = Progress(shares.append, 1000)
    progress(1000)
    for _ in range(10):
        progress(1000)
    assert len(shares) == 1
    assert shares[0] < 1.0


def test_a_sign_of_life_is_given_however_little_is_done(monkeypatch):
    """A percent of large weights on a slow disk takes minutes."""
    now, shares = [0.0], []
    monkeypatch.setattr(reading.time, "monotonic", lambda: now[0])
    progress = Progress(shares.append, 1_000_000)
    for _ in range(100):
        now[0] += 1.0
        progress(0)
    assert len(shares) == 100 // reading.BEAT
    assert set(shares) == {0.0}


def test_nothing_to_do_is_no_error():
    Progress(lambda share: None, 0)(10)
