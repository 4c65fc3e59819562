"""Answers from another tool: whose they are, which wave they make, and what a second file changes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from tests.builders import (
    a_company,
    a_contact,
    a_response,
    a_survey_version,
    a_user,
    a_wave,
    an_account,
    an_invitation,
    save,
)
from tests.vocapp.accounts.files import counts, import_text, reasons
from vocapp.accounts.columns import TableKind
from vocapp.accounts.models import Contact
from vocapp.accounts.tally import Tally
from vocapp.campaigns.audience import audience
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import ExclusionReason, InvitationState, WaveState
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
from vocapp.duplicates.models import ContactMerge
from vocapp.freshness.models import Evidence
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.questionnaires.models import Survey
from vocapp.responses.exporting import response_table
from vocapp.responses.models import Response, ResponseRevision
from vocapp.workflows.history_imported import history_imported

HEADER = "survey_type,account_external_id,contact_email,responded_at,rating,comment,wave\n"


@pytest.fixture(autouse=True)
def _company(app: object) -> None:
    a_company(time_zone="Europe/Berlin")
    a_user(RoleName.ADMIN)


def bring(rows: str, **options: bool) -> Tally:
    return import_text(TableKind.RESPONSES, HEADER + rows, **options)


def somebody(email: str = "ana@c.example", key: str = "A-1", **values: object) -> Contact:
    return a_contact(an_account(external_id=key, external_key=key), email=email, **values)


def the_answer() -> Response:
    return db.session.scalars(select(Response)).one()


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_row_becomes_an_answer_in_a_closed_imported_wave() -> None:
    ana = somebody()

    tally = bring("nps,A-1,ANA@c.example,2025-03-31 14:05,9,Good people,Spring\n")

    answer = the_answer()
    wave = answer.invitation.wave
    assert counts(tally) == (1, 0, 0, 0, 0)
    assert (answer.contact_id, answer.rating, answer.comment) == (ana.id, 9, "Good people")
    assert (answer.source, answer.state) == ("import", "complete")
    assert answer.answered_at == datetime(2025, 3, 31, 12, 5, tzinfo=UTC)
    assert (wave.name, wave.is_imported, wave.state) == ("Spring", True, WaveState.CLOSED)
    assert wave.launched_at is None
    assert wave.closed_at == answer.answered_at
    assert (answer.invitation.state, answer.invitation.sent_at) == (InvitationState.COMPLETED, None)
    assert [account.external_id for account in wave.accounts] == ["A-1"]


def test_nobody_is_written_to() -> None:
    somebody()

    bring("nps,A-1,ana@c.example,2025-03-31,9,,\n")

    assert count(Message) == 0


def test_the_comment_is_kept_to_the_character_and_stands_under_the_open_question() -> None:
    somebody()

    bring('nps,A-1,ana@c.example,2025-03-31,9,"Première ligne\n  =naïve 👍",\n')

    answer = the_answer()
    assert answer.comment == "Première ligne\n  =naïve 👍"
    assert answer.comment in answer.answers.values()
    assert 9 in answer.answers.values()


def test_without_a_wave_the_month_makes_one() -> None:
    somebody()
    somebody("ben@c.example", "A-2")

    bring(
        "nps,A-1,ana@c.example,2025-03-31,9,,\nnps,A-2,ben@c.example,2025-03-01,7,,\n"
        "nps,A-1,ana@c.example,2025-04-30T23:30:00Z,8,,\n"
    )

    names = db.session.scalars(select(Wave.name).order_by(Wave.name)).all()
    assert names == ["2025-03", "2025-05"]


def test_waves_are_told_apart_by_survey_and_without_regard_to_case() -> None:
    somebody()
    somebody("ben@c.example", "A-2")

    bring("nps,,ana@c.example,2025-03-31,9,,Spring\nnps,,ben@c.example,2025-03-30,7,,SPRING\n")

    wave = db.session.scalars(select(Wave)).one()
    assert wave.created_at < wave.closed_at


def test_an_imported_wave_never_joins_one_of_ours() -> None:
    somebody()
    ours = a_wave(name="Spring", state=WaveState.CLOSED)

    bring("nps,A-1,ana@c.example,2025-03-31,9,,Spring\n")

    assert the_answer().wave_id != ours.id
    assert count(Wave) == 2


def test_a_second_import_changes_nothing() -> None:
    somebody()
    rows = "nps,A-1,ana@c.example,2025-03-31,9,Good,Spring\n"
    bring(rows)

    tally = bring(rows)

    assert counts(tally) == (0, 0, 1, 0, 0)
    assert (count(Response), count(ResponseRevision), count(Wave)) == (1, 1, 1)


def test_a_changed_row_replaces_the_answer_and_keeps_the_old_one() -> None:
    somebody()
    bring("nps,A-1,ana@c.example,2025-03-31,9,Good,Spring\n")

    tally = bring("nps,A-1,ana@c.example,2025-03-30,4,Not so good,Spring\n")

    db.session.expire_all()
    answer = the_answer()
    assert counts(tally) == (0, 1, 0, 0, 0)
    assert (answer.rating, answer.comment, answer.revision) == (4, "Not so good", 2)
    kept = db.session.scalars(select(ResponseRevision).order_by(ResponseRevision.number)).all()
    assert [9 in each.answers.values() for each in kept] == [True, False]
    assert answer.invitation.settled_at == answer.answered_at


def test_one_person_twice_in_a_wave_is_reported_and_the_first_counts() -> None:
    somebody()

    tally = bring(
        "nps,A-1,ana@c.example,2025-03-31,9,,Spring\nnps,,Ana@C.example,2025-03-30,2,,spring\n"
        "nps,A-1,ana@c.example,2025-03-31,3,,Autumn\n"
    )

    assert counts(tally) == (2, 0, 0, 1, 0)
    assert "only the first row counts" in reasons(tally)
    assert the_ratings() == [3, 9]


def the_ratings() -> list[int | None]:
    return sorted(db.session.scalars(select(Response.rating)).all(), key=lambda rating: rating or 0)


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    somebody()
    rows = "nps,A-1,ana@c.example,2025-03-31,9,,Spring\nnps,A-1,x@c.example,2025-03-31,9,,Spring\n"

    dry = bring(rows, is_dry_run=True).as_dict()

    assert (count(Response), count(Wave), count(Invitation), count(Job), count(Survey)) == (0, 0, 0, 0, 0)
    assert bring(rows).as_dict() == dry


@pytest.mark.parametrize("named", ["nps", "NPS", "Net Promoter Score", "net-promoter", "Relationship NPS"])
def test_a_survey_is_found_by_what_other_tools_call_it(named: str) -> None:
    somebody()

    bring(f"{named},A-1,ana@c.example,2025-03-31,9,,\n")

    assert the_answer().invitation.wave.survey_version.survey.key == "nps"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("voice,A-1,ana@c.example,2025-03-31,9,,", "survey_type", "There is no survey 'voice'"),
        (",A-1,ana@c.example,2025-03-31,9,,", "survey_type", "The cell is empty"),
        ("nps,A-9,ana@c.example,2025-03-31,9,,", "account_external_id", "import the accounts first"),
        ("nps,A-1,eve@c.example,2025-03-31,9,,", "contact_email", "import the contacts first"),
        ("nps,,eve@c.example,2025-03-31,9,,", "contact_email", "import the contacts first"),
        ("nps,A-1,no address,2025-03-31,9,,", "contact_email", "is not an e-mail address"),
        ("nps,,,2025-03-31,9,,", "contact_email", "Nothing says whose answer"),
        ("nps,A-1,ana@c.example,yesterday,9,,", "responded_at", "is not a date"),
        ("nps,A-1,ana@c.example,2025-02-30,9,,", "responded_at", "calendar"),
        ("nps,A-1,ana@c.example,2025-03-01 25:00,9,,", "responded_at", "no time of day"),
        ("nps,A-1,ana@c.example,1925-03-01,9,,", "responded_at", "1925"),
        ("nps,A-1,ana@c.example,2199-03-01,9,,", "responded_at", "future"),
        ("nps,A-1,ana@c.example,,9,,", "responded_at", "The cell is empty"),
        ("nps,A-1,ana@c.example,2025-03-31,11,,", "rating", "from 0 to 10"),
        ("nps,A-1,ana@c.example,2025-03-31,-1,,", "rating", "from 0 to 10"),
        ("nps,A-1,ana@c.example,2025-03-31,7.5,,", "rating", "from 0 to 10"),
        ("nps,A-1,ana@c.example,2025-03-31,٩,,", "rating", "from 0 to 10"),
        ("nps,A-1,ana@c.example,2025-03-31,,,", "rating", "The cell is empty"),
        (f"nps,A-1,ana@c.example,2025-03-31,9,{'x' * 10_001},", "comment", "longer than 10000"),
        (f"nps,A-1,ana@c.example,2025-03-31,9,,{'w' * 121}", "wave", "longer than 120"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_its_place(row: str, column: str, reason: str) -> None:
    somebody()

    tally = bring(f"{row}\nnps,A-1,ana@c.example,2025-01-31,9,,\n")

    (error,) = tally.errors
    assert (error.line, error.column) == (2, column)
    assert reason in error.reason
    assert error.reason.endswith(".")
    assert tally.created == 1


def test_an_address_at_two_accounts_needs_the_account() -> None:
    somebody()
    somebody(key="A-2")

    tally = bring("nps,,ana@c.example,2025-03-31,9,,\nnps,A-2,ana@c.example,2025-03-31,8,,\n")

    assert "say which account" in reasons(tally)
    assert the_answer().account.external_id == "A-2"


def test_an_account_with_one_person_needs_no_address() -> None:
    somebody()
    account = somebody("ben@c.example", "A-2").account
    a_contact(account)

    tally = bring("nps,A-1,,2025-03-31,9,,\nnps,A-2,,2025-03-31,8,,\n")

    assert the_answer().account.external_id == "A-1"
    assert "has 2 people" in reasons(tally)


def test_whoever_was_merged_answers_as_who_they_are_now() -> None:
    ana = somebody()
    old = a_contact(ana.account, email="ana.old@c.example", merged_into_id=ana.id)
    save(ContactMerge(account_id=ana.account_id, kept_id=ana.id, merged_id=old.id))

    bring("nps,A-1,ana.old@c.example,2025-03-31,9,,\n")

    assert the_answer().contact_id == ana.id


def test_a_file_without_a_column_that_says_who_is_refused_whole() -> None:
    tally = import_text(TableKind.RESPONSES, "survey_type,responded_at,rating\nnps,2025-03-31,9\n")

    assert counts(tally) == (0, 0, 0, 0, 1)
    assert "account_external_id" in reasons(tally)


def test_answers_given_in_confidence_come_from_no_file() -> None:
    somebody()
    a_survey_version().survey.is_confidential = True
    with transaction():
        db.session.flush()

    tally = bring("nps,A-1,ana@c.example,2025-03-31,9,,\n")

    assert counts(tally) == (0, 0, 0, 0, 1)
    assert "confidential" in reasons(tally)


def test_without_anybody_to_own_the_waves_the_file_waits() -> None:
    for user in db.session.scalars(select(type(a_user()))).unique():
        user.active = False
    somebody()

    assert "vocapp user add" in reasons(bring("nps,A-1,ana@c.example,2025-03-31,9,,\n"))


def test_what_was_exported_here_is_not_counted_twice() -> None:
    ana = somebody()
    wave = a_wave(name="Spring", state=WaveState.CLOSED)
    at = datetime(2025, 3, 31, 12, 5, 7, 123456, tzinfo=UTC)
    a_response(an_invitation(wave, ana), answered_at=at)
    header, row = response_table().header, next(iter(response_table().rows))
    cells = dict(zip(header, row, strict=True))
    cells["responded_at"] = cells["responded_at"].isoformat(timespec="seconds")

    tally = bring(",".join(str(cells[name] or "") for name in HEADER.strip().split(",")) + "\n")

    assert counts(tally) == (0, 0, 1, 0, 0)
    assert count(Response) == 1


def test_whoever_answered_elsewhere_lately_rests() -> None:
    ana = somebody()
    bring(f"nps,A-1,ana@c.example,{(utcnow() - timedelta(days=20)).date()},9,,\n")
    wave = a_wave(state=WaveState.DRAFT)
    wave.accounts.append(ana.account)
    wave.owner.roles = a_user(RoleName.LEADER).roles
    save(wave)

    (person,) = audience(wave, now=utcnow()).people

    assert person.reason is ExclusionReason.ASKED_RECENTLY


def test_a_late_answer_elsewhere_is_a_sign_of_life_and_an_old_one_is_not() -> None:
    lately = (utcnow() - timedelta(days=20)).date()
    ana, ben = somebody(verified_on=None), somebody("ben@c.example", "A-2", verified_on=None)
    bring(f"nps,A-1,ana@c.example,{lately},9,,\nnps,A-2,ben@c.example,2020-03-31,9,,\n")

    history_imported({})
    history_imported({})

    db.session.expire_all()
    assert (ana.verified_on, ben.verified_on) == (lately, None)
    assert count(Evidence) == 1


def test_an_answer_elsewhere_brings_nobody_back_who_has_left() -> None:
    lately = (utcnow() - timedelta(days=20)).date()
    ana = somebody(verified_on=None, status="left")
    bring(f"nps,A-1,ana@c.example,{lately},9,,\n")

    history_imported({})

    db.session.expire_all()
    assert ana.status == "left"


def test_an_import_asks_for_new_scores() -> None:
    somebody()

    bring("nps,A-1,ana@c.example,2025-03-31,9,,\n")

    kinds = set(db.session.scalars(select(Job.kind)))
    assert kinds == {"history_imported", "read_comments", "rescore_accounts"}


def test_columns_of_other_tools_are_recognised() -> None:
    somebody()
    text = "Survey Name;Account ID;Respondent Email;Response Date;Score;Feedback;Campaign\n"

    tally = import_text(TableKind.RESPONSES, text + "NPS;A-1;ana@c.example;31.03.2025 14:05;9;Good;Spring\n")

    assert counts(tally) == (1, 0, 0, 0, 0)
    assert the_answer().answered_at == datetime(2025, 3, 31, 12, 5, tzinfo=UTC)


def statements_of(act: Callable[[], object]) -> int:
    """How many statements something takes."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_many_rows_come_in_by_a_few_statements() -> None:
    account = an_account(external_id="A-1", external_key="A-1")
    for number in range(30):
        a_contact(account, email=f"p{number}@c.example")
    rows = "".join(f"nps,A-1,p{number}@c.example,2025-03-31,{number % 11},,\n" for number in range(30))

    taken = statements_of(lambda: bring(rows))

    assert count(Response) == 30
    assert taken < 45
