"""The laws of the house that import contracts cannot see."""

import ast
import re
import runpy
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from vocapp.app import BLUEPRINTS, PUBLIC_ENDPOINTS
from vocapp.identity.guards import public

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("surveys", "integrations", "vocapp")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
VIEWS = [path for path in SOURCES if path.name.endswith("views.py")]
PACKAGE_FILES = [path for path in SOURCES if path.name == "__init__.py"]
EVERY_FILE = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "migrations").rglob("*.py"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def files_that_match(pattern: str) -> set[str]:
    found = re.compile(pattern, re.MULTILINE)
    return {name_of(path) for path in SOURCES if found.search(path.read_text())}


def test_no_file_is_longer_than_400_lines() -> None:
    assert [name_of(path) for path in EVERY_FILE if len(path.read_text().splitlines()) > 400] == []


@pytest.mark.parametrize(
    ("pattern", "home"),
    [
        (r"os\.environ|getenv", "vocapp/core/settings.py"),
        (r"^\s*(import|from) PIL\b", "vocapp/identity/branding.py"),
        (r"^\s*(import|from) weasyprint", "vocapp/reports/cell.py"),
        (r"^\s*(import|from) pptx", "vocapp/reports/portfolio/slides.py"),
        (r"^\s*(import|from) vl_convert", "vocapp/charts/rendering.py"),
        (r"\.commit\(\)", "vocapp/core/db.py"),
        (r"except Exception", "vocapp/operations/engine.py"),
    ],
)
def test_each_of_these_has_one_home(pattern: str, home: str) -> None:
    assert files_that_match(pattern) == {home}


def test_every_module_says_what_belongs_in_it() -> None:
    assert [name_of(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    assert [name_of(path) for path in PACKAGE_FILES if len(ast.parse(path.read_text()).body) != 1] == []


def test_names_say_what() -> None:
    empty_words = {"utils", "helpers", "manager", "data", "process", "handle", "misc", "common"}
    assert [name_of(path) for path in SOURCES if path.stem in empty_words] == []


@pytest.mark.parametrize("path", VIEWS, ids=name_of)
def test_views_are_short_and_know_no_sql(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert lines <= 15, f"{node.name} has {lines} lines"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            raise AssertionError(f"a view imports {node.module}")


def test_every_route_has_a_guard_or_stands_on_the_public_list(shared_app: Flask) -> None:
    guarded = {blueprint.name for blueprint, guard in BLUEPRINTS if guard is not public}
    endpoints = {rule.endpoint for rule in shared_app.url_map.iter_rules()}
    assert {name for name in endpoints if name.split(".")[0] not in guarded} == PUBLIC_ENDPOINTS


def test_no_third_party_file_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    forbidden = re.compile(
        r"\.(min\.js|min\.css|woff2?|ttf|otf)$|(^|/)uv\.lock$|node_modules/|static/vendor/"
    )
    assert [name for name in listed.stdout.split() if forbidden.search(name)] == []


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "tests/requirements.txt", ".ci/node-requirements.txt", "package-lock.json"]
)
def test_locks_carry_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text()
    # A package's own home page may stand in the lock; where it is fetched from may not.
    assert not re.search(r"resolved|--index-url|--find-links|\.(whl|tar\.gz|tgz)\b", text)
    assert re.search(r"sha256:|sha512-", text)


def test_the_test_lock_holds_everything_the_product_runs_on() -> None:
    def pinned(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.\-]+==[^ ;\\]+", (ROOT / lock).read_text(), re.MULTILINE))

    assert pinned("requirements.txt") - pinned("tests/requirements.txt") == set()


def test_templates_hold_no_inline_style_or_script() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        if "mail" in path.parts:
            continue
        text = path.read_text()
        assert not re.search(r"\sstyle=", text), path
        assert not re.search(r"\son(click|change|submit|load|input)=", text), path
        assert not re.search(r"\|\s*safe\b", text), path


def test_programs_keep_their_compiled_modules_wherever_they_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    voc = runpy.run_path(str(ROOT / "voc"))
    assert "PYTHONDONTWRITEBYTECODE" not in voc["environment"]()
