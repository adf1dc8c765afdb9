"""The sizes of docs/decisions/0004-sizes.md: when one is passed, the design wants to say something."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "benchmarks").rglob("*.py"))

MOST_LINES = 400
MOST_TEST_LINES = 500
MOST_ROUTE_LINES = 8
MOST_USE_CASES = 12
METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "api_route"}


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def trees(name: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in SOURCES:
        if path.name == name:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def is_route(node: ast.AST) -> bool:
    return any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in METHODS
        for decorator in getattr(node, "decorator_list", [])
    )


def body_lines(function: ast.AsyncFunctionDef) -> int:
    """Return how many lines a body has, its docstring left out."""
    statements = function.body
    if isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Constant):
        statements = statements[1:]
    if not statements:
        return 0
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1


@pytest.mark.parametrize(("paths", "most"), [(SOURCES, MOST_LINES), (TESTS, MOST_TEST_LINES)])
def test_no_file_is_too_long(paths: list[Path], most: int) -> None:
    assert [(str(path), lines_of(path)) for path in paths if lines_of(path) > most] == []


def test_routes_translate_and_do_not_think() -> None:
    long = [
        (str(path), node.name, body_lines(node))
        for path, tree in trees("routes.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef) and is_route(node) and body_lines(node) > MOST_ROUTE_LINES
    ]
    assert long == []


def test_a_service_answers_one_question() -> None:
    large = [
        (str(path), node.name)
        for path, tree in trees("service.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and sum(
            isinstance(member, ast.AsyncFunctionDef) and not member.name.startswith("_")
            for member in node.body
        )
        > MOST_USE_CASES
    ]
    assert large == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(path)
        for path in SOURCES
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_nothing_is_imported_for_the_type_checker_alone() -> None:
    assert [str(path) for path in SOURCES if "TYPE_CHECKING" in path.read_text(encoding="utf-8")] == []
