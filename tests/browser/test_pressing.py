"""No test here presses anything without waiting for what that leads to."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_LEAVES = {"click", "dblclick", "tap", "press"}


def _presses(tree: ast.AST, *, waited_for: bool = False) -> Iterator[ast.Call]:
    """The calls that may leave a page, outside of `with leaving(page)`. The Tab key stays."""
    if isinstance(tree, ast.With):
        waited_for = waited_for or any("leaving(" in ast.unparse(item.context_expr) for item in tree.items)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute) and tree.func.attr in _LEAVES:
        stays = [ast.unparse(argument) for argument in tree.args] == ["'Tab'"]
        if not stays and not waited_for:
            yield tree
    for child in ast.iter_child_nodes(tree):
        yield from _presses(child, waited_for=waited_for)


@pytest.mark.parametrize("module", sorted(_HERE.glob("*.py")), ids=lambda path: path.stem)
def test_whatever_is_pressed_is_pressed_with_follow_touch_or_leaving(module: Path) -> None:
    if module.name == "pressing.py":
        return
    found = [f"{module.name}:{call.lineno}: {ast.unparse(call)}" for call in _presses(ast.parse(module.read_text()))]
    assert found == [], "press with follow, touch or leaving of tests.browser.pressing"
