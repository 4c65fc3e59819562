"""Out of one installation and into another: with keys, trust, limits, and a way back."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Text, select, type_coerce

from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_response,
    a_survey_version,
    a_tier,
    a_wave,
    an_invitation,
    save,
)
from tests.vocapp.benchmarks.builders import a_scored_account
from tests.vocapp.exchange.files import FINGERPRINT, THEIRS, TODAY, a_file, a_summary
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.exchange import queries, service
from vocapp.exchange.document import read_file
from vocapp.exchange.models import ExchangeCell, ExchangeExport, ExchangeImport, ExchangeKey
from vocapp.exchange.reading import Content
from vocapp.exchange.rules import Cell, Cohort, Exchanged, Trait, in_thousandths
from vocapp.exchange.standings import Use, sources_for
from vocapp.method.queries import method_on
from vocapp.questionnaires.models import Survey, SurveyVersion


@pytest.fixture(autouse=True)
def _company(app: object) -> None:
    a_company()


def some_accounts(many: int, **values: Any) -> list[int]:
    return [a_scored_account(strength=40.0 + step, answers=2, **values).id for step in range(many)]


def export(*, now: datetime = NOW, **values: Any) -> bytes:
    with transaction():
        options = {"source": "", "first": Trait.TIER, **values}
        return service.export_file(by=None, now=now, **options).content


def content_of(file: bytes) -> Content:
    return read_file(file, today=NOW.date(), admit=lambda _key: None).content


def take_in(file: bytes, *, now: datetime = NOW) -> int:
    with transaction():
        return service.import_file(file, by=None, now=now).id


def trust_them(name: str = "Harrier") -> int:
    with transaction():
        return service.trust(FINGERPRINT, name=name, by=None, now=NOW).id


def test_an_export_says_how_cohorts_are_and_names_nobody() -> None:
    tier = a_tier()
    some_accounts(12, tier_id=tier.id, industry="Software", region="EMEA")
    some_accounts(2, industry="software ")
    file = export()
    said = content_of(file)
    cell = next(one for one in said.cells if one.measure is Exchanged.STRENGTH and not one.cohort.traits)
    assert (cell.summary.accounts, cell.summary.respondents, cell.summary.mean) == (14, 28, 45)
    assert set(cell.summary.quantiles) == {25, 50, 75}
    names = {one.cohort.industry for one in said.cells}
    assert names == {"", "Software"}
    # Two accounts have no tier, so telling the tier would tell of them.
    assert {one.cohort.tier for one in said.cells} == {""}
    assert (said.made_on, said.from_on, said.source) == (TODAY, date(2025, 3, 11), "")
    text = file.decode()
    for hidden in ("Account", "Vendor", "vendor.example", "Ana", "private"):
        assert hidden not in text
    assert content_of(export(source=" Kestrel\u202e  Cloud ")).source == "Kestrel Cloud"


def test_a_trait_that_is_the_name_of_an_account_or_of_ours_is_left_out() -> None:
    some_accounts(4, region="VENDOR")
    some_accounts(4, region="Northgate")
    a_scored_account(name="northgate", region="South")
    assert {subject.traits.region for subject in queries.subjects(now=NOW)} == {"", "South"}


def test_nothing_is_written_where_there_is_nothing_to_tell() -> None:
    some_accounts(2)
    with pytest.raises(DomainError, match="no cohort of five people"):
        export()
    assert db.session.scalars(select(ExchangeExport)).all() == []


def test_what_was_told_binds_later_files() -> None:
    ids = some_accounts(9)
    first = export()
    assert content_of(export(now=NOW + timedelta(hours=1))).cells == content_of(first).cells
    stored = db.session.scalars(select(ExchangeExport).order_by(ExchangeExport.id.desc())).first()
    assert stored is not None
    assert {row[0] for row in stored.ledger["strength"]} == set(ids)
    a_scored_account(strength=99.0)
    assert {cell.summary.accounts for cell in content_of(export()).cells} == {9}


def test_a_file_of_made_up_accounts_says_so_and_leaves_no_trace() -> None:
    some_accounts(4, is_demo=True)
    assert content_of(export()).is_demo
    some_accounts(3)
    said = content_of(export())
    assert (said.is_demo, {cell.summary.accounts for cell in said.cells}) == (False, {3})
    ledgers = [row.ledger for row in db.session.scalars(select(ExchangeExport).order_by(ExchangeExport.id))]
    assert (ledgers[0], len(ledgers[1]["strength"])) == ({}, 3)


def test_satisfaction_and_effort_come_from_standard_words_given_openly() -> None:
    kinds = {"csat": [5, 4, 1], "ces": [7, 6, 2]}
    versions = {}
    for kind in kinds:
        survey = save(Survey(key=f"own-{kind}", name=kind))
        definition = json.loads(json.dumps(a_survey_version().definition))
        page = definition["pages"][0] if "pages" in definition else definition
        page["questions"][0]["kind"] = kind
        versions[kind] = save(SurveyVersion(survey_id=survey.id, number=1, definition=definition))
    secret = save(Survey(key="secret", name="In confidence", is_confidential=True))
    hidden = save(SurveyVersion(survey_id=secret.id, number=1, definition=versions["csat"].definition))
    for number in range(3):
        account = a_scored_account()
        for kind, ratings in kinds.items():
            wave = a_wave(survey_version_id=versions[kind].id)
            for person in range(2):
                contact = a_contact(account)
                a_response(an_invitation(wave, contact), rating=ratings[number], answered_at=NOW)
                if person:
                    unheard = a_wave(survey_version_id=hidden.id)
                    a_response(an_invitation(unheard, contact), rating=1, answered_at=NOW)
    found = queries.subjects(now=NOW + timedelta(days=1))
    assert [one.values[Exchanged.CSAT] for one in found] == [100, 100, 0]
    assert [one.values[Exchanged.CES] for one in found] == [100, 100, 0]
    assert [one.respondents[Exchanged.CSAT] for one in found] == [2, 2, 2]


def test_the_key_is_made_once_and_sealed() -> None:
    with transaction():
        first = service.ensure_key(by=None, now=NOW)
        again = service.ensure_key(by=None, now=NOW)
    assert first is again
    raw = db.session.scalar(select(type_coerce(ExchangeKey.private_key, Text)))
    assert raw is not None
    assert raw.startswith("sealed1.")
    assert first.private_key not in raw
    assert (
        len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "exchange_key_made")).all()) == 1
    )


def test_a_file_comes_in_once_its_key_is_trusted_and_goes_as_a_whole() -> None:
    file = a_file()
    with pytest.raises(DomainError, match="trust it, and import the file again"):
        take_in(file)
    trust_them()
    import_id = take_in(file)
    assert queries.cells_by_import() == {import_id: 1}
    with pytest.raises(DomainError, match="imported before; nothing changed"):
        take_in(file)
    with pytest.raises(DomainError, match="lies ahead"):
        take_in(a_file(made_on=TODAY + timedelta(days=1)))
    assert queries.cells_by_import() == {import_id: 1}
    with transaction():
        assert service.remove_import(import_id, by=None)
    assert db.session.scalars(select(ExchangeCell)).all() == []
    with transaction():
        assert not service.remove_import(import_id, by=None)
    assert take_in(file)


def test_our_own_file_and_our_own_fingerprint_are_refused() -> None:
    some_accounts(5)
    file = export()
    with pytest.raises(DomainError, match="file of our own"):
        take_in(file)
    key = queries.our_key()
    assert key is not None
    with transaction(), pytest.raises(DomainError, match="our own fingerprint"):
        service.trust(key.fingerprint, name="Us", by=None, now=NOW)
    with transaction(), pytest.raises(DomainError, match="Give the key a name"):
        service.trust(FINGERPRINT, name=" \u202e ", by=None, now=NOW)


def test_of_a_partner_the_newest_file_counts_and_only_where_it_may() -> None:
    partner = trust_them()
    ours = in_thousandths(method_on(TODAY).parameters)

    def use(measure: Exchanged = Exchanged.STRENGTH, *, today: date = TODAY) -> list[Use]:
        return [source.use for source in sources_for(measure, today=today)]

    some_accounts(3)
    take_in(a_file(made_on=TODAY - timedelta(days=90), to_on=TODAY - timedelta(days=90)))
    assert use() == [Use.COUNTS]
    newest = take_in(a_file(parameters={**ours, "floor": 1}))
    assert [source.file.id for source in sources_for(Exchanged.NPS, today=TODAY)] == [newest]
    # A floor changes strength and nothing else.
    assert (use(), use(Exchanged.ENGAGEMENT)) == ([Use.OTHER_METHOD], [Use.COUNTS])
    assert use(Exchanged.ENGAGEMENT, today=TODAY + timedelta(days=366)) == [Use.TOO_OLD]
    with transaction():
        service.distrust(partner, by=None)
    assert use(Exchanged.ENGAGEMENT) == [Use.NOT_TRUSTED]
    assert len(db.session.scalars(select(ExchangeImport)).all()) == 2


def test_a_made_up_company_counts_among_made_up_ones_only() -> None:
    trust_them()
    take_in(a_file(is_demo=True))
    assert [source.use for source in sources_for(Exchanged.NPS, today=TODAY)] == [Use.COUNTS]
    some_accounts(3)
    assert [source.use for source in sources_for(Exchanged.NPS, today=TODAY)] == [Use.MADE_UP]


def test_two_installations_understand_each_other() -> None:
    """What we tell, somebody with another key tells us: it comes back as it was."""
    for step in range(60):
        a_scored_account(strength=1.5 * step, answers=2, region="EMEA" if step % 2 else "APAC")
    said = content_of(export())
    trust_them()
    import_id = take_in(a_file(*said.cells, key=THEIRS, parameters=said.parameters))
    stored = db.session.scalars(select(ExchangeCell).where(ExchangeCell.import_id == import_id)).all()
    assert len(stored) == len(said.cells)
    assert {one.region for one in stored} == {"", "APAC", "EMEA"}
    told = replace(a_summary(60, lowest=0, highest=88.5), respondents=120)
    assert Cell(Exchanged.STRENGTH, Cohort(), told) in said.cells
