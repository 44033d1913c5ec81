"""The kernel's names as the model may see them: types, shapes, columns, signatures. Never a value.

Nothing of the notebook's may run: no method, property, descriptor, `__getattr__` or metaclass of a class written in it
(`__main__`; classes of imported modules count as a library's). So objects are asked through the built-in types' own
descriptors, and library objects only when their class is the very one that the library has. This file's text is
also sent to kernels that lack the package, so it needs only the standard library and no other file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Container, Iterable, Mapping
from types import BuiltinFunctionType, FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

MAX_VARIABLES = 1000
MAX_NAME = 200  # characters
MAX_SIGNATURE = 500  # characters
MAX_COLUMNS = 200
MAX_MEMBERS = 50
MAX_DIMENSIONS = 16
MAX_CHARS = 200_000  # of all variables as JSON; the latest come first
ELSEWHERE = {"In", "Out", "exit", "quit", "get_ipython"}  # IPython's, not the user's

Facts = dict[str, Any]
Describe = Callable[[Any], Facts]

# What classes and modules are asked with: a metaclass cannot answer in their place.
_name_of = type.__dict__["__name__"].__get__
_module_of = type.__dict__["__module__"].__get__
_mro_of = type.__dict__["__mro__"].__get__
_names_of = type.__dict__["__dict__"].__get__
_names_of_module = vars(ModuleType)["__dict__"].__get__


def take(namespace: Mapping[str, object], execution_count: int, hidden: Container[str] = ()) -> Facts:
    """A `Snapshot` (jupyter_sc2/messages/state.py) in JSON's types: the latest names that fit its bounds."""
    known = _known()
    variables: list[Facts] = []
    room, full = MAX_CHARS, False
    for name, value in reversed(list(namespace.items())):
        if type(name) is not str or not name.isidentifier() or name[0] == "_" or len(name) > MAX_NAME:
            continue
        if name in ELSEWHERE or name in hidden:
            continue
        facts = _describe(name, value, {} if full else known, brief=full)
        cost = len(json.dumps(facts))
        if cost > room and not full:  # from here on types only
            full = True
            facts = _describe(name, value, {}, brief=True)
            cost = len(json.dumps(facts))
        room -= cost
        if room < 0 or len(variables) == MAX_VARIABLES:
            break
        variables.append(facts)
    return {"execution_count": max(0, execution_count), "variables": variables[::-1]}


class Report:
    """What travels as the result of a user expression."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Facts:
        names = self._shell.user_ns
        hidden = {name for name, value in self._shell.user_ns_hidden.items() if names.get(name) is value}
        # The shell's own count is that of the next execution.
        return {"application/json": take(names, self._shell.execution_count - 1, hidden), "text/plain": ""}


def _describe(name: str, value: object, known: Mapping[int, Describe], brief: bool) -> Facts:
    kind = type(value)
    facts: Facts = {"name": name, "type": _text(_name_of(kind)) or "object"}
    # A broken object must not hide the others: it keeps the facts that it has by then.
    try:
        facts["module"] = _module(kind)
        facts.update({} if brief else _facts(value, kind, known))
    except BaseException:  # a user's SystemExit too
        pass
    return {key: fact for key, fact in facts.items() if fact or key in ("name", "type")}


def _facts(value: object, kind: type, known: Mapping[int, Describe]) -> Facts:
    if issubclass(kind, type):
        return _class(value)
    touched = _is_touched(kind)
    found: Facts = {}
    for base in _mro_of(kind):
        describe = known.get(id(base))
        if describe is not None and not (touched and describe in _TRUSTING):
            found = describe(value)
            break
    if touched:
        found["members"] = _members(_mro_of(kind), _public(_instance_dict(value)))
    return found


def _text(value: object, limit: int = MAX_NAME) -> str:
    """`value` if it is a plain string, cut, and such that UTF-8 can hold it."""
    if type(value) is not str:
        return ""
    cut = value[:limit]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode()


def _module(kind: type) -> str:
    """Where a class comes from; nothing for built-in ones."""
    module = _text(_module_of(kind))
    return "" if module == "builtins" else module


def _is_users(kind: type) -> bool:
    module = _module_of(kind)
    return type(module) is not str or module == "__main__"


def _is_touched(kind: type) -> bool:
    """Whether the user wrote a part of the class, whose methods are then not to be trusted."""
    return any(map(_is_users, _mro_of(kind)))


def _function(value: Any, skip: int = 0) -> Facts:
    """`skip` is 1 where the first parameter is `self`."""
    module = _text(value.__module__)
    for _ in range(5):  # decorators that say what they wrap
        wrapped = value.__dict__.get("__wrapped__") if type(value.__dict__) is dict else None
        if type(wrapped) is not FunctionType:
            break
        value = wrapped
    return {"module": module, "signature": _signature(value, skip)}


def _signature(function: Any, skip: int) -> str:
    """Read from the code object: no annotation and no default is looked at."""
    code = function.__code__
    positional, after = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    names = code.co_varnames
    values, named = function.__defaults__, function.__kwdefaults__
    required = positional - (0 if values is None else tuple.__len__(values))
    parts = []
    for index, name in enumerate(names[:positional]):
        if index >= skip:
            parts.append(name if index < required else f"{name}=...")
        if index + 1 == code.co_posonlyargcount and parts:
            parts.append("/")
    if code.co_flags & 0x04:
        parts.append(f"*{names[after]}")
    elif after > positional:
        parts.append("*")
    defaults = {name for name in ({} if named is None else dict.__iter__(named)) if type(name) is str}
    parts += [f"{name}=..." if name in defaults else name for name in names[positional:after]]
    if code.co_flags & 0x08:
        parts.append(f"**{names[after + bool(code.co_flags & 0x04)]}")
    text = f"({', '.join(parts)})"
    return _text(text if len(text) <= MAX_SIGNATURE else text[: MAX_SIGNATURE - 4] + "...)", MAX_SIGNATURE)


def _method(value: Any) -> Facts:
    return _function(value.__func__, 1) if type(value.__func__) is FunctionType else {}


def _class(value: Any) -> Facts:
    """A class is a `type`, whatever its metaclass, and comes from where it was written."""
    facts: Facts = {"type": "type", "module": _module(value)}
    if _is_touched(value):
        bases = _mro_of(value)
        facts["members"] = _members(bases, [])
        init = next(names["__init__"] for names in map(_names_of, bases) if "__init__" in names)
        facts["signature"] = _signature(init, 1) if type(init) is FunctionType else ""
    return facts


def _members(bases: Iterable[type], names: list[str]) -> list[str]:
    """`names`, then those of the classes among `bases` that the user wrote."""
    found = dict.fromkeys(names)
    for base in bases:
        if _is_users(base):
            found.update(dict.fromkeys(_public(_names_of(base))))
    return list(found)[:MAX_MEMBERS]


def _public(names: Iterable[object]) -> list[str]:
    return [_text(name) for name in list(names) if type(name) is str and name.isidentifier() and name[0] != "_"]


def _instance_dict(value: object) -> dict[str, Any]:
    """The object's own attributes, past any `__dict__` of the user's making."""
    for base in _mro_of(type(value)):
        found = _names_of(base).get("__dict__")
        if type(found) in (GetSetDescriptorType, MemberDescriptorType):
            names = found.__get__(value)
            return names if type(names) is dict else {}
    return {}


def _sized(kind: Any) -> Describe:
    length = kind.__len__  # not that of a class below it
    return lambda value: {"shape": [length(value)]}


def _shape(sizes: Iterable[object]) -> list[int] | None:
    """None for sizes that are not known yet."""
    found: list[Any] = list(sizes)[:MAX_DIMENSIONS]
    return found if all(type(size) is int and size >= 0 for size in found) else None


def _array(value: Any) -> Facts:
    names = _names_of(_found("numpy", "ndarray"))
    return {"shape": _shape(names["shape"].__get__(value)), "dtype": _dtype(names["dtype"].__get__(value))}


def _dtype(dtype: Any) -> str:
    """Its name. That of sparse arrays would tell their fill value; a user's scalar type might answer itself."""
    if _is_touched(type(dtype)) or _is_touched(dtype.type):
        return ""
    return "Sparse" if _name_of(type(dtype)) == "SparseDtype" else _text(dtype.name)


def _values(values: Any) -> Facts:
    """The array behind a column, an index or a series; also a sparse matrix."""
    if _is_touched(type(values)):
        return {"dtype": _text(_name_of(type(values)))}
    return {"shape": _shape(values.shape), "dtype": _dtype(values.dtype)}


def _frame(value: Any) -> Facts:
    """A pandas DataFrame. Its blocks are asked, not `dtypes`, which would build a Series each time."""
    manager = _instance_dict(value)["_mgr"]
    columns, index = manager.axes
    if _is_touched(type(manager)) or not (_is_plain(columns) and _is_plain(index)):
        return {}
    dtypes = [_values(block.values)["dtype"] for block in manager.blocks[: 10 * MAX_COLUMNS]]
    labels = map(_label, columns[:MAX_COLUMNS].tolist())
    pairs = zip(labels, manager.blknos[:MAX_COLUMNS].tolist(), strict=True)
    named = [{"name": label, "dtype": dtypes[number]} for label, number in pairs if label]
    return {"shape": _shape((len(index), len(columns))), "columns": named}


def _is_plain(index: Any) -> bool:
    """Whether neither an index, nor a level of it, nor the array behind one is of the user's own kind."""
    facts = _instance_dict(index)
    known = not _is_touched(type(index)) and not _is_touched(type(facts.get("_data")))
    return known and all(map(_is_plain, facts.get("_levels") or ()))


def _label(label: object) -> str:
    """As Python writes it; nothing for other types than text, numbers and tuples of texts."""
    if type(label) is tuple:
        return _text(repr(label)) if all(type(part) is str for part in label) else ""
    return _text(label if type(label) is str else str(label) if type(label) in (int, float) else "")


def _index(value: Any) -> Facts:
    return _values(value) if _is_plain(value) else {}


def _polars(value: Any) -> Facts:
    """A dtype's class is named, not printed: an enumeration's text has its values."""

    def told(dtype: object) -> str:
        return _text(_name_of(dtype if issubclass(type(dtype), type) else type(dtype)))

    if not hasattr(value, "columns"):
        return {"shape": _shape(value.shape), "dtype": told(value.dtype)}
    pairs = zip(value.columns[:MAX_COLUMNS], map(told, value.dtypes), strict=False)
    columns = [{"name": _text(name), "dtype": dtype} for name, dtype in pairs]
    return {"shape": _shape(value.shape), "columns": columns}


def _tensor(value: Any) -> Facts:
    names = _names_of(_found("torch._C", "TensorBase"))
    with _found("torch._C", "DisableTorchFunction")():  # a subclass or a mode of the user's would be asked
        return {"shape": _shape(names["shape"].__get__(value)), "dtype": str(names["dtype"].__get__(value))}


_SPARSE = [f"{form}_{kind}" for form in ("bsr", "coo", "csc", "csr", "dia") for kind in ("array", "matrix")]
_LIBRARIES: list[tuple[str, list[str], Describe]] = [
    ("numpy", ["ndarray"], _array),
    ("pandas", ["DataFrame"], _frame),
    ("pandas", ["Series"], lambda value: _values(_instance_dict(value)["_mgr"].blocks[0].values)),
    ("pandas", ["Index"], _index),
    ("polars", ["DataFrame", "Series"], _polars),
    ("torch", ["Tensor"], _tensor),
    ("scipy.sparse", _SPARSE, _values),
]
_TRUSTING = (_index, _polars, _values)  # they call methods, which a class of the user's may have replaced


def _known() -> dict[int, Describe]:
    """How to describe a class, by its identity. A library that was not imported has no objects here."""
    kinds = (list, dict, str, tuple, set, frozenset, bytes, bytearray)
    found: dict[int, Describe] = {id(kind): _sized(kind) for kind in kinds}
    found |= {id(FunctionType): _function, id(MethodType): _method}
    found[id(BuiltinFunctionType)] = lambda value: {"module": _text(value.__module__)}
    found[id(ModuleType)] = lambda value: {"type": "module", "module": _text(_names_of_module(value).get("__name__"))}
    for module, names, describe in _LIBRARIES:
        found.update({id(_found(module, name)): describe for name in names if _found(module, name) is not None})
    return found


def _found(module: str, name: str) -> Any:
    """What stands under `name` in a loaded module; no module is asked, only its dictionary."""
    loaded = sys.modules.get(module)
    return _names_of_module(loaded).get(name) if issubclass(type(loaded), ModuleType) else None
