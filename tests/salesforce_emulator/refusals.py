"""Refusals: what the API answers when it does not do what was asked."""

from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """A refusal with its HTTP status, Salesforce's code for it, a message and the fields concerned."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: Sequence[str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.extra = dict(extra or {})

    def body(self) -> list[dict[str, Any]]:
        """Return the answer of calls about one record, queries and the like."""
        answer: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            answer["fields"] = list(self.fields)
        return [answer | self.extra]

    def row(self) -> dict[str, Any]:
        """Return the same as one entry of `errors` in a call about many records."""
        fields = list(self.fields or [])
        return {"statusCode": self.code, "message": self.message, "fields": fields} | self.extra

    def cell(self) -> str:
        """Return the same as it stands in the sf__Error column of a bulk job."""
        fields = " ".join(self.fields or [])
        return f"{self.code}:{self.message}:{fields + ' ' if fields else ''}--"


def missing() -> ApiError:
    """Return the refusal of an address that leads nowhere."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def malformed_json(reason: str) -> ApiError:
    """Return the refusal of a body that cannot be read."""
    return ApiError(400, "JSON_PARSER_ERROR", reason)


def no_such_object(name: str) -> ApiError:
    """Return the refusal of an object in a query that is not there or not visible."""
    return ApiError(
        400,
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
        "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
        "appropriate names.",
    )


def no_such_column(field: str, entity: str) -> ApiError:
    """Return the refusal of a field that is not there or not visible."""
    return ApiError(
        400,
        "INVALID_FIELD",
        f"No such column '{field}' on entity '{entity}'. If you are attempting to use a custom field, be "
        "sure to append the '__c' after the custom field name. Please reference your WSDL or the describe "
        "call for the appropriate names.",
    )
