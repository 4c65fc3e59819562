"""Which modules may read what people answered, and why: all others ask `openly_given` first."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "vocapp").rglob("*.py"))

TABLES = {"Response", "ResponseRevision", "LinkClick"}
LOADERS = {"response_of", "counted_response_of", "last_revision_of"}
PREDICATES = {"openly_given", "is_confidential"}

WHO_NOT_WHAT = "Reads that somebody answered, and when; never what."
OWN_PAGE = "Shows people their own answer, behind their own link."
# Modules that come near answers without asking whether they were given openly. A new one needs a reason.
ALLOWED = {
    "vocapp/api/listening.py": "Tells the answers that the listing finds, which asks.",
    "vocapp/api/listening_views.py": "Tells the answers that the listing finds, which asks.",
    "vocapp/coverage/queries.py": WHO_NOT_WHAT,
    "vocapp/demo/answering.py": "Makes answers up, of surveys that are not confidential.",
    "vocapp/demo/driving.py": "Makes answers up, of surveys that are not confidential.",
    "vocapp/demo/history.py": "Makes answers up, of surveys that are not confidential.",
    "vocapp/duplicates/planning.py": WHO_NOT_WHAT,
    "vocapp/duplicates/service.py": "Moves answers from one record of a person to another, unread.",
    "vocapp/engagement/turnout.py": WHO_NOT_WHAT,
    "vocapp/lift/queries.py": WHO_NOT_WHAT,
    "vocapp/operations/queries.py": WHO_NOT_WHAT,
    "vocapp/portfolio/answer_rates.py": WHO_NOT_WHAT,
    "vocapp/portfolio/answering.py": WHO_NOT_WHAT,
    "vocapp/portfolio/queries.py": WHO_NOT_WHAT,
    "vocapp/responses/answer_form.py": OWN_PAGE,
    "vocapp/responses/click_queries.py": "Counts links that were opened; shows no number that was clicked.",
    "vocapp/responses/clicks.py": "Keeps which links were opened; shows nothing.",
    "vocapp/responses/history_import.py": "Stores answers; rows of confidential surveys were refused.",
    "vocapp/responses/history_store.py": "Stores answers; rows of confidential surveys were refused.",
    "vocapp/responses/pages.py": OWN_PAGE,
    "vocapp/responses/phone_page.py": "Nothing is written down for a confidential survey, and nothing shown.",
    "vocapp/responses/public_views.py": OWN_PAGE,
    "vocapp/responses/referring.py": "Suggests whom somebody named: no opinion, and meant for the CSM.",
    "vocapp/responses/scales.py": "Makes conditions for statements that ask; reads nothing itself.",
    "vocapp/responses/views.py": "Shows what the listing finds, which asks.",
    "vocapp/results/said.py": "Counts for a scope; a confidential one is shown by its groups only.",
    "vocapp/results/queries.py": "Counts for a scope; the pages of a confidential one show its groups only.",
    "vocapp/workflows/history_imported.py": WHO_NOT_WHAT,
    "vocapp/workflows/response_received.py": WHO_NOT_WHAT,
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_from(tree: ast.Module, module: str) -> set[str]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module]
    return {alias.name for node in nodes for alias in node.names}


def comes_near_answers(tree: ast.Module) -> bool:
    package = imported_from(tree, "vocapp.responses")
    return bool(
        imported_from(tree, "vocapp.responses.models") & TABLES
        or imported_from(tree, "vocapp.responses.queries") & LOADERS
        or package & {"models", "queries"}
    )


def asks(tree: ast.Module) -> bool:
    """Whether a module uses the predicate, or says what it is."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return bool((used | defined) & PREDICATES)


def test_whoever_reads_answers_asks_whether_they_were_given_openly() -> None:
    trees = {name_of(path): ast.parse(path.read_text()) for path in MODULES}
    near = {name for name, tree in trees.items() if comes_near_answers(tree)}
    silent = {name for name in near if not asks(trees[name])}
    assert silent - set(ALLOWED) == set(), "use responses.queries.openly_given, or stand here with a reason"
    assert set(ALLOWED) - near == set(), "these no longer read answers: take them off the list"


def test_nobody_reads_answers_in_sql_of_their_own() -> None:
    table = re.compile(r"(FROM|JOIN)\s+(responses|response_revisions|link_clicks)\b")
    assert [name_of(path) for path in MODULES if table.search(path.read_text())] == []


def test_the_predicate_is_found_where_it_is_missing() -> None:
    careless = ast.parse("from vocapp.responses.models import Response\nselect(Response.rating)")
    careful = ast.parse(
        "from vocapp.responses.models import Response\nselect(Response.rating).where(openly_given())"
    )
    assert comes_near_answers(careless)
    assert not asks(careless)
    assert asks(careful)
