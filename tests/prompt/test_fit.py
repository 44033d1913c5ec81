import time

import pytest

from jupyter_sc2.prompt.fit import MAX_CHARS, brackets, fitting
from jupyter_sc2.prompt.reply import parses

# before the cursor, suggested, after the cursor, what is kept
CASES = {
    "what fits stays": ("df.", "head()", "\nx = 1", "head()"),
    "a bracket that the cell closes below": ("f(\n    x=1,\n    ", "y=2,\n)", "\n    z=3,\n)", "y=2,"),
    "within the line too": ("L = 10.0*", "u.m)", "\nH = L", "u.m"),
    "an open bracket is closed": ("m = ", "solve(D=Di,\n    P=[1", "", "solve(D=Di,\n    P=[1])"),
    "without a comma before it": ("m = ", "solve(D=Di,", "\nn = 1", "solve(D=Di)"),
    "a step too far in": ("x = 1\n", "    y = 2\n    z = 3", "", "y = 2\nz = 3"),
    "a step in where one is due": ("if x:\n", "    y = 2", "", "    y = 2"),
    "a last line that is no Python": ("x = 1\n", "y = 2\nz = = 3", "\nw = 4", "y = 2"),
    "nothing fits": ("u.gal/u", '.gal"', "\nv = 1", ""),
    "words are no code": ("x = 1\n", "the value of it", "\ny = 2", ""),
    "brackets in strings and comments": ("s = ", 'f("(", 1)  # (', "\nx = 1", 'f("(", 1)  # ('),
    "a cell that was broken before": ("x = = 1\ny = ", "= 2", "\nz = 3", "= 2"),
    "a shell line": ("!ls\ndf.", "head()", "", "head()"),
    "a cell in another language": ("%%bash\nls ", '"', "", '"'),
    "in the user's own bracket": ("config = {", '"a": 1,\n    "b": 2,', "", '"a": 1,\n    "b": 2}'),
    "and on the same line": ("df = pd.read_csv(", "'a.csv', sep=';'", "", "'a.csv', sep=';')"),
    "a header whose body is to come": ("for i in ra", "nge(10):", "\nx = 1", "nge(10):"),
    "a branch": ("if a:\n    b()\nel", "if c:", "", "if c:"),
    "an attempt": ("tr", "y:\n    import foo", "", "y:\n    import foo"),
    "a method": ("class A:\n    def f", "(self, x):", "\n\n    def g(self): pass", "(self, x):"),
    "a docstring that goes on": ("def f(a):\n    ", '"""Return the sum.', "", '"""Return the sum.'),
    "a text in quotes that goes on": ('query = """', "SELECT a", "", "SELECT a"),
    "a space before what follows": ("x = ", "await ", "g()", "await "),
    "a choice before what follows": ("x = a ", "if b else ", "c", "if b else "),
    "a shell command": ("pip install ", "pandas", "\nx = 1", "pandas"),
    "a command over several lines": ("!pip install -q ", "\\\n    torch", "", "\\\n    torch"),
    "the first line within a block": ("def f():\n    x = 1\n    ", "return x", "\n\nf()", "return x"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_makes_sense_in_its_cell(name):
    before, text, after, expected = CASES[name]
    assert fitting(before, text, after) == expected


def test_what_is_cut_within_the_line_is_python():
    """Of several closers too many, only the last ones go."""
    before, after = "g(h(\n    1,\n    ", "\n), 2)"
    kept = fitting(before, "k(3)), 4)", after)
    assert kept
    assert parses(before + kept + after)


def test_a_long_cell_is_not_parsed():
    assert fitting("x = 1\n" * MAX_CHARS, "= = =", "") == "= = ="


def test_brackets_are_counted_outside_of_strings():
    assert brackets("a(b[1]))") == ([7], [], "")
    assert brackets("f('it\\'s (', [") == ([], [")", "]"], "")
    assert brackets('"""(\n"""]') == ([8], [], "")
    assert brackets("x # ( '\n(") == ([], [")"], "")
    assert brackets("'never closed (\n)") == ([16], [], "")
    assert brackets("1)), x", [")"]) == ([2], [], "")
    assert brackets('it is (""")', [], '"""') == ([10], [], "")
    assert brackets('x = """(') == ([], [], '"""')


def test_a_hard_case_does_not_take_long():
    """It took 4 to 6 seconds."""
    cell = "\n".join(f"x{n} = foo({n}, a=[{n}, 2], b='c')" for n in range(480)) + "\n"
    start = time.monotonic()
    fitting(cell, "\n".join(["y = bar(((1, 2)"] * 12), "")
    fitting("x = (" + " " * 18_000, "1", "")
    assert time.monotonic() - start < 3
