"""Described functions of the corpus as requests: a docstring's first sentence, then the function without it."""

from __future__ import annotations

import ast
import random
import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from jupyter_sc2.notebook import mask_secrets
from jupyter_sc2.prompt.chat import chat_prompt
from jupyter_sc2.prompt.magic import magic_prompt
from jupyter_sc2.tokenizer import Tokenizer
from jupyter_sc2.tune.documents import Document
from jupyter_sc2.tune.placeholders import Placeholders, cleaned
from jupyter_sc2.tune.requests.imports import free_names, is_complete, with_imports
from jupyter_sc2.tune.requests.prompts import LIMITS, TAUGHT, answered, without_examples

MAX_LINES, MAX_COLUMNS = 15, 100
_COMMON = frozenset((*sys.stdlib_module_names, "matplotlib", "numpy", "pandas", "scipy", "sklearn")) - {"__future__"}
_SENTENCE = re.compile(r"[A-Z][a-z]+ [^.:<>{}|\\]{8,110}(?=\.|$)")
_FORMS = (
    "Write a function that {does}", "write a function that {does}", "Write a function {name} that {does}",
    "Define a function {name} that {does}", "define a function that {does}", "function {name} to {do}",
    "a function to {do}", "Write a function to {do}", "Write code to {do}", "{Do}", "Implement {name}: {do}",
    "How do I {do}?", "Please write a function that {does}", "Can you write a function to {do}?",
)  # fmt: skip


def described(documents: Iterable[Document], tokenizer: Tokenizer, seed: int) -> Iterator[list[int]]:
    """Rows of ids: the request as the product asks it, and the function."""
    rng, placeholders = random.Random(seed), Placeholders(tokenizer)
    for document in documents:
        for request, code in pairs(document.code, rng):
            limit = rng.choice(LIMITS)
            if rng.random() < 0.6:
                ids = magic_prompt([], request, tokenizer, limit).ids
            else:
                ids = chat_prompt([], [], request, tokenizer, limit).ids
            ids = ids if rng.random() < TAUGHT else without_examples(ids, tokenizer)
            yield placeholders.restore(answered(ids, code, tokenizer))


def pairs(source: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """(request, code) of each short function at the top level that says in its docstring what it does."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return
    imports = known_imports(body)
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.decorator_list and not node.name.startswith("_"):
            does = sentence(ast.get_docstring(node) or "")
            code = without_docstring(node, source)
            own = "\n".join(sorted({imports[name] for name in free_names(code) if name in imports})) if code else ""
            whole = f"{own}\n\n{code}" if own else code
            if does and code and is_complete(whole) and mask_secrets(code) == code:
                yield cleaned(request(node.name, does, rng)), cleaned(with_imports(whole, ()))


def known_imports(body: Sequence[ast.stmt]) -> dict[str, str]:
    """The module's own imports from common libraries, each name with its line."""
    found = {}
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                module = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                local = isinstance(node, ast.ImportFrom) and node.level
                if not local and module.partition(".")[0] in _COMMON and "._" not in module:
                    line = ast.unparse(type(node)(**{**dict(ast.iter_fields(node)), "names": [alias]}))
                    found[alias.asname or alias.name.partition(".")[0]] = line
    return found


def sentence(docstring: str) -> str:
    """The first sentence where it tells in the imperative or the third person what is done; or empty."""
    first = " ".join(docstring.partition("\n\n")[0].replace("`", "").split())
    found = _SENTENCE.match(first)
    return found[0] if found and _third(found[0].split()[0].lower()) else ""


def request(name: str, does: str, rng: random.Random) -> str:
    """One of several ways to ask for it."""
    verb, _, rest = does.partition(" ")
    base = _base(verb.lower())
    words = {"do": f"{base} {rest}", "Do": f"{base.title()} {rest}", "does": f"{_third(base)} {rest}", "name": name}
    return rng.choice(_FORMS).format(**words)


def without_docstring(node: ast.FunctionDef, source: str) -> str:
    """The function's lines without its docstring; empty where nothing is left, or too much."""
    lines = source.splitlines()
    text, end = node.body[0], node.end_lineno or 0
    if len(node.body) < 2 or text.end_lineno is None or node.body[1].lineno == text.end_lineno:
        return ""
    kept = lines[node.lineno - 1 : text.lineno - 1] + lines[text.end_lineno : end]
    kept = [line.rstrip() for i, line in enumerate(kept) if line.strip() or (i and kept[i - 1].strip())]
    if kept and not kept[text.lineno - node.lineno].strip():
        del kept[text.lineno - node.lineno]
    fits = 2 <= len(kept) <= MAX_LINES and max(map(len, kept)) <= MAX_COLUMNS
    return "\n".join(kept) if fits else ""


_VERBS = frozenset(
    "add apply build calculate cast check clip combine compute concatenate convert copy count create decode delete "  # noqa: SIM905
    "determine download draw encode estimate evaluate extract fill filter find flatten format generate get group "
    "insert iterate join list load look make map mask measure merge normalize open parse perform plot print produce "
    "pad read reduce remove rename render repeat replace reshape return reverse run sample save scale search select "
    "set shift show sort split strip sum swap take test transform transpose truncate try turn unpack update "
    "validate wrap write".split()
)
_THIRD = {
    verb: verb + ("es" if verb.endswith(("ch", "sh", "x", "ss")) else "s") if verb != "copy" else "copies"
    for verb in _VERBS
} | {"try": "tries", "apply": "applies"}
_BASE = {third: base for base, third in _THIRD.items()}


def _base(verb: str) -> str:
    return _BASE.get(verb, verb)


def _third(verb: str) -> str:
    """`returns` of `return` or `returns`; empty for a word that is no known verb."""
    return _THIRD.get(_base(verb), "")
