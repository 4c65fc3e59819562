"""What the description of the API says about every operation: who may call it, and how it can fail."""

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from apiflask import APIBlueprint, APIFlask
from flask import current_app

from vocapp.api.guard import scope_of
from vocapp.api.problems import MEDIA_TYPE
from vocapp.api.remembering import HEADER

TITLE, VERSION = "vocapp", "1"
_MADE = "vocapp.api.description"
SECURITY_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from Settings, API tokens: what its scopes name, as far as its user may.",
    }
}
CONFIG: dict[str, Any] = {
    "OPENAPI_VERSION": "3.1.0",
    "SECURITY_SCHEMES": SECURITY_SCHEMES,
    "SERVERS": [{"url": "/"}],
    "INFO": {"description": "Accounts, people, surveys and answers for programs, and reports on paper."},
    "AUTO_VALIDATION_ERROR_RESPONSE": False,
    "AUTO_404_RESPONSE": False,
    "AUTO_OPERATION_ID": True,
    "AUTO_200_RESPONSE": False,
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "parameter": {"type": "string"},
                    "pointer": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ALWAYS = {
    401: "The token is missing, unknown, expired or revoked.",
    403: "The token lacks the scope, or its user may not do this.",
    422: "Some values cannot be used.",
    429: "Too many requests.",
    500: "Something went wrong here.",
    503: "The database cannot be reached right now.",
}
OF_ONE_THING = {404: "It does not exist, or this token may not see it."}
OF_POSTS = {
    400: "The body or the Idempotency-Key cannot be read.",
    409: "The Idempotency-Key was used for another request.",
    413: "The body is too large.",
    415: "The body is not JSON.",
}
KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "The same key with the same request is answered as before, for a day at least.",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"},
}


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with scopes, errors and headers at every operation."""
    scopes = {
        (_template(rule.rule), method.lower()): scope_of(rule.endpoint)
        for rule in current_app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    document = _without_twins(document)
    document["components"]["schemas"]["Problem"] = PROBLEM
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["security"] = [{"token": [str(scopes[path, method])]}]
            _complete(operation, has_thing="{" in path, is_post=method == "post")
    return document


def _without_twins(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description without the second names the library gives schemas that it meets twice."""
    schemas, text = document["components"]["schemas"], json.dumps(document, default=float)
    twins = [name for name in schemas if name.endswith("1") and schemas.get(name[:-1]) == schemas[name]]
    for name in twins:
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{name[:-1]}"')
    plain: dict[str, Any] = json.loads(text)
    for name in twins:
        del plain["components"]["schemas"][name]
    return plain


def _complete(operation: dict[str, Any], *, has_thing: bool, is_post: bool) -> None:
    failures: dict[int, str] = ALWAYS | (OF_ONE_THING if has_thing else {}) | (OF_POSTS if is_post else {})
    if not is_post and "409" in operation["responses"]:
        failures[409] = operation["responses"]["409"]["description"]
    for code, words in sorted(failures.items()):
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        operation["responses"][str(code)] = {"description": words, "content": content}
    if is_post:
        operation["parameters"].append(KEY_PARAMETER)
        operation["requestBody"]["required"] = True
        if "201" in operation["responses"]:
            corrected = {**operation["responses"]["201"], "description": "It was known, and is corrected."}
            operation["responses"]["200"] = corrected
    elif has_thing:
        operation["responses"]["304"] = {"description": "It has not changed since the ETag that was sent."}


def _template(rule: str) -> str:
    return re.sub(r"<([^<:]+:)?", "{", rule).replace(">", "}")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as people read it; names that must be sent carry an asterisk."""

    method: str
    path: str
    summary: str
    scope: str
    takes: Sequence[str]
    gives: Sequence[str]


def description() -> dict[str, Any]:
    """Return the OpenAPI document of this application, made once."""
    found: dict[str, Any] | None = current_app.extensions.get(_MADE)
    if found is None:
        found = current_app.extensions[_MADE] = _completed(_described())
    return found


def _described() -> dict[str, Any]:
    # By an application of the API alone: beside blueprints of pages, the library cannot describe its own.
    alone = APIFlask("vocapp", title=TITLE, version=VERSION, spec_path=None, docs_path=None)
    alone.config.update(CONFIG)
    for blueprint in current_app.blueprints.values():
        if isinstance(blueprint, APIBlueprint):
            alone.register_blueprint(blueprint)
    with warnings.catch_warnings():
        # What a list holds and a single one of it are the same schema, met twice.
        warnings.filterwarnings("ignore", message=".*has already been added to the spec")
        return cast(dict[str, Any], alone.spec)


def operations(document: Mapping[str, Any]) -> list[tuple[str, list[Operation]]]:
    """Return the operations of a description by their group, in the order of their addresses."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in sorted(document["paths"].items()):
        for method, told in methods.items():
            groups.setdefault(told["tags"][0], []).append(_operation(document, path, method, told))
    return list(groups.items())


def _operation(document: Mapping[str, Any], path: str, method: str, told: Mapping[str, Any]) -> Operation:
    sent = [
        one["name"] + "*" * one.get("required", False) for one in told["parameters"] if one["in"] != "path"
    ]
    body = _schema(document, told.get("requestBody", {}))
    fields = [name + "*" * (name in body.get("required", ())) for name in body.get("properties", ())]
    answers = (answer for code, answer in told["responses"].items() if code.startswith("2"))
    given = [name for answer in answers for name in _schema(document, answer).get("properties", ())]
    scope = told["security"][0]["token"][0]
    return Operation(method.upper(), path, told.get("summary", ""), scope, sent + fields, given)


def _schema(document: Mapping[str, Any], place: Mapping[str, Any]) -> Mapping[str, Any]:
    found = place.get("content", {}).get("application/json", {}).get("schema", {})
    name = found.get("$ref", "").rpartition("/")[2]
    return cast(Mapping[str, Any], document["components"]["schemas"][name] if name else found)
