"""What a snapshot tells, and that it runs nothing of the user's and tells no value."""

import json
import sys
import time
import types
import weakref
from typing import ClassVar

import msgspec
import numpy as np
import pandas as pd
import pytest

from jupyter_sc2.messages.state import Snapshot
from jupyter_sc2_kernel import snapshot

SECRET = "hunter2"
HOSTILE = """
import abc, numpy as np, pandas as pd

ran = []

def trap(*arguments, **named):
    ran.append(arguments)
    raise SystemError("this code was to stay untouched")

class Trap:
    __get__ = __getattr__ = __call__ = __repr__ = trap
    __set__ = trap

METHODS = ("__repr__", "__str__", "__getattr__", "__getattribute__", "__len__", "__dir__", "__iter__", "__eq__",
           "__hash__", "__bool__", "__getitem__", "__format__", "__array__", "__torch_function__", "__sizeof__",
           "_repr_html_", "_repr_mimebundle_", "_ipython_display_", "__reduce__", "__contains__", "__init_subclass__")
ANSWERS = {name: trap for name in METHODS if name != "__init_subclass__"}
PROPERTIES = {name: property(trap) for name in ("__class__", "__dict__", "__module__", "__doc__", "shape", "dtype",
              "columns", "dtypes", "index", "__signature__", "__wrapped__", "__annotations__", "_data", "values")}

class Meta(type):
    for name in ANSWERS:
        locals()[name] = trap
    for name in ("__name__", "__module__", "__mro__", "__dict__", "__bases__", "__doc__"):
        locals()[name] = property(trap)
    __instancecheck__ = __subclasscheck__ = __subclasshook__ = trap
    del name

class ByMeta(metaclass=Meta):
    def __init__(self, given): self.given = given
    def method(self): pass

by_meta = object.__new__(ByMeta)
everything = type("Everything", (), {**ANSWERS, **PROPERTIES})()
of_list = type("OfList", (list,), {**ANSWERS, **PROPERTIES})()
of_dict = type("OfDict", (dict,), {**ANSWERS, **PROPERTIES})()
of_str = type("OfStr", (str,), {**ANSWERS, **PROPERTIES})()
of_array = np.zeros((2, 3)).view(type("OfArray", (np.ndarray,), {**PROPERTIES, "__repr__": trap}))
frame = pd.DataFrame({"a": [1]})
of_frame, of_series = pd.DataFrame({"a": [1]}), pd.Series([1, 2])
object.__setattr__(of_frame, "__class__", type("OfFrame", (pd.DataFrame,), {**ANSWERS, **PROPERTIES}))
object.__setattr__(of_series, "__class__", type("OfSeries", (pd.Series,), {**ANSWERS, **PROPERTIES}))
LAZY = {"__getattr__": trap, "__getattribute__": trap, "__name__": property(trap)}
of_module = type("OfModule", (type(abc),), LAZY)("lazy")

class Described:
    label = Trap()
    __slots__ = ("kept", "__weakref__")
    nested = property(trap)

described = Described()
by_label = pd.DataFrame([[1]], columns=pd.Index([by_meta], dtype=object))
of_meta = type("OfMeta", (), {"__dict__": by_meta})()

class Own(dict):
    __iter__ = keys = __contains__ = trap

def function(a: trap() if False else "hidden", b="hunter2", *, c="hunter2"): pass
function.__kwdefaults__ = Own(c=1)
function.__dict__["__wrapped__"] = everything
function.__signature__ = everything
function.__text_signature__ = everything

class Loose: pass
loose = Loose()
object.__getattribute__(loose, "__dict__")["plain"] = 1
object.__setattr__(loose, "__dict__", Own(other=1))
"""


def notebook(code=""):
    """The namespace of a kernel that ran `code`."""
    module = types.ModuleType("__main__")
    exec(compile(code, "<cell>", "exec"), vars(module))
    return vars(module)


def taken(namespace, **options):
    """The variables by name; checked against the wire contract."""
    told = snapshot.take(namespace, 7, **options)
    read = msgspec.convert(json.loads(json.dumps(told)), Snapshot)
    assert read.execution_count == 7
    return {variable.name: variable for variable in read.variables}


def test_nothing_of_the_users_runs():
    names = notebook(HOSTILE)
    assert not names["ran"]
    found = taken(names)
    assert names["ran"] == []
    assert {"by_meta", "everything", "of_frame", "described", "loose", "function", "ByMeta"} <= set(found)
    assert (found["by_meta"].type, found["by_meta"].members) == ("ByMeta", ["method"])
    assert found["ByMeta"].signature == "(given)"
    assert found["everything"].type == "Everything"
    assert found["of_list"].shape == found["of_dict"].shape == [0]
    assert (found["of_array"].shape, found["of_array"].dtype) == ([2, 3], "float64")
    assert (found["of_frame"].type, found["of_frame"].shape) == ("OfFrame", [1, 1])
    assert [column.name for column in found["of_frame"].columns] == ["a"]
    assert found["of_series"].shape == [2]
    assert found["function"].signature == "(a, b=..., *, c=...)"
    assert found["of_module"].module == "lazy"
    assert found["loose"].members == []


def test_a_proxy_is_not_looked_through():
    names = notebook("class Far:\n    def __getattr__(self, name): 1 / 0\nfar = Far()")
    names["near"] = weakref.proxy(names["far"])
    assert taken(names)["near"].type == type(names["near"]).__name__


def test_no_value_is_told():
    names = notebook(
        f"""
import enum, functools, numpy as np, pandas as pd
text = {SECRET!r}
texts = [text] * 3
keyed = {{text: text}}
array = np.array([text])
frame = pd.DataFrame({{"a": pd.Categorical([text]), "b": [text]}}, index=[text])
sparse = pd.Series(pd.arrays.SparseArray([8675309, 8675309], fill_value=8675309))
def function(a={SECRET!r}, *, b=text) -> {SECRET!r}: pass
part = functools.partial(function, text)
class Held:
    kept = text
    def __init__(self, a={SECRET!r}): self.own = a
held = Held()
metadata = np.zeros(1, np.dtype("f8", metadata={{"a": text}}))
"""
    )
    told = json.dumps(snapshot.take(names, 1))
    assert SECRET not in told
    assert "8675309" not in told
    assert {"own", "kept"} <= set(taken(names)["held"].members)


def test_what_is_told():
    found = taken(
        notebook(
            """
import numpy as np, pandas as pd
from pathlib import Path
from math import sqrt
frame = pd.DataFrame({"a": [1, 2], 3: [1.0, 2.0], ("x", "y"): ["p", "q"], pd.Timestamp(0): [1, 1]})
series, index = frame["a"], frame.index
array = np.zeros((3, 4), "float32")
def load(path, /, sep=",", *rest, kw, deep=3, **more): pass
class Model:
    rate = 1
    def __init__(self, size, depth=2): self.size = size
    def fit(self, x): pass
class Small(Model):
    def predict(self): pass
small = Small(1)
fit = small.fit
_hidden = 1
In = {}
"""
        ),
        hidden={"index"},
    )
    assert (found["np"].type, found["np"].module) == ("module", "numpy")
    assert (found["Path"].type, found["Path"].module) == ("type", "pathlib")
    assert found["sqrt"].module == "math"
    assert found["frame"].shape == [2, 4]
    columns = [(column.name, column.dtype) for column in found["frame"].columns]
    assert columns[:2] == [("a", "int64"), ("3", "float64")]
    assert columns[2][0] == "('x', 'y')"
    assert len(columns) == 3, "a label that is no text or number is not told"
    assert (found["series"].shape, found["series"].dtype) == ([2], "int64")
    assert (found["array"].shape, found["array"].dtype) == ([3, 4], "float32")
    assert found["load"].signature == "(path, /, sep=..., *rest, kw, deep=..., **more)"
    assert found["Small"].signature == "(size, depth=...)"
    assert found["small"].members == ["size", "predict", "rate", "fit"]
    assert found["fit"].signature == "(x)"
    assert not {"_hidden", "In", "index"} & set(found)


def test_tensors():
    import torch

    names = notebook("class Mine:\n    pass")
    names["mine"] = torch.zeros(2).as_subclass(type("OfTensor", (torch.Tensor,), {"__torch_function__": None}))
    found = taken({**names, "weights": torch.nn.Parameter(torch.zeros(2, 3, dtype=torch.float16))})
    assert (found["weights"].shape, found["weights"].dtype) == ([2, 3], "torch.float16")
    assert found["mine"].shape == [2]


def test_polars_and_sparse():
    polars, sparse = pytest.importorskip("polars"), pytest.importorskip("scipy.sparse")
    frame = polars.DataFrame({"a": [1]}).with_columns(polars.Series("e", [SECRET], dtype=polars.Enum([SECRET])))
    found = taken({"frame": frame, "series": frame["a"], "matrix": sparse.csr_matrix(np.eye(3))})
    assert [(column.name, column.dtype) for column in found["frame"].columns] == [("a", "Int64"), ("e", "Enum")]
    assert (found["series"].shape, found["series"].dtype) == ([1], "Int64")
    assert (found["matrix"].shape, found["matrix"].dtype) == ([3, 3], "float64")


def test_bounds():
    long = "n" * 900
    names = notebook(f"class Wide:\n    pass\nfor i in range(99): setattr(Wide, f'm{{i}}{long}', 1)\ndel i")
    names["frame"] = pd.DataFrame(np.zeros((1, 500)), columns=[f"{long}{i}" for i in range(500)])
    names["odd"] = pd.DataFrame({"\ud800": [1], "\x00": [2]})
    names["deep"] = np.zeros((1,) * 20)
    exec(f"def many({', '.join(f'parameter_{i}' for i in range(200))}): pass", names)
    names["a b"] = names["\ud800"] = names[long] = names[3] = 1
    found = taken(names)
    assert set(found) == {"Wide", "frame", "odd", "deep", "many"}
    assert (len(found["Wide"].members), len(found["deep"].shape)) == (50, 16)
    assert len(found["frame"].columns) == 200
    assert found["odd"].columns[0].name == "?"
    assert found["many"].signature.endswith("...)")


def test_the_latest_names_are_kept():
    names = {f"v{i}": i for i in range(1500)}
    assert list(taken(names)) == [f"v{i}" for i in range(500, 1500)]
    wide = pd.DataFrame(np.zeros((1, 200)), columns=[f"{'c' * 100}{i}" for i in range(200)])
    told = snapshot.take({f"v{i}": wide for i in range(50)}, 1)["variables"]
    assert len(told) == 50
    assert len(json.dumps(told)) <= snapshot.MAX_CHARS
    assert ["columns" in variable for variable in told] == [False] * 43 + [True] * 7, "the latest in full"


def test_a_broken_object_hides_no_other():
    broken = pd.DataFrame({"a": [1]})
    del broken.__dict__["_mgr"]
    found = taken({"before": 1, "broken": broken, "after": 2})
    assert [(variable.name, variable.type) for variable in found.values()] == [
        ("before", "int"),
        ("broken", "DataFrame"),
        ("after", "int"),
    ]


def test_a_thousand_names_take_little_time():
    """About 11 ms on a laptop; the bound leaves room for a busy machine."""
    kinds = [1, "text", [1], {}, np.zeros(3), len, np, pd.DataFrame({c: [1] for c in "abcdefgh"}), pd.Series([1])]
    names = {f"v{i}": kinds[i % len(kinds)] for i in range(1000)}

    def timed():
        start = time.perf_counter()
        snapshot.take(names, 1)
        return time.perf_counter() - start

    assert min(timed() for _ in range(5)) < 0.1


def test_defaults_of_a_kind_of_the_users_own_run_nothing():
    ran = []

    class Pair(tuple):
        def __bool__(self):
            ran.append("bool")
            raise SystemExit

        def __len__(self):
            ran.append("len")
            return 0

    class Named(dict):
        __bool__ = Pair.__bool__

    def f(a, b=1, *, c=2):
        pass

    f.__defaults__, f.__kwdefaults__ = Pair((1,)), Named(c=2)
    (told,) = snapshot.take({"f": f}, 1)["variables"]
    assert (told["signature"], ran) == ("(a, b=..., *, c=...)", [])


COLLIDING = """
import pandas as pd

ran = []
armed = False

class Key(str):  # collides with the plain string, and would be asked which of the two is meant
    def __eq__(self, other):
        if armed:
            ran.append("eq")
        return NotImplemented
    def __hash__(self):
        if armed:
            ran.append("hash")
        return str.__hash__(self)
    def __bool__(self):
        ran.append("bool")

class Other:
    def __init__(self, text):
        self.text = text
    __eq__, __bool__ = Key.__eq__, Key.__bool__
    def __hash__(self):
        if armed:
            ran.append("hash")
        return hash(self.text)

def function(a): pass
function.__dict__[Other("__wrapped__")] = 1

# First in each dictionary, so that a search meets them first.
names = ("__module__", "__dict__", "__init__", "__name__", "__mro__", "fit")
Kind = type("Kind", (), {**{Other(name): 1 for name in names}, "__init__": function, "fit": function})
Named = type(Key("Named"), (), {})
kind, named = Kind.__new__(Kind), Named()
kind.__dict__[Key("own")] = 1
kind.__dict__["shown"] = 1
frame = pd.DataFrame({"a": [1]})
inside = dict(frame.__dict__)
frame.__dict__.clear()
frame.__dict__.update({Other("_mgr"): 1, **inside})
index = pd.Index([1, 2])
index.__dict__[Other("_data")] = index.__dict__[Other("_cache")] = 1
by_index = pd.DataFrame({"a": [1, 2]}, index=index)
module = type(pd)("module")
inside = dict(module.__dict__)
module.__dict__.clear()
module.__dict__.update({Other("__name__"): 1, **inside})
"""


def test_keys_that_answer_for_themselves_are_not_asked():
    names = notebook(COLLIDING)
    key, other, ran = names["Key"], names["Other"], names["ran"]
    ran.clear()
    crafted = {other("exit"): 1, key("written"): 1, **{other(name): 1 for name in names}, **names}
    names["armed"] = True
    found = taken(crafted, hidden={"ran"})
    assert ran == []
    assert found["function"].signature == "(a)"
    assert (found["kind"].type, found["kind"].members) == ("Kind", ["shown", "fit"])
    assert (found["Kind"].signature, found["named"].type) == ("()", "object")
    assert (found["frame"].type, found["frame"].shape) == ("DataFrame", [1, 1])
    assert (found["module"].module, found["index"].type) == ("module", "Index")
    assert not {"written", "ran"} & set(found)


class Overridden(dict):
    """A namespace of the user's."""

    ran: ClassVar[list[str]] = []

    def items(self):
        self.ran.append("items")
        return super().items()

    get = __getitem__ = __iter__ = keys = __contains__ = __len__ = items


def test_the_report_asks_no_namespace_of_the_users():
    other = notebook(COLLIDING)["Other"]
    plain = {"x": 1, "exit": 2, "y": 3}
    shell = types.SimpleNamespace(
        user_ns=Overridden({other("x"): 0, **plain}),
        user_ns_hidden=Overridden({other("x"): 0, "x": 0, "y": plain["y"]}),
        execution_count=4,
    )
    told = snapshot.Report(shell)._repr_mimebundle_()["application/json"]
    assert [variable["name"] for variable in told["variables"]] == ["x"]
    assert (told["execution_count"], Overridden.ran) == (3, [])
    shell.user_ns = types.MappingProxyType(plain)
    assert snapshot.Report(shell)._repr_mimebundle_()["application/json"]["variables"] == []


FAKED = """
ran = []

def trap(*arguments):
    ran.append(arguments)
    raise SystemError("this code was to stay untouched")

NAMES = ("shape", "dtype", "columns", "dtypes", "axes", "blocks", "index", "values", "_mgr", "__dict__")

def fake(name, module, *bases):
    return type(name, bases, {"__module__": module, "kept": 1, **{name: property(trap) for name in NAMES}})
"""


@pytest.mark.parametrize("module", ["__main__", "numpy", "pandas.core.frame"])
def test_what_stands_in_a_librarys_place_is_not_asked(monkeypatch, module):
    """A class that the user put there, or an object within a library's."""
    import torch

    names = notebook(FAKED)
    fake = names["fake"]
    for library, name in ((np, "ndarray"), (pd, "DataFrame"), (pd, "Series"), (pd, "Index"), (torch._C, "TensorBase")):
        of_user = fake(name, module)
        monkeypatch.setattr(library, name, of_user)
        names[name] = object.__new__(of_user)
    monkeypatch.setattr(torch._C, "DisableTorchFunction", names["trap"])
    names["tensor"] = torch.zeros(2)
    found = taken(names)
    assert names["ran"] == []
    assert (found["ndarray"].type, found["ndarray"].shape) == ("ndarray", None)


@pytest.mark.parametrize("module", ["__main__", "pandas.core.internals.managers"])
def test_a_frame_with_insides_of_the_users_is_not_asked(module):
    names = notebook(FAKED)
    insides = object.__new__(names["fake"]("BlockManager", module))
    for name, value in (("frame", pd.DataFrame({"a": [1]})), ("series", pd.Series([1]))):
        object.__getattribute__(value, "__dict__")["_mgr"] = insides
        names[name] = value
    found = taken(names)
    assert names["ran"] == []
    assert (found["frame"].type, found["frame"].shape) == ("DataFrame", None)
    assert (found["series"].type, found["series"].shape) == ("Series", None)


def test_modules_of_the_users_making_are_not_asked(monkeypatch):
    names, array = notebook(COLLIDING), np.zeros(2)
    unborn = types.ModuleType.__new__(types.ModuleType)
    keys = {names["Other"](name): 1 for name in ("numpy", "pandas", "torch._C", "polars")}
    modules = Overridden({**keys, **sys.modules, "polars": unborn})
    Overridden.ran.clear()
    names["ran"].clear()
    names["armed"] = True
    with monkeypatch.context() as patch:
        patch.setattr(sys, "modules", modules)
        (told,) = snapshot.take({"array": array}, 1)["variables"]
    assert (names["ran"], Overridden.ran) == ([], [])
    assert told["shape"] == [2]
