"""To whom a report is offered: just those who may read it, found without asking about each."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.builders import a_company, a_contact, a_user, a_wave, an_account
from tests.vocapp.sharing.builders import a_paper, a_share
from vocapp.core.db import db, transaction
from vocapp.identity.models import Role, User
from vocapp.identity.rules import RoleName
from vocapp.reports.models import Report
from vocapp.reports.queries import visible_report
from vocapp.reports.rules import Audience
from vocapp.sharing.queries import may_read, readers_inside


@pytest.fixture
def csm(client) -> User:
    a_company()
    return a_user(name="Ana Ferreira")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    said: list[str] = []

    def note(_connection, _cursor, statement, *_others):
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def reports_of_every_kind(csm: User) -> list[Report]:
    leader, owner = a_user(RoleName.LEADER), a_user()
    account = an_account(owner_id=owner.id)
    bare = {"account_id": None, "audience": Audience.INTERNAL}
    return [
        a_paper(account, csm),
        a_paper(account, csm, kind="portfolio", **bare),
        a_paper(account, leader, kind="portfolio", sees_all=True, **bare),
        a_paper(account, leader, kind="book", user_id=owner.id, **bare),
        a_paper(account, csm, kind="wave", wave_id=a_wave(owner_id=csm.id).id, **bare),
    ]


def test_a_report_is_offered_to_just_those_who_may_read_it(csm):
    others = [a_user(role) for role in RoleName for _each in range(2)]
    for report in reports_of_every_kind(csm):
        everybody = [csm, *others, report.requester, *([report.account.owner] if report.account else [])]
        may = {user.id for user in everybody if may_read(user, report)}
        assert {user.id for user in readers_inside(report)} & {user.id for user in everybody} == may
        assert may


def test_the_page_asks_the_same_number_of_questions_whatever_the_number_of_colleagues(client, csm):
    client.sign_in(csm)
    account = an_account(owner_id=csm.id)
    report = a_paper(account, csm)
    address = f"/reports/{report.id}/share"

    def questions() -> int:
        client.get(address)
        db.session.expire_all()
        with counted() as said:
            assert client.get(address).status_code == 200
        return len(said)

    a_user(), a_user(RoleName.LEADER), a_share(report, csm, a_contact(account))
    few = questions()
    for _each in range(12):
        a_user(), a_user(RoleName.LEADER), a_share(report, csm, a_contact(account))
    assert questions() == few


@pytest.mark.parametrize("kind", ["portfolio", "wave"])
def test_a_leader_who_has_become_a_csm_reads_no_more_than_a_csm(client, csm, kind):
    leader = a_user(RoleName.LEADER)
    wave_id = a_wave(owner_id=leader.id).id if kind == "wave" else None
    bare = {"account_id": None, "wave_id": wave_id, "audience": Audience.INTERNAL, "kind": kind}
    account = an_account(owner_id=csm.id)
    of_all = a_paper(account, leader, sees_all=True, **bare)
    own = a_paper(account, leader, **bare)
    assert visible_report(leader, of_all.id) is not None
    with transaction():
        leader.roles = [db.session.query(Role).filter_by(name=RoleName.CSM).one()]
    assert visible_report(leader, of_all.id) is None
    assert visible_report(leader, own.id) is not None
    client.sign_in(leader)
    for ending in ("", "/report.pdf", "/report.xlsx", "/share"):
        assert client.get(f"/reports/{of_all.id}{ending}").status_code == 404


def test_buttons_for_several_people_have_names_of_their_own(client, csm):
    client.sign_in(csm)
    account = an_account(owner_id=csm.id, name="Alderbrook Bank")
    report = a_paper(account, csm)
    for name in ("Deniz", "Maria"):
        a_share(report, csm, a_contact(account, first_name=name, last_name="Okafor"))
    page = client.get("/reports/approvals").get_data(as_text=True)
    for words in ("Read the PDF", "Send it", "Do not send", "Personal note"):
        for name in ("Deniz", "Maria"):
            about = f"Alderbrook Bank, for {name} Okafor"
            assert page.count(f'{words}<span class="visually-hidden"> {about}</span>') == 1
