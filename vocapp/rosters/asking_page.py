"""What a CSM sees around asking a champion: the preview, the requests so far, and what came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from surveys.translation import best_language, language, phrase_book
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import house_rules, personas_in_order
from vocapp.identity.models import User
from vocapp.outbox.notes import note_problem
from vocapp.outbox.rendering import RenderedMail
from vocapp.rosters.champion_letters import PREVIEW_TOKEN, preview_of
from vocapp.rosters.champion_page import RosterPage, customer_words, page_for
from vocapp.rosters.champion_queries import (
    account_may_ask_from,
    is_open,
    mail_states,
    requests_of,
    seats_of,
    waiting_forms,
)
from vocapp.rosters.champion_rules import ChampionAnswer, Said
from vocapp.rosters.models import RosterRequest, RosterRevision


@dataclass(frozen=True)
class Preview:
    """What one champion would get and see; `unspoken` are personas we have no words for customers for."""

    champion: Contact
    mail: RenderedMail
    page: RosterPage
    unspoken: Sequence[str]


@dataclass(frozen=True)
class AskedLine:
    """One request so far, and what came of it; `mail_state` is that of its mail, None without one."""

    request: RosterRequest
    mail_state: str | None
    is_open: bool
    said: "SaidLine | None"


@dataclass(frozen=True)
class SaidLine:
    """What a form says, in numbers and in the champion's words; `named` are names or addresses."""

    right: int
    changed: int
    left: int
    named: Sequence[str]
    comment: str


@dataclass(frozen=True)
class AskingPage:
    """Everything beside the form; `ask_from` is the first day on which one may ask again, None for now."""

    account: Account
    requests: Sequence[AskedLine]
    doubtful: Sequence[tuple[RosterRevision, SaidLine]]
    ask_from: date | None
    every_days: int
    open_days: int


def asking_page(account: Account, *, now: datetime) -> AskingPage:
    """Return what stands beside the form of an account."""
    asked, rules = requests_of(account.id), house_rules()
    states = mail_states(asked)
    first_day = account_may_ask_from(account.id)
    is_early = first_day is not None and now.astimezone(UTC).date() < first_day
    return AskingPage(
        account=account,
        requests=[
            AskedLine(
                request=request,
                mail_state=states.get(request.id),
                is_open=is_open(request, now=now),
                said=said_line(ChampionAnswer.from_json(request.answer)) if request.revision else None,
            )
            for request in asked
        ],
        doubtful=[
            (form, said_line(ChampionAnswer.from_json(form.answer))) for form in waiting_forms(account.id)
        ],
        ask_from=first_day if is_early else None,
        every_days=rules.champion_every_days,
        open_days=rules.champion_open_days,
    )


def said_line(answer: ChampionAnswer) -> SaidLine:
    """Return an answer in numbers, and whom it names."""
    said = [person.said for person in answer.people]
    return SaidLine(
        right=said.count(Said.RIGHT),
        changed=said.count(Said.CHANGED),
        left=said.count(Said.LEFT),
        named=[
            *(one.name or one.email for one in answer.named),
            *(one.next_name or one.next_email for one in answer.people if one.next_name or one.next_email),
        ],
        comment=answer.comment,
    )


def preview_for(account: Account, champion: Contact, *, sender: User, note: str, now: datetime) -> Preview:
    """Return mail and page as a champion would see them; a note that cannot be sent is left out."""
    ends = now + timedelta(days=house_rules().champion_open_days)
    spoken = language(best_language([champion.language], phrase_book().languages))
    empty, _holders = seats_of(account.id, now.date())
    return Preview(
        champion=champion,
        mail=preview_of(champion, sender=sender, note="" if note_problem(note) else note, expires_at=ends),
        page=page_for(account, champion, sender, spoken, token=PREVIEW_TOKEN, ends=ends, on=now.date()),
        unspoken=[
            persona.name
            for persona in personas_in_order()
            if empty.get(persona.key) and not customer_words(persona, spoken.code)
        ],
    )
