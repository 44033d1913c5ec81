"""The kernel's names as the model may see them: types, shapes, columns, signatures. Never a value.

Nothing of the notebook's may run: no method, property, descriptor, `__getattr__` or metaclass of a class written in it
(`__main__`; classes of imported modules count as a library's). So objects are asked through the built-in types' own
descriptors, and library objects only when their class is the very one that the library has. Dictionaries are read
through, not searched: a key of another kind than `str` would be asked whether it is the one. This file's text is also
sent to kernels that lack the package, so it needs only the standard library and no other file.
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
HEAP_TYPE = 1 << 9  # flag of a class that was made while Python runs, not built in
ELSEWHERE = {"In", "Out", "exit", "quit", "get_ipython"}  # IPython's, not the user's

Facts = dict[str, Any]
Describe = Callable[[Any], Facts]

# What classes and modules are asked with: a metaclass cannot answer in their place.
_name_of = type.__dict__["__name__"].__get__
_flags_of = type.__dict__["__flags__"].__get__
_built_in_module_of = type.__dict__["__module__"].__get__
_mro_of = type.__dict__["__mro__"].__get__
_names_of = type.__dict__["__dict__"].__get__
_names_of_module = vars(ModuleType)["__dict__"].__get__

# Of one snapshot: the loaded modules, and what was found out about classes and modules, by their identity.
_loaded: dict[str, object] = {}
_found_out: dict[tuple[int, object], Any] = {}


def take(namespace: dict[str, Any], execution_count: int, hidden: Container[str] = ()) -> Facts:
    """A `Snapshot` (jupyter_sc2/messages/state.py) in JSON's types: the latest names that fit its bounds."""
    _found_out.clear()
    _loaded.clear()
    _loaded.update(_plain(sys.modules))
    known = _known()
    variables: list[Facts] = []
    room, full = MAX_CHARS, False
    for name, value in reversed(_plain(namespace).items()):
        if not name.isidentifier() or name[0] == "_" or len(name) > MAX_NAME:
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
        names = _plain(self._shell.user_ns)
        hidden = {name for name, value in _plain(self._shell.user_ns_hidden).items() if names.get(name) is value}
        # The shell's own count is that of the next execution.
        return {"application/json": take(names, self._shell.execution_count - 1, hidden), "text/plain": ""}


def _plain(names: Any) -> dict[str, Any]:
    """What stands under plain strings in a dictionary, whose own methods may be the user's."""
    items: list[tuple[object, Any]] = list(dict.items(names)) if issubclass(type(names), dict) else []
    return {key: item for key, item in items if type(key) is str}


def _written(owner: Any, wanted: str) -> Any:
    """What stands under a name in the dictionary of a class itself, or of a module, or None."""
    at = id(owner), wanted
    if at not in _found_out:
        names = _names_of(owner) if issubclass(type(owner), type) else _names_of_module(owner) or {}
        items = list(names.items())  # at once: another thread may import
        _found_out[at] = next((item for key, item in items if type(key) is str and key == wanted), None)
    return _found_out[at]


def _once(ask: Callable[[type], bool]) -> Callable[[type], bool]:
    """Asked once for each class of a snapshot."""

    def answer(kind: type) -> bool:
        at = id(kind), ask
        if at not in _found_out:
            _found_out[at] = ask(kind)
        return bool(_found_out[at])

    return answer


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
        if describe is not None and (describe not in _TRUSTING or _is_trusted(value)):
            found = describe(value)
            break
    if touched:
        found["members"] = _members(_mro_of(kind), _public(_plain(_instance_dict(value))))
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


def _module_of(kind: type) -> Any:
    """Python itself searches the dictionary of a class that was not built in."""
    return _written(kind, "__module__") if _is_written(kind) else _built_in_module_of(kind)


def _is_written(kind: type) -> bool:
    return bool(_flags_of(kind) & HEAP_TYPE)


def _is_users(kind: type) -> bool:
    module = _module_of(kind)
    return type(module) is not str or module == "__main__"


@_once
def _is_touched(kind: type) -> bool:
    """Whether the user wrote a part of the class, whose methods are then not to be trusted."""
    return any(map(_is_users, _mro_of(kind)))


@_once
def _is_librarys(kind: type) -> bool:
    """Whether a class and all that it stands upon are built in, or stand in the module that they name."""
    for base in _mro_of(kind):
        if _is_written(base) and (_is_users(base) or _found(_module(base), _text(_name_of(base))) is not base):
            return False
    return True


def _is_trusted(value: object) -> bool:
    """Whether an object's methods may be called: they are a library's, and no key of its dictionary could be asked."""
    names = _instance_dict(value)
    return _is_librarys(type(value)) and len(_plain(names)) == len(names)


def _function(value: Any, skip: int = 0) -> Facts:
    """`skip` is 1 where the first parameter is `self`."""
    module = _text(value.__module__)
    for _ in range(5):  # decorators that say what they wrap
        wrapped = _plain(value.__dict__).get("__wrapped__")
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
        init = next(one for base in bases if (one := _written(base, "__init__")) is not None)
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


def _instance_dict(value: object) -> dict[object, Any]:
    """The object's own attributes, past any `__dict__` of the user's making. From the last base on: the first to have
    one, mostly, and smaller than what stands upon it."""
    for base in reversed(_mro_of(type(value))):
        found = _written(base, "__dict__")
        if _is_slot(found) and found.__objclass__ is base and found.__name__ == "__dict__":
            names = found.__get__(value)
            return names if type(names) is dict else {}
    return {}


def _is_slot(found: object) -> bool:
    """Whether a class's attribute was built in. (`in` would ask a metaclass whether it equals.)"""
    return type(found) is GetSetDescriptorType or type(found) is MemberDescriptorType


def _slot(kind: type, name: str, value: object) -> Any:
    """An attribute of a built-in class, whatever a class below it has under that name."""
    found = _written(kind, name)
    if not _is_slot(found):
        raise AttributeError(name)
    return found.__get__(value)


def _sized(kind: Any) -> Describe:
    length = kind.__len__  # not that of a class below it
    return lambda value: {"shape": [length(value)]}


def _shape(sizes: Iterable[object]) -> list[int] | None:
    """None for sizes that are not known yet."""
    found: list[Any] = list(sizes)[:MAX_DIMENSIONS]
    return found if all(type(size) is int and size >= 0 for size in found) else None


def _array(value: Any) -> Facts:
    kind = _found("numpy", "ndarray")
    return {"shape": _shape(_slot(kind, "shape", value)), "dtype": _dtype(_slot(kind, "dtype", value))}


def _dtype(dtype: Any) -> str:
    """Its name. That of sparse arrays would tell their fill value; a user's scalar type might answer itself."""
    if not _is_trusted(dtype) or _is_touched(dtype.type):
        return ""
    return "Sparse" if _text(_name_of(type(dtype))) == "SparseDtype" else _text(dtype.name)


def _values(values: Any) -> Facts:
    """The array behind a column, an index or a series; also a sparse matrix."""
    if not _is_trusted(values):
        return {"dtype": _text(_name_of(type(values)))}
    return {"shape": _shape(values.shape), "dtype": _dtype(values.dtype)}


def _frame(value: Any) -> Facts:
    """A pandas DataFrame. Its blocks are asked, not `dtypes`, which would build a Series each time."""
    manager = _plain(_instance_dict(value))["_mgr"]
    if not _is_trusted(manager):
        return {}
    columns, index = manager.axes
    if not (_is_plain(columns) and _is_plain(index)):
        return {}
    dtypes = [_values(block.values)["dtype"] for block in manager.blocks[: 10 * MAX_COLUMNS]]
    labels = map(_label, columns[:MAX_COLUMNS].tolist())
    pairs = zip(labels, manager.blknos[:MAX_COLUMNS].tolist(), strict=True)
    named = [{"name": label, "dtype": dtypes[number]} for label, number in pairs if label]
    return {"shape": _shape((len(index), len(columns))), "columns": named}


def _is_plain(index: Any) -> bool:
    """Whether neither an index, nor a level of it, nor the array behind one is of the user's own kind."""
    facts = _plain(_instance_dict(index))
    levels = facts.get("_levels")
    known = _is_trusted(index) and _is_trusted(facts.get("_data"))
    return known and (levels is None or (_is_trusted(levels) and all(map(_is_plain, levels))))


def _label(label: object) -> str:
    """As Python writes it; nothing for other types than text, numbers and tuples of texts."""
    if type(label) is tuple:
        return _text(repr(label)) if all(type(part) is str for part in label) else ""
    return _text(label if type(label) is str else str(label) if type(label) is int or type(label) is float else "")


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


def _series(value: Any) -> Facts:
    manager = _plain(_instance_dict(value))["_mgr"]
    return _values(manager.blocks[0].values) if _is_trusted(manager) else {}


def _tensor(value: Any) -> Facts:
    kind, unasked = _found("torch._C", "TensorBase"), _found("torch._C", "DisableTorchFunction")
    if not (issubclass(type(unasked), type) and _is_librarys(unasked)):
        return {}
    with unasked():  # a subclass or a mode of the user's would be asked
        return {"shape": _shape(_slot(kind, "shape", value)), "dtype": str(_slot(kind, "dtype", value))}


_SPARSE = [f"{form}_{kind}" for form in ("bsr", "coo", "csc", "csr", "dia") for kind in ("array", "matrix")]
_LIBRARIES: list[tuple[str, list[str], Describe]] = [
    ("numpy", ["ndarray"], _array),
    ("pandas", ["DataFrame"], _frame),
    ("pandas", ["Series"], _series),
    ("pandas", ["Index"], _index),
    ("polars", ["DataFrame", "Series"], _polars),
    ("torch", ["Tensor"], _tensor),
    ("scipy.sparse", _SPARSE, _values),
]
_TRUSTING = (_index, _polars, _values)  # they call methods, which a class of the user's may have replaced


def _known() -> dict[int, Describe]:
    """How to describe a class, by its identity. A library that was not imported has no objects here."""
    sized = (list, dict, str, tuple, set, frozenset, bytes, bytearray)
    found: dict[int, Describe] = {id(kind): _sized(kind) for kind in sized}
    found |= {id(FunctionType): _function, id(MethodType): _method}
    found[id(BuiltinFunctionType)] = lambda value: {"module": _text(value.__module__)}
    found[id(ModuleType)] = lambda value: {"type": "module", "module": _text(_written(value, "__name__"))}
    for module, names, describe in _LIBRARIES:
        kinds = [_found(module, name) for name in names]
        found.update({id(kind): describe for kind in kinds if kind is not None})
    return found


def _found(module: str, name: str) -> Any:
    """What stands under `name` in a loaded module; no module is asked, only its dictionary."""
    loaded = _loaded.get(module)
    return _written(loaded, name) if issubclass(type(loaded), ModuleType) else None
