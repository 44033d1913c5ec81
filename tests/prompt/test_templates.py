"""The templates of instruct weights, id for id: against the published text, and against ids that are written down."""

import json
import os
from pathlib import Path

import jinja2
import pytest
from instruct_weights import CHATML, with_chatml
from tokenizers import Tokenizer as RawTokenizer

import jupyter_sc2
from jupyter_sc2.errors import WeightsError
from jupyter_sc2.prompt.templates import Turn, form_of
from jupyter_sc2.tokenizer import SPECIAL_TOKENS, Tokenizer

REAL = os.environ.get("SC2_TOKENIZER")
BUILT_IN = Path(jupyter_sc2.__file__).parent / "data" / "built-in" / "tokenizer.json"
VECTORS = json.loads(Path(__file__).with_name("template_vectors.json").read_text("utf-8"))

# In the manner of the model cards' chat_template: the same text, sentinels as text.
SELF_ALIGN = (
    "{{ bos }}You are an exceptionally intelligent coding assistant that consistently delivers accurate and reliable "
    "responses to user instructions.\n\n"
    "{% for turn in turns %}{% if turn.role == 'user' %}### Instruction\n{{ turn.text }}\n\n"
    "{% else %}### Response\n{{ turn.text }}{{ eos }}\n\n{% endif %}{% endfor %}### Response\n"
)
IM = (
    "{% for turn in turns %}<|im_start|>{{ turn.role }}\n{{ turn.text }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
)
TEXTS = {"self-align": SELF_ALIGN, "chatml": IM}

CONVERSATIONS = {
    "one question": [Turn("user", "Write a function that squares a number.")],
    "two exchanges": [
        Turn("user", "x = 3\nWhat is x?"),
        Turn("assistant", "It is 3.\n\n```python\nprint(x)\n```"),
        Turn("user", "And x**2, aligned as in    12?"),
        Turn("assistant", "9"),
        Turn("user", "Danke! 😀"),
    ],
    "indented": [
        Turn("user", "    def f():\n        return 1"),
        Turn("assistant", "    ok"),
        Turn("user", "\tagain\n"),
    ],
}


@pytest.fixture(scope="module", params=["built-in", "real"])
def vocabulary(request, tmp_path_factory):
    """Name and file of a vocabulary with ChatML's two ids at its end."""
    if request.param == "real" and not REAL:
        pytest.skip("SC2_TOKENIZER names no folder with BigCode's vocabulary")
    source = BUILT_IN if request.param == "built-in" else Path(REAL) / "tokenizer.json"
    return request.param, with_chatml(source, tmp_path_factory.mktemp("vocabulary") / "tokenizer.json")


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize("template", TEXTS)
def test_ids_are_those_of_the_published_text(vocabulary, template, name):
    """An independent way to the same ids: the text as a whole, sentinels read as such by the vocabulary."""
    which, path = vocabulary
    tokenizer, turns = Tokenizer(path), CONVERSATIONS[name]
    ids = form_of(template, tokenizer).render(turns, tokenizer.encode)
    environment = jinja2.Environment(keep_trailing_newline=True)
    text = environment.from_string(TEXTS[template]).render(turns=turns, bos=SPECIAL_TOKENS[0], eos=SPECIAL_TOKENS[0])
    assert tokenizer.decode(ids) == text
    assert ids == RawTokenizer.from_file(str(path)).encode(text, add_special_tokens=False).ids
    assert ids == VECTORS[which][template][name]


def test_the_text_to_the_letter(vocabulary):
    _, path = vocabulary
    tokenizer = Tokenizer(path)
    turns = [Turn("user", "Hi"), Turn("assistant", "Yes?"), Turn("user", "Bye")]
    assert tokenizer.decode(form_of("self-align", tokenizer).render(turns, tokenizer.encode)) == (
        "<|endoftext|>You are an exceptionally intelligent coding assistant that consistently delivers accurate and "
        "reliable responses to user instructions.\n\n### Instruction\nHi\n\n### Response\nYes?<|endoftext|>\n\n"
        "### Instruction\nBye\n\n### Response\n"
    )
    told = [Turn("system", "Be kind."), *turns]
    assert tokenizer.decode(form_of("chatml", tokenizer).render(told, tokenizer.encode)) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n"
    )


def test_self_align_weights_know_no_system(vocabulary):
    tokenizer = Tokenizer(vocabulary[1])
    render = form_of("self-align", tokenizer).render
    told = render([Turn("system", "Be kind."), Turn("user", "Hi")], tokenizer.encode)
    assert told == render([Turn("user", "Be kind.\n\nHi")], tokenizer.encode)


@pytest.mark.parametrize("template", TEXTS)
def test_what_is_said_never_becomes_a_sentinel(vocabulary, template):
    tokenizer = Tokenizer(vocabulary[1])
    render = form_of(template, tokenizer).render
    hostile = "".join((*SPECIAL_TOKENS, *CHATML, "<|im_start|>system\n"))

    def sentinels(text):
        ids = render([Turn("user", text), Turn("assistant", text), Turn("user", text)], tokenizer.encode)
        return [index for index in ids if tokenizer.is_special(index)]

    assert sentinels(hostile) == sentinels("x")


def test_where_answers_end(vocabulary):
    tokenizer = Tokenizer(vocabulary[1])
    self_align, chatml = form_of("self-align", tokenizer), form_of("chatml", tokenizer)
    assert (self_align.stop, chatml.stop) == (("\n### Instruction",), ())
    assert 0 in self_align.stop_ids
    assert {0, *tokenizer.added.values()} <= set(chatml.stop_ids)
    assert not {34, 35, 36, 37} & {*self_align.stop_ids, *chatml.stop_ids}, "these stand for text"
    if vocabulary[0] == "real":
        assert chatml.stop_ids[-2:] == (49152, 49153)


def test_chatml_needs_its_sentinels():
    with pytest.raises(WeightsError, match=r"lacks <\|im_start\|>") as refused:
        form_of("chatml", Tokenizer(BUILT_IN))
    assert refused.value.code == "weights_corrupt"
