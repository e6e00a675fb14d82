"""The layers hold: imports run one way, edges keep their frameworks, the namespace stays open."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("events", "runtime", "tfdbg", "dashboard", "cli")
MAY_IMPORT = {
    "events": set(),
    "runtime": {"events"},
    "tfdbg": {"events"},
    "dashboard": {"events", "tfdbg"},
    "cli": {"events", "runtime", "tfdbg", "dashboard"},
}
# The one exception: the session wrappers know the sessions they wrap, imported when they do.
WRAPPERS = "tfdbg/opscope/tfdbg/wrappers"
MODULES = sorted(
    path for layer in LAYERS for path in (ROOT / layer).rglob("*.py") if "_pb2" not in path.name
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Each module name that a file imports, and whether outside every function."""
    tree = ast.parse(path.read_text(), str(path))
    package = path.relative_to(ROOT).parts[1:-1]
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        outside = id(node) not in inner
        if isinstance(node, ast.Import):
            yield from ((alias.name, outside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from opscope import tfdbg` names the layer only in its alias.
            yield from ((f"{base}.{alias.name}", outside) for alias in node.names)


def layer_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "opscope" and len(parts) > 1 else None


def case(path: Path) -> str:
    return relative(path)


def test_there_are_modules_in_every_layer() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=case)
def test_imports_run_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    allowed = MAY_IMPORT[layer] | {layer, None}
    wrapper = relative(path).removesuffix(".py").startswith(WRAPPERS)
    wrong = [
        module
        for module, outside in imports(path)
        if layer_of(module) not in allowed
        and not (wrapper and not outside and layer_of(module) == "runtime")
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=case)
def test_only_the_edges_import_their_frameworks(path: Path) -> None:
    where = relative(path)
    edges = {
        "prompt_toolkit": ("tfdbg/opscope/tfdbg/app", "cli/opscope/cli/live/app.py"),
        "dash": ("dashboard/opscope/dashboard/app", "dashboard/opscope/dashboard/pages/"),
    }
    for module, _ in imports(path):
        allowed = edges.get(module.split(".")[0])
        assert allowed is None or where.startswith(allowed), f"{where} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=case)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_the_namespace_has_no_init() -> None:
    assert [relative(path) for path in ROOT.glob("*/opscope/__init__.py")] == []


@pytest.mark.parametrize("layer", LAYERS)
def test_every_portion_says_that_it_is_typed(layer: str) -> None:
    assert (ROOT / layer / "opscope" / layer / "py.typed").exists()


def test_archives_are_unpacked_in_one_place() -> None:
    # `filter=` is not in the Python of Debian 12; tests/support/archives.py knows what to do.
    callers = {
        relative(path) for path in ROOT.glob("tests/**/*.py") if "extractall(" in path.read_text()
    }
    assert callers <= {"tests/support/archives.py", "tests/test_layers.py"}
