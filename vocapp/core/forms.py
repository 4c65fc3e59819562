"""The form every form of the product descends from: controls that tell assistive technology what they are."""

from typing import TYPE_CHECKING, Any

from flask_wtf import FlaskForm
from wtforms import Field, StringField
from wtforms.csrf.core import CSRFTokenField

from vocapp.core.typed_text import storable

if TYPE_CHECKING:
    from _typeshed import SupportsItems

CONTROL_CLASSES = {
    "checkbox": "form-check-input",
    "radio": "form-check-input",
    "select": "form-select",
    "submit": "btn btn-primary",
    "hidden": "",
}


class Form(FlaskForm):
    """Base form: CSRF, and controls rendered with class, error and hint references.

    A field's `description` is its hint. Error and hint stand in elements with the ids `<field id>-error` and
    `<field id>-hint`, which `parts/forms.html` writes.
    """

    if TYPE_CHECKING:
        # Flask-WTF comes without annotations.
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        def validate_on_submit(self, *args: Any, **kwargs: Any) -> bool: ...

    class Meta(FlaskForm.Meta):
        """Reading of texts, and rendering of controls."""

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            """Return a field of a form; one for text leaves out what cannot be stored."""
            if issubclass(unbound_field.field_class, StringField):
                options = {**options, "filters": [storable, *unbound_field.kwargs.get("filters", ())]}
            return super().bind_field(form, unbound_field, options)

        def render_field(self, field: Field, render_kw: "SupportsItems[str, Any]") -> Any:
            """Return a control as HTML with its accessible attributes."""
            return super().render_field(field, {**control_attributes(field), **dict(render_kw.items())})


def control_kind(field: Field) -> str:
    """Return what a field is on the page: "select", "textarea", "group" or an input type ("checkbox")."""
    kind = type(field.widget).__name__
    if kind in {"ListWidget", "TableWidget"}:
        return "group"
    if kind in {"Select", "TextArea"}:
        return kind.lower()
    return getattr(field.widget, "input_type", None) or "text"


def control_attributes(field: Field, hint: str | None = None) -> dict[str, Any]:
    """Return the class and the aria attributes of a field's control.

    `hint` None stands for the field's description, an empty one for no hint.
    """
    if isinstance(field, CSRFTokenField):
        return {"id": False}  # Several forms may stand on one page; ids must stay unique.
    kind = control_kind(field)
    attributes: dict[str, Any] = {"class": CONTROL_CLASSES.get(kind, "form-control")}
    described = [f"{field.id}-error"] if field.errors else []
    if field.description if hint is None else hint:
        described.append(f"{field.id}-hint")
    if field.errors:
        attributes["class"] += " is-invalid"
        attributes["aria-invalid"] = "true"
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return attributes
