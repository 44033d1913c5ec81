import pytest

from jupyter_sc2.ngrams.lines import MAX_CANDIDATES, Lines, similarity

TEXT = """\
fig, ax = plt.subplots()
ax.plot(x, y)

fig.savefig("a.png")
for name in names:
    ax.plot(x, z)
    ax.legend()
"""


@pytest.mark.parametrize(
    ("typed", "before", "expected"),
    [
        ("ax.p", "fig, ax = plt.subplots()", "ax.plot(x, y)"),
        ("ax.p", "for name in others:", "ax.plot(x, z)"),
        ("ax.p", "", "ax.plot(x, z)"),  # nothing fits better: the last
        ("ax.legend()", "", None),  # it does not go on
        ("ax.q", "ax.plot(x, y)", None),
        ("plot", "", None),  # lines are found by how they begin
        ("", "for name in names:", "ax.plot(x, z)"),
        ("", "for name in name_list:", "ax.plot(x, z)"),
        ("", "for i in range(3):", None),  # too different to say anything
        ("", "while True:", None),
    ],
)
def test_the_line_that_fits_best(typed, before, expected):
    found = Lines([TEXT]).like(typed, before)
    assert (found and found[1].text) == expected


def test_what_a_prompt_tells_of_cells_is_never_proposed():
    lines = Lines(["df.head()\n#> a b\n# %%\n# df: DataFrame\nx = 1"])
    assert lines.like("", "df.head()") is None
    assert lines.like("#", "") is lines.like("# ", "df.head()") is None
    assert lines.like("x", "")[1].text == "x = 1"


def test_nothing_is_found_in_nothing():
    assert Lines([]).like("a", "b") is None
    assert Lines(["", "\n \n"]).like("", "") is None


def test_a_text_ends_where_it_ends():
    """The first line of a text has none before it."""
    assert Lines(["a()", "b()"]).like("", "a()") is None


def test_of_many_lines_the_last_are_compared():
    many = "\n".join(f"x = {number}\ny" for number in range(2 * MAX_CANDIDATES))
    assert Lines([many]).like("x", "y")[1].text == f"x = {2 * MAX_CANDIDATES - 1}"


def test_similarity_counts_both_ends():
    assert similarity("abc", "abc") == similarity("", "") == 1
    assert similarity("abc", "xyz") == similarity("abc", "") == 0
    assert similarity("range(3)", "range(10)") == pytest.approx(7 / 9)
    assert similarity("aa", "aaa") == pytest.approx(2 / 3), "no character counts twice"
