"""The kernel's names as lines, where they are odd."""

from jupyter_sc2.messages import Column, Variable
from jupyter_sc2.prompt.kernel import kernel_block, kernel_line

SECRET = "hf_" + "a" * 24


def block(tokenizer, variables, room=200):
    return kernel_block(variables, frozenset(), frozenset(), tokenizer.encode_kept, room)


def test_a_name_that_comes_twice_is_told_once(tokenizer):
    assert block(tokenizer, [Variable("x", "int"), Variable("x", "int")]).count("# x: int") == 1


def test_the_room_is_kept(tokenizer):
    wide = Variable("df", "DataFrame", columns=[Column(f"column {n}", "int64") for n in range(200)])
    for room in (10, 20, 40, 100, 300):
        for variables in ([wide], [Variable(f"name_{n}", "int") for n in range(100)], [Variable("x" * 90, "")] * 9):
            assert len(tokenizer.encode(block(tokenizer, variables, room))) <= room


def test_secrets_are_masked_before_a_line_is_cut(tokenizer):
    columns = [*(Column("x" * 40) for _ in range(8)), Column(SECRET), Column(f"password = '{SECRET}'")]
    for limit in range(40, 500, 7):
        assert SECRET[:12] not in kernel_line(Variable("df", "DataFrame", columns=columns), limit=limit)
    assert SECRET[:12] not in block(tokenizer, [Variable(SECRET, ""), Variable("f", "int", members=[SECRET])])


def test_text_is_no_module(tokenizer):
    odd = [Variable("m", "module", SECRET + "!"), Variable("m", "module", "a\nevil()"), Variable("a b", "int")]
    assert block(tokenizer, [*odd, Variable("m", "module", "")]) == ""
    assert SECRET not in block(tokenizer, [Variable("m", "module", SECRET)])
