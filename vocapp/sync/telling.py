"""Telling a refusal as a sentence without holding a transaction: on the next page, or at a form."""

from types import TracebackType
from typing import Self

from flask import flash

from vocapp.core.errors import DomainError
from vocapp.core.forms import Form


class Spoken:
    """`with Spoken():` tells what is refused inside on the next page, and goes on behind the block.

    With a form, the refusal stands at the form. Unlike a transaction it holds nothing while others are asked.
    """

    def __init__(self, form: Form | None = None) -> None:
        self._form = form

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Tell a refusal; anything else goes on its way."""
        if not isinstance(error, DomainError):
            return False
        if self._form is None:
            flash(str(error), "error")
        else:
            self._form.form_errors.append(str(error))
        return True
