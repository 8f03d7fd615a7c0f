"""Code in answers, in a form that forgets what does not change what it does."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, TypeVar

from langchain_openrouter.agreement.cleaning import spoken
from langchain_openrouter.agreement.fences import fenced

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["has_code", "looks_like_code", "write_code"]

_PYTHON = frozenset({"", "py", "python", "python3", "py3"})
_NO_CODE = frozenset({"text", "txt", "output", "console", "bash", "sh", "shell", "json", "markdown", "md", "plaintext"})
_CODE_BEGINS = re.compile(r"^(?:(?:def|class|import|from|async def|for|while|if)\b|@\w|print\()", re.MULTILINE)
_HASH_COMMENTS = frozenset({"ruby", "rb", "perl", "r", "bash", "sh", "yaml", "toml", "elixir", "julia"})
_DASH_COMMENTS = frozenset({"sql", "lua", "haskell", "ada"})
_TEXTS = r"\"(?:\\.|[^\"\\\n])*(?:\"|$)|'(?:\\.|[^'\\\n])*(?:'|$)|`[^`]*(?:`|\Z)"
_LITERALS = re.compile(
    r"""(?<!\w)(?P<kind>[A-Za-z]{0,2})(?P<text>\"{3}(?:\\[\s\S]|[^\\])*?(?:\"{3}|\Z)|'{3}(?:\\[\s\S]|[^\\])*?(?:'{3}|\Z)|"""
    r"""\"(?:\\[\s\S]|[^\"\\\n])*(?:\"|$)|'(?:\\[\s\S]|[^'\\\n])*(?:'|$))|\#[^\n]*""",
    re.MULTILINE,
)
_BAD_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^\n\\'\"abfnrtvxNuU0-7]")
_GLUED_NUMBER = re.compile(r"(?<![A-Za-z_])\d\w*?(?:and|else|for|if|in|is|not|or)\b")
_LONGEST_PYTHON = 20_000
"""Characters. Reading more would take Python long; it is compared as it stands."""


def looks_like_code(text: str) -> bool:
    """Say whether a text without a fence is a Python program."""
    return _CODE_BEGINS.match(text.strip()) is not None and _parsed(text) is not None


def write_code(answer: str, *, functions_only: bool = False) -> str | None:
    """Write the code of an answer in one form.

    Of Python, comments, docstrings, annotations and the names of what is local to a function go. Of other languages,
    comments and spaces go.

    Args:
        answer: An answer as it came.
        functions_only: Whether calls, prints and assertions beside the functions are only examples.

    Returns:
        The code; `None` where there is none.
    """
    said = spoken(answer)
    blocks = [block for block in fenced(said) if block.language not in _NO_CODE]
    if not blocks:
        return _python(said, functions_only=functions_only)
    language = blocks[0].language
    code = "\n".join(block.text for block in blocks if block.language in _same_as(language))
    python = _python(code, functions_only=functions_only) if language in _PYTHON else None
    return python or _spaced(code, language) or None


def has_code(said: str) -> bool:
    """Say whether a text has a fenced block of code.

    Args:
        said: What was said.
    """
    return any(block.language not in _NO_CODE for block in fenced(said))


def _same_as(language: str) -> frozenset[str]:
    return _PYTHON if language in _PYTHON else frozenset({language})


def _python(code: str, *, functions_only: bool) -> str | None:
    tree = _parsed(code)
    return None if tree is None else _unparsed(_Plain(functions_only=functions_only).visit(tree))


def _parsed(code: str) -> ast.Module | None:
    if len(code) > _LONGEST_PYTHON or _warns(code):
        return None
    try:
        return ast.parse(code.strip("\n"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _warns(code: str) -> bool:
    """Say whether Python would warn while it reads code, which must not reach the user, and cannot be kept quiet.

    Warnings are silenced for a whole process only, or not at all.
    """
    literals = (found for found in _LITERALS.finditer(code) if found["text"] and "r" not in found["kind"].casefold())
    return _GLUED_NUMBER.search(code) is not None or any(_BAD_ESCAPE.search(found["text"]) for found in literals)


def _unparsed(tree: ast.Module) -> str | None:
    try:
        return ast.unparse(ast.fix_missing_locations(tree)) or None
    except RecursionError:
        return None


def _spaced(code: str, language: str) -> str:
    comment = r"\#[^\n]*" if language in _HASH_COMMENTS else r"--[^\n]*" if language in _DASH_COMMENTS else r"//[^\n]*"
    pattern = re.compile(rf"({_TEXTS})|{comment}|/\*[\s\S]*?(?:\*/|\Z)", re.MULTILINE)
    return " ".join(pattern.sub(lambda found: found[1] or " ", code).split())


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FunctionT = TypeVar("_FunctionT", ast.FunctionDef, ast.AsyncFunctionDef)


class _Plain(ast.NodeTransformer):
    """Leaves out what does not change what a program does."""

    def __init__(self, *, functions_only: bool) -> None:
        self._functions_only = functions_only

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = [each for each in _without_docstring(node.body) if not _is_typing(each)]
        defined = {each.name for each in node.body if isinstance(each, _DEFINITIONS)}
        if self._functions_only and defined:
            node.body = [each for each in node.body if not _is_example(each, defined)]
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.body = _without_docstring(node.body) or [ast.Pass()]
        # Annotations of a class may be its fields, so what is not a function stays.
        node.body = [self.visit(each) if isinstance(each, _DEFINITIONS) else each for each in node.body]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        return self._function(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return node if node.value is None else ast.Assign([node.target], node.value)

    def _function(self, node: _FunctionT) -> _FunctionT:
        node.body = _without_docstring(node.body) or [ast.Pass()]
        node.returns = None
        self.generic_visit(node)
        _rename(node)
        return node


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return body[1:] if is_text else body


def _is_typing(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module in {"typing", "__future__", "collections.abc"}


def _is_example(node: ast.stmt, defined: set[str]) -> bool:
    """Say whether a statement only shows or checks what the functions do; a constant that they need stays."""
    if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and "__name__" in ast.dump(node.test)):
        return True
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return not isinstance(node, _DEFINITIONS) and not names.isdisjoint({*defined, "print"})


_NOT_SIMPLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Global, ast.Nonlocal, ast.Import,
               ast.ImportFrom, ast.Match)  # fmt: skip
_LOOKS_NAMES_UP = frozenset({"locals", "globals", "vars", "eval", "exec", "dir"})


def _rename(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Number the local names of a function by their order, unless something in it could tell."""
    nodes = [node for node in ast.walk(function) if node is not function]
    names = [node.id for node in nodes if isinstance(node, ast.Name)]
    if any(isinstance(node, _NOT_SIMPLE) for node in nodes) or not _LOOKS_NAMES_UP.isdisjoint(names):
        return
    keywords = {node.arg for node in nodes if isinstance(node, ast.keyword)}
    new = {name: f"_{place}" for place, name in enumerate(_local_names(function))}
    # A keyword may be a parameter of the function itself, which then has its name for a reason.
    if set(new.values()) & set(names) or keywords & new.keys():
        return
    for node in nodes:
        if isinstance(node, ast.Name):
            node.id = new.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg = new.get(node.arg, node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            node.name = new.get(node.name, node.name)


def _local_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[str]:
    """Give the names that a function binds, in their order in the source."""
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    names = [each.arg for each in given if each is not None]
    for node in _in_order(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.append(node.name)
    return dict.fromkeys(names)


def _in_order(node: ast.AST) -> Iterable[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        yield from _in_order(child)
