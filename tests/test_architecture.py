"""The laws of the house that import contracts cannot see."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from vocapp.app import BLUEPRINTS, PUBLIC_ENDPOINTS
from vocapp.identity.guards import public

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("surveys", "integrations", "vocapp")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
EVERY_FILE = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "migrations").rglob("*.py"))]


def files_that_match(pattern: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in SOURCES if re.search(pattern, path.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize(
    ("pattern", "home"),
    [
        (r"os\.environ|getenv", "vocapp/core/settings.py"),
        (r"^\s*(import|from) weasyprint", "vocapp/reports/rendering.py"),
        (r"^\s*(import|from) vl_convert", "vocapp/charts/rendering.py"),
        (r"\.commit\(\)", "vocapp/core/db.py"),
        (r"except Exception", "vocapp/worker.py"),
    ],
)
def test_each_of_these_has_one_home(pattern: str, home: str) -> None:
    assert files_that_match(pattern) <= {home}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_belongs_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=str)
def test_packages_hold_a_docstring_and_nothing_else(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_say_what(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "manager", "data", "process", "handle", "misc", "common"}


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.name.endswith("views.py")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_views_are_short_and_know_no_sql(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
                assert lines <= 15, f"{node.name} has {lines} lines"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            raise AssertionError(f"a view imports {node.module}")


def test_every_route_has_a_guard_or_stands_on_the_public_list(shared_app: Flask) -> None:
    guarded = {blueprint.name for blueprint, guard in BLUEPRINTS if guard is not public}
    open_doors = {
        rule.endpoint for rule in shared_app.url_map.iter_rules() if rule.endpoint.split(".")[0] not in guarded
    }
    assert open_doors == PUBLIC_ENDPOINTS


def test_no_third_party_file_and_no_lock_with_addresses_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    forbidden = re.compile(r"\.(min\.js|min\.css|woff2?|ttf|otf)$|(^|/)uv\.lock$|node_modules/|static/vendor/")
    assert [name for name in listed if forbidden.search(name)] == []
    for lock in ("requirements.txt", "tests/requirements.txt", "package-lock.json"):
        assert not re.search(r"https?://(?!(opencollective|github|www|feross|ko-fi|paypal|patreon))", _addresses(lock))


def _addresses(lock: str) -> str:
    """The lines of a lock that could say where a package is fetched from."""
    lines = (ROOT / lock).read_text().splitlines()
    return "\n".join(line for line in lines if '"url"' not in line)


def test_templates_hold_no_inline_style_or_script() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        if "mail" in path.parts:
            continue
        text = path.read_text()
        assert not re.search(r"\sstyle=", text), path
        assert not re.search(r"\son(click|change|submit|load|input)=", text), path
        assert not re.search(r"\|\s*safe\b", text), path
