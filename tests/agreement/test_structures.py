"""JSON and code in answers."""

from __future__ import annotations

import ast
import json
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.agreement import CodeAgreement, JSONAgreement
from langchain_openrouter.agreement.code import write_code
from langchain_openrouter.agreement.structured import NOTHING, find_json, whole_json, write_json

VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=4)),
    max_leaves=8,
)
WRAPPED = st.one_of(st.lists(VALUES, max_size=4), st.dictionaries(st.text(max_size=3), VALUES, max_size=4))


@given(value=WRAPPED, indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_json_in_any_layout(value: object, indent: int | None, ascii_only: bool) -> None:
    """Layout, escapes, fences and words around it do not matter."""
    plain = json.dumps(value)
    other = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    written = [
        plain,
        other,
        f"```json\n{other}\n```",
        f"Here:\n\n```\n{other}\n```\nDone.",
        f"<think>{{}}</think>{plain}",
    ]

    assert JSONAgreement().group(written) == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1, "b": 2}', '{"b": 2.0, "a": 1e0}', True),
        ('{"a": " X "}', '{"a": "x"}', True),
        ('{"a": "x  y"}', '{"a": "x y"}', True),
        ('{"a": 1}', '{"A": 1}', False),
        ('{"a": 1}', '{"a": true}', False),
        ('{"a": 1}', '{"a": "1"}', False),
        ('{"a": 0.1}', '{"a": 0.10}', True),
        ('{"a": 0.1}', '{"a": 0.11}', False),
        ("[1, 2]", "[2, 1]", False),
        ("[1, 2]", "[1.0, 2]", True),
        ('{"a": null}', "{}", False),
        ('{"a": 1e999}', '{"a": 1e999}', True),
        ('{"a": 12345678901234567890123}', '{"a": 12345678901234567890124}', False),
        ("so: [1, 2] it is", "[1, 2]", True),
        ("no json", "no json", False),
        ("[" * 5000, "[" * 5000, False),
        ('{"a":' * 5000, '{"a":' * 5000, False),
        ('{"a": ' + "9" * 5000 + "}", '{"a": 1}', False),
    ],
)
def test_json_agrees(one: str, other: str, same: bool) -> None:
    """Keys have no order and numbers one value; texts are compared without their case; anything else counts."""
    assert (JSONAgreement().group([one, other]) == [[0, 1]]) is same


def test_fields() -> None:
    """Only the fields that are asked for count; without any of them, an answer stands alone."""
    answers = ['{"a": 1, "b": 2}', '{"a": 1, "b": 3}', '{"b": 2}', "[1]", '{"c": 1}', '{"c": 1}']

    assert JSONAgreement(["a"]).group(answers) == [[0, 1], [2], [3], [4], [5]]
    assert JSONAgreement(["a", "b"]).group(answers) == [[0], [1], [2], [3], [4], [5]]
    assert JSONAgreement(["c"]).group(answers) == [[4, 5], [0], [1], [2], [3]]


def test_whole_json_is_nothing_beside() -> None:
    """A list in a sentence is no JSON answer; a fenced one is."""
    assert whole_json("see [1]") is NOTHING
    assert whole_json("42") is NOTHING
    assert whole_json('"text"') is NOTHING
    assert find_json("see [1]") == [1]
    assert write_json(whole_json("x\n```json\n[1]\n```")) == "[1]"
    assert whole_json("x\n```yaml\n[1]\n```") is NOTHING


ADD = "def add(a, b):\n    return a + b"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ADD, True),
        (f"```python\n{ADD}\n```", True),
        (f"Here:\n```py\n{ADD}  # the sum\n```\nIt adds.", True),
        ('def add(x: int, y: "int" = None) -> int:\n    """Add."""\n    return x + y', False),
        ('def add(x: int, y: "int") -> int:\n    """Add."""\n    return x + y', True),
        ("from typing import Any\ndef add(x: Any, y):\n    return (x + y)", True),
        ("import math\ndef add(x, y):\n    return x + y", False),
        ("def add(a, b):\n    return b + a", False),
        ("def add(b, a):\n    return b + a", True),
        ("def sub(a, b):\n    return a + b", False),
        ("def add(a, b):\n    global a\n    return a + b", False),
        ("def add(_1, b):\n    return _1 + b", False),
        ("def add(a, b):\n    return a + b\nadd(1, 2)", False),
        ("async def add(a, b):\n    return a + b", False),
        ("def add(a, b):\n    c = a + b\n    return c", False),
        ("no code", False),
        ("def add(a, b:", False),
    ],
)
def test_python_agrees(other: str, same: bool) -> None:
    """What a program does counts; comments, docstrings, annotations and local names do not."""
    assert (CodeAgreement().group([ADD, other]) == [[0, 1]]) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("def f(x):\n    y = x\n    return y", "def f(a):\n    b = a\n    return b", True),
        ("def f(x):\n    y = x\n    return y", "def f(a):\n    b = a\n    return a", False),
        ("def f(x):\n    return [y for y in x]", "def f(a):\n    return [b for b in a]", True),
        ("def f(x):\n    for y in x: print(y)", "def f(a):\n    for b in a: print(b)", True),
        ("def f(x):\n    for y in x: print(y)", "def f(a):\n    for b in a: print(a)", False),
        (
            "def f(x):\n    try: g(x)\n    except E as e: h(e)",
            "def f(a):\n    try: g(a)\n    except E as b: h(b)",
            True,
        ),
        ("def f(x):\n    return lambda y: y", "def f(a):\n    return lambda b: b", False),  # not simple
        ("def f(x):\n    return eval('x')", "def f(a):\n    return eval('x')", False),
        ("def f(n):\n    return f(n=n)", "def f(m):\n    return f(n=m)", False),
        ("def f(*args, **kw):\n    return args", "def f(*a, **b):\n    return a", True),
        ("class A:\n    x: int = 1", "class A:\n    x = 1", False),  # a dataclass could tell
        ("def f():\n    x: int = 1\n    return x", "def f():\n    y = 1\n    return y", True),
        ("def f():\n    '''Doc.'''", "def f():\n    pass", True),
        ("x = 1", "y = 1", False),
    ],
)
def test_local_names(one: str, other: str, same: bool) -> None:
    """Names are forgotten where nothing outside a function can tell them, and only consistently."""
    assert (write_code(one) == write_code(other)) is same


@pytest.mark.parametrize(
    "example",
    ["print(add(1, 2))", "assert add(1, 2) == 3", "if __name__ == '__main__':\n    add(1, 2)", "x = add(1, 2)"],
)
def test_examples_beside_a_function(example: str) -> None:
    """Where a function is asked for, what calls it is an example; else it is the program."""
    answers = [ADD, f"{ADD}\n\n{example}"]

    assert CodeAgreement().group(answers, "Write a function that adds two numbers.") == [[0, 1]]
    assert CodeAgreement().group(answers, "What does this print?") == [[0], [1]]
    assert write_code("x = 1", functions_only=True) == "x = 1"


@pytest.mark.parametrize(
    ("language", "one", "other", "same"),
    [
        ("js", "let a = 1; // one", "let a\n  = 1;", True),
        ("js", "let a = 1; /* one\n two */", "let a = 1;", True),
        ("js", 'let a = "//b";', 'let a = "//c";', False),
        ("js", "let a = '/*';", "let a = '/';", False),
        ("sql", "SELECT 1 -- one", "SELECT 1", True),
        ("sql", "SELECT '--'", "SELECT '-'", False),
        ("ruby", "x = 1 # one", "x = 1", True),
        ("ruby", 'x = "#"', 'x = "', False),
        ("c", "int a; # b", "int a;", False),
    ],
)
def test_other_languages(language: str, one: str, other: str, same: bool) -> None:
    """Comments and spaces are left out; what stands in a text is not."""
    answers = [f"```{language}\n{code}\n```" for code in (one, other)]

    assert (CodeAgreement().group(answers) == [[0, 1]]) is same


@given(
    st.sampled_from(
        [ADD, "x = [1, 2]\nprint(x)", "class A:\n    def f(self):\n        return self.x", "for i in x:\n    f(i)"]
    )
)
def test_python_stays_python(code: str) -> None:
    """What is written is a program again, and reading it changes nothing more."""
    written = write_code(code)

    assert written is not None
    assert ast.parse(written).body
    assert write_code(written) == written


@pytest.mark.parametrize(
    "text", ["", "```", "```python", "```python\n", "```\n```", "def f(:\n" * 50, "\x00", "```json\n{}\n```"]
)
def test_no_code(text: str) -> None:
    """An answer without code stands alone."""
    assert CodeAgreement().group([text, text]) == [[0], [1]]


@pytest.mark.parametrize(
    ("code", "is_read"),
    [
        ('import re\nx = re.findall("\\d", y)', False),
        ('import re\nx = re.findall(r"\\d", y)  # "\\d"', True),
        ("x = '\\\\d'", True),
        ('"""A \\d."""\nx = 1', False),
        ("x = 1if y else 2", False),
        ("x = 0x1for y", False),
        ("x1if = 1", True),
    ],
)
def test_python_does_not_warn(code: str, is_read: bool) -> None:
    """Code of which Python would warn is compared as a text, so that no answer prints a warning."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        written = write_code(f"```python\n{code}  # end\n```")

    assert warned == []
    assert written is not None
    assert (written == " ".join(f"{code}  # end".split())) is not is_read
