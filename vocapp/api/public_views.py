"""What the API is, for whoever writes a program: the description for machines, and a page for people."""

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from vocapp.api.openapi import description, operations

api_description = Blueprint("api_description", __name__, url_prefix="/api")


@api_description.get("/openapi.json")
def openapi() -> Response:
    """Answer with the description of the API, which names no secret and nothing of this company."""
    return jsonify(description())


@api_description.get("/docs")
def docs() -> ResponseReturnValue:
    """Show every operation with its scope, parameters and fields."""
    return render_template("api/docs.html", groups=operations(description()))
