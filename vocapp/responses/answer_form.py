"""The form of an answer page as a request brings it."""

from flask import request

from surveys.answers import parse_page
from surveys.branching import way_through
from vocapp.campaigns.models import Invitation
from vocapp.core.clock import utcnow
from vocapp.outbox.link_pages import SEEN_FIELD, form_opened_at, wanted_languages
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.openings import doubt_about_answer
from vocapp.responses.pages import page_language
from vocapp.responses.queries import counted_response_of, respondent_of
from vocapp.responses.service import SentForm

PAGE_FIELD = "page"
SHOWN_FIELD = "shown"
VERSION_FIELD = "version"
AUTOSAVE_FIELD = "autosave"


def is_autosave() -> bool:
    """Whether the page of this request saves what stands there by itself."""
    return AUTOSAVE_FIELD in request.form


def read_sent_form(invitation: Invitation) -> SentForm:
    """Return the form of this request, beside what its sender has answered before.

    A form that does not say its page is that of the first.
    """
    version, now = invitation.wave.survey_version, utcnow()
    definition = definition_of(version)
    counted = counted_response_of(invitation.id)
    known = counted.answers if counted is not None else {}
    language = page_language(invitation, **wanted_languages()).code
    who = respondent_of(invitation, definition, language=language)
    first = definition.pages[0].key
    page = request.form.get(PAGE_FIELD) or first
    is_there = page == first or way_through(definition, known, who).is_open(page)
    shown = request.form.get(SHOWN_FIELD)
    return SentForm(
        parse_page(
            definition,
            request.form.to_dict(flat=False),
            page=page if is_there else first,
            known=known,
            who=who,
            offered=None if shown is None else shown.split(),
        ),
        language=language,
        at=now,
        seen_revision=request.form.get(SEEN_FIELD, type=int),
        doubt=doubt_about_answer(invitation, now),
        opened_at=form_opened_at(),
        is_autosave=is_autosave(),
        is_stale=not is_there or request.form.get(VERSION_FIELD, str(version.number)) != str(version.number),
    )
