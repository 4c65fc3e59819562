"""What a visitor's page shows: the survey without anybody's name, in a language they read."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import request, url_for

from surveys.answers import parse_page
from surveys.branching import way_through
from surveys.conditions import Respondent, StoredAnswers
from surveys.definition import SurveyDefinition
from surveys.translation import Language, best_language, language, phrase_book
from vocapp.core.clock import utcnow
from vocapp.identity.queries import company
from vocapp.open_links.models import OpenLink, OpenResponse
from vocapp.open_links.queries import asked_by
from vocapp.open_links.rules import OpenLinkKind
from vocapp.open_links.service import OpenForm, is_visit
from vocapp.outbox.link_pages import SpokenPage, doubt_about_form, form_opened_at, wanted_languages
from vocapp.responses.answer_form import PAGE_FIELD, SHOWN_FIELD, VERSION_FIELD
from vocapp.responses.pages import ERROR_CHANGED, ERROR_NOT_ON_PAGE, RATING_SAVED, SAVED_SO_FAR
from vocapp.responses.survey_page import Asking, ShownPage, page_to_open, shown_page

VISIT_FIELD = "visit"
# Which page of their own visit somebody goes back to; no question can have this name.
EARLIER_FIELD = "visit.page"


@dataclass(frozen=True, kw_only=True)
class OpenPage(SpokenPage):
    """The pages of one open link as a visitor meets them; `visit` makes the forms of one visit one answer."""

    token: str
    kind: OpenLinkKind
    definition: SurveyDefinition
    version: int
    languages: Sequence[Language]
    allowed_origins: Sequence[str]
    visit: str

    @property
    def asking(self) -> Asking:
        """Whom the survey is put to: nobody we know, in the words of this page."""
        who = Respondent(language=self.language.code)
        return Asking(definition=self.definition, version=self.version, spoken=self, who=who, seed=self.visit)

    @property
    def endpoint(self) -> str:
        """The endpoint of the link's own page."""
        return f"open_pages.{self.kind}"

    @property
    def send_url(self) -> str:
        """Where the form goes."""
        return url_for(f"open_pages.send_{self.kind}", token=self.token)

    @property
    def thanks_url(self) -> str:
        """Where somebody goes who leaves out what is extra."""
        return url_for(f"open_pages.{self.kind}_thanks", token=self.token, lang=self.language.code)


def open_page(link: OpenLink, token: str, *, visit: str) -> OpenPage:
    """Return the page of a link, in the language chosen on it, else the browser's, else the survey's."""
    definition, ours = asked_by(link), company()
    name = ours.name if ours else ""
    return OpenPage(
        language=_language_of(definition, **wanted_languages()),
        values={"company": name, "sender": name},
        token=token,
        kind=OpenLinkKind(link.kind),
        definition=definition,
        version=link.survey_version.number,
        languages=[language(code) for code in _spoken(definition)],
        allowed_origins=link.allowed_origins,
        visit=visit,
    )


def visit_of_request() -> str:
    """Return the word of this request's form, or a new one for a visit that begins."""
    word = request.form.get(VISIT_FIELD)
    return word if word is not None and is_visit(word) else secrets.token_urlsafe(24)


def read_open_form(page: OpenPage, held: OpenResponse) -> OpenForm:
    """Return the form of this request, beside what the visit has answered before."""
    definition, known, now = page.definition, held.answers, utcnow()
    who, first = page.asking.who, page.definition.pages[0].key
    asked_for = request.form.get(PAGE_FIELD) or first
    is_there = asked_for == first or way_through(definition, known, who).is_open(asked_for)
    shown = request.form.get(SHOWN_FIELD)
    version = str(page.version)
    return OpenForm(
        parse_page(
            definition,
            request.form.to_dict(flat=False),
            page=asked_for if is_there else first,
            known=known,
            who=who,
            offered=None if shown is None else shown.split(),
        ),
        language=page.language.code,
        at=now,
        opened_at=form_opened_at(),
        doubt=doubt_about_form(None, now),
        is_stale=not is_there or request.form.get(VERSION_FIELD, version) != version,
    )


def opened_open_page(page: OpenPage) -> ShownPage:
    """Return the first page, with nothing in it: nobody sees what somebody before them answered."""
    return shown_page(page.asking, page.definition.pages[0].key, {})


def earlier_open_page(page: OpenPage, answers: StoredAnswers) -> ShownPage:
    """Return the page somebody goes back to, with what they answered in this visit; else the first."""
    way = way_through(page.definition, answers, page.asking.who)
    asked_for = request.form.get(EARLIER_FIELD)
    return shown_page(page.asking, page_to_open(way, asked_for, last_page="", is_from_start=True), answers)


def next_open_page(page: OpenPage, form: OpenForm) -> ShownPage | None:
    """Return what follows a sent form: the same page to mend, the next one, or None at the end."""
    said = form.answers
    answers: StoredAnswers = said.values
    if form.is_stale:
        return shown_page(page.asking, said.page, answers, sent=said, problem=ERROR_CHANGED)
    if not said.is_valid:
        is_first = said.page == page.definition.pages[0].key
        saved = (RATING_SAVED if is_first else SAVED_SO_FAR) if said.rating is not None else None
        return shown_page(page.asking, said.page, answers, sent=said, notice=saved)
    if said.next_page is None:
        return None
    problem = ERROR_NOT_ON_PAGE if said.misplaced else None
    notice = SAVED_SO_FAR if said.unseen else None
    return shown_page(page.asking, said.next_page, answers, only=said.unseen, notice=notice, problem=problem)


def _language_of(definition: SurveyDefinition, *, chosen: str | None, accepted: Iterable[str]) -> Language:
    wanted = (chosen, *accepted)
    return language(best_language(wanted, _spoken(definition), default=definition.default_language))


def _spoken(definition: SurveyDefinition) -> list[str]:
    return [code for code in definition.languages if code in phrase_book().languages]
