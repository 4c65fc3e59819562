"""What others propose, and what comes of the CSM's decision."""

import pytest
from sqlalchemy import delete, select

from tests.builders import NOW, a_company, a_contact, a_persona, a_user, an_account, save
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.freshness.bulk import decide_suggestions
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.queries import count_open_suggestions, open_suggestions
from vocapp.freshness.rules import EvidenceSource, SuggestionDecision, SuggestionKind
from vocapp.freshness.service import accept_suggestion, dismiss_suggestion, reopen_suggestion, suggest
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.service import suppress_address

from .builders import a_correction, a_left_suggestion, a_suggestion

TODAY = NOW.date()


@pytest.fixture
def csm(app):
    a_company()
    a_persona("champion")
    return a_user()


def accept(suggestion, user, **choices):
    with transaction():
        return accept_suggestion(suggestion, by=user, now=NOW, **choices)


def reopen(suggestion, user):
    with transaction():
        return reopen_suggestion(suggestion, by=user, now=NOW)


def contacts_of(account):
    return db.session.scalars(select(Contact).where(Contact.account_id == account.id)).all()


def test_suggesting_twice_with_one_key_is_one_suggestion(csm):
    account = an_account()
    first = a_suggestion(account, key="referral:1")
    assert a_suggestion(account, key="referral:1") is first
    assert count_open_suggestions(account.id) == 1


def test_suggesting_changes_no_contact(csm):
    account = an_account()
    a_suggestion(account)
    assert [person.full_name for person in contacts_of(account)] == ["Zenobia Quist"]


def test_proposed_values_are_one_clean_line_each(csm):
    suggestion = a_suggestion(values={"first_name": " Ken\n\u202e", "title": "x" * 900, "phone": ""})
    assert suggestion.values == {"first_name": "Ken", "title": "x" * 200}


def test_what_no_suggestion_may_propose_is_a_mistake_of_the_program(csm):
    with pytest.raises(ValueError, match="verified_on"):
        a_suggestion(values={"verified_on": "2026-01-01"})


def test_accepting_adds_the_person_unverified_in_the_part_that_was_asked_for(csm):
    added = accept(a_suggestion(), csm)
    assert (added.full_name, added.email, added.verified_on) == ("Ken Ito", "ken@customer.example", None)
    assert [persona.key for persona in added.personas] == ["champion"]


def test_the_csm_may_confirm_whom_they_add(csm):
    assert accept(a_suggestion(), csm, is_confirmed=True).verified_on == TODAY


def test_whom_the_champion_named_is_verified_by_accepting_unless_the_csm_says_no(csm):
    account = an_account()
    named = a_suggestion(account, source=EvidenceSource.CHAMPION_PAGE)
    other = a_suggestion(
        account,
        source=EvidenceSource.CHAMPION_PAGE,
        values={"first_name": "Mei", "email": "mei@customer.example"},
    )
    assert accept(named, csm).verified_on == TODAY
    assert accept(other, csm, is_confirmed=False).verified_on is None


def test_a_successor_plays_the_part_of_whom_they_follow_and_speaks_their_language(csm):
    ana = a_contact(personas=("decision_maker",), language="pt", time_zone="America/Sao_Paulo")
    suggestion = a_suggestion(ana.account, replaces_id=ana.id, persona_key="")
    added = accept(suggestion, csm)
    assert ([persona.key for persona in added.personas], added.language) == (["decision_maker"], "pt")


def test_accepting_twice_does_nothing_more(csm):
    suggestion = a_suggestion()
    assert accept(suggestion, csm) is not None
    assert accept(suggestion, csm) is None
    assert len(contacts_of(suggestion.account)) == 2


def test_the_same_person_named_twice_is_decided_once(csm):
    account = an_account()
    first, second = a_suggestion(account), a_suggestion(account)
    added = accept(first, csm)
    assert (second.decision, second.outcome) == ("accepted", added)
    assert count_open_suggestions(account.id) == 0


def test_somebody_known_by_address_is_brought_up_to_date_and_not_added(csm):
    ken = a_contact(email="ken@customer.example", first_name="Kenneth", last_name="Ito", personas=())
    suggestion = a_suggestion(ken.account, persona_key="champion")
    assert suggestion.known is ken
    assert accept(suggestion, csm) is ken
    assert (ken.first_name, [persona.key for persona in ken.personas]) == ("Ken", ["champion"])
    assert suggestion.effect == {"first_name": ["Kenneth", "Ken"], "personas": [[], ["champion"]]}


def test_somebody_known_by_name_gets_the_new_address_unless_it_is_somebody_else(csm):
    ken = a_contact(first_name="KEN", last_name="ITÓ", email="old@customer.example")
    suggestion = a_suggestion(ken.account)
    assert suggestion.known is ken
    added = accept(suggestion, csm, is_somebody_new=True)
    assert added is not ken
    other = a_contact(first_name="Ken", last_name="Ito", email="old@other.example")
    assert accept(a_suggestion(other.account), csm) is other
    assert other.email == "ken@customer.example"


def test_somebody_who_had_left_and_is_named_again_is_there_again(csm):
    ken = a_contact(email="ken@customer.example", status=ContactStatus.LEFT)
    accept(a_suggestion(ken.account), csm)
    assert ken.status == ContactStatus.ACTIVE


def test_without_an_address_nobody_is_added_until_the_csm_types_one(csm):
    suggestion = a_suggestion(values={"first_name": "Ken", "last_name": "Ito"})
    with pytest.raises(DomainError, match="e-mail address"):
        accept(suggestion, csm)
    assert suggestion.decision is None
    assert accept(suggestion, csm, email="ken@customer.example").email == "ken@customer.example"


def test_one_of_our_own_people_is_refused_and_the_suggestion_kept(csm):
    suggestion = a_suggestion(values={"first_name": "Me", "email": csm.email})
    with pytest.raises(DomainError, match="our own people"):
        accept(suggestion, csm)
    assert suggestion.decision is None


def test_accepting_that_somebody_left_keeps_it_as_evidence(csm):
    ana = a_contact()
    suggestion = a_left_suggestion(ana)
    assert accept(suggestion, csm) is ana
    assert (ana.status, ana.verified_on) == (ContactStatus.LEFT, None)
    evidence = db.session.scalars(select(Evidence)).one()
    assert (evidence.source, evidence.source_id) == ("decision", suggestion.id)


def test_accepting_that_somebody_left_does_not_hide_their_opt_out(csm):
    ana = a_contact(status=ContactStatus.OPTED_OUT)
    accept(a_left_suggestion(ana), csm)
    assert (ana.status, ana.verified_on) == (ContactStatus.OPTED_OUT, None)


def test_a_correction_changes_the_columns_it_names_and_remembers_what_was(csm):
    ana = a_contact(title="Director", phone="1")
    suggestion = a_correction(ana, title="Vice President")
    accept(suggestion, csm)
    assert (ana.title, ana.phone) == ("Vice President", "1")
    assert suggestion.effect == {"title": ["Director", "Vice President"]}


def test_a_corrected_address_passes_the_checks_of_a_new_one(csm):
    ana, ken = a_contact(), a_contact(email="ken@customer.example")
    ana.account_id = ken.account_id
    save(ana)
    with pytest.raises(DomainError, match="has this address already"):
        accept(a_correction(ana, email="KEN@customer.example"), csm)
    with pytest.raises(DomainError, match="our own people"):
        accept(a_correction(ana, email=csm.email), csm)
    with pytest.raises(DomainError, match="not an e-mail address"):
        accept(a_correction(ana, email="nobody"), csm)


def test_a_corrected_address_ends_a_bounce_but_no_opt_out(csm):
    ana = a_contact(status=ContactStatus.BOUNCED)
    accept(a_correction(ana, email="ana.new@customer.example"), csm)
    assert (ana.status, ana.email_key) == (ContactStatus.ACTIVE, "ana.new@customer.example")
    ken = a_contact(status=ContactStatus.OPTED_OUT)
    accept(a_correction(ken, email="ken.new@customer.example"), csm)
    assert ken.status == ContactStatus.OPTED_OUT
    assert is_suppressed("ken.new@customer.example")


def test_an_address_that_must_not_be_written_to_opts_out_whoever_gets_it(csm):
    with transaction():
        suppress_address("gone@customer.example", reason="opted_out", source="test")
    ana = a_contact()
    accept(a_correction(ana, email="gone@customer.example"), csm)
    assert ana.status == ContactStatus.OPTED_OUT


def test_whoever_gets_a_dead_address_is_bounced_and_has_not_opted_out(csm):
    with transaction():
        suppress_address("dead@customer.example", reason="address_dead", source="test")
    ana = a_contact()
    accept(a_correction(ana, email="dead@customer.example"), csm)
    added = accept(a_suggestion(values={"first_name": "Ken", "email": "dead@customer.example"}), csm)
    assert (ana.status, added.status) == (ContactStatus.BOUNCED, ContactStatus.BOUNCED)


def test_another_address_brings_nobody_back_who_left(csm):
    ana = a_contact(status=ContactStatus.LEFT)
    accept(a_correction(ana, email="ana.new@customer.example"), csm)
    assert ana.status == ContactStatus.LEFT


def test_that_somebody_plays_no_part_any_more_takes_their_personas(csm):
    ana = a_contact(personas=("champion",))
    accept(a_correction(ana, personas=[]), csm)
    assert ana.personas == []


def test_dismissing_changes_nobody_and_says_it_for_the_same_words_too(csm):
    ana = a_contact()
    first, second = a_left_suggestion(ana), a_left_suggestion(ana)
    with transaction():
        dismiss_suggestion(first, by=csm, now=NOW)
    assert ana.status == ContactStatus.ACTIVE
    assert (first.decision, second.decision) == ("dismissed", "dismissed")


def test_a_dismissed_suggestion_is_not_accepted_later(csm):
    suggestion = a_suggestion()
    with transaction():
        dismiss_suggestion(suggestion, by=csm, now=NOW)
    assert accept(suggestion, csm) is None


def test_a_dismissal_can_be_taken_back(csm):
    suggestion = a_suggestion()
    with transaction():
        dismiss_suggestion(suggestion, by=csm, now=NOW)
    assert reopen(suggestion, csm) == []
    assert accept(suggestion, csm) is not None


def test_a_correction_can_be_taken_back_and_made_again(csm):
    ana = a_contact(title="Director", email="ana@customer.example", status=ContactStatus.BOUNCED)
    suggestion = a_correction(ana, title="Vice President", email="ana.new@customer.example")
    accept(suggestion, csm, is_confirmed=True)
    assert reopen(suggestion, csm) == []
    assert (ana.title, ana.email, ana.status) == ("Director", "ana@customer.example", "bounced")
    accept(suggestion, csm, is_confirmed=True)
    assert (ana.title, ana.verified_on) == ("Vice President", TODAY)


def test_that_somebody_left_can_be_taken_back(csm):
    ana = a_contact()
    suggestion = a_left_suggestion(ana)
    accept(suggestion, csm)
    reopen(suggestion, csm)
    assert (ana.status, ana.verified_on) == (ContactStatus.ACTIVE, TODAY)


def test_what_was_changed_since_stays_and_is_named(csm):
    ana = a_contact(title="Director", phone="1")
    suggestion = a_correction(ana, title="Vice President", phone="2")
    accept(suggestion, csm)
    ana.title = "President"
    save(ana)
    assert reopen(suggestion, csm) == ["title"]
    assert (ana.title, ana.phone) == ("President", "1")


def test_an_added_person_is_not_taken_away_again(csm):
    suggestion = a_suggestion()
    accept(suggestion, csm)
    with pytest.raises(DomainError, match="not taken away"):
        reopen(suggestion, csm)


def test_names_in_any_script_are_found_and_kept(csm):
    known = a_contact(first_name="Ольга", last_name="Ёлкина")
    suggestion = a_suggestion(
        known.account, values={"first_name": "ОЛЬГА", "last_name": "Елкина", "title": "مديرة"}
    )
    assert suggestion.known is known
    assert suggestion.values["title"] == "مديرة"


def test_a_csm_sees_the_suggestions_of_their_own_customers_only(csm):
    mine = a_suggestion(an_account(owner_id=csm.id))
    a_suggestion(an_account(owner_id=a_user().id))
    a_suggestion(an_account(owner_id=csm.id, status="churned"))
    assert db.session.scalars(open_suggestions(csm)).all() == [mine]
    assert count_open_suggestions(csm) == 1


def test_suggestions_of_a_kind_are_stored_by_value(csm):
    account = an_account()
    with transaction():
        suggest(
            account.id,
            SuggestionKind.NEW_PERSON,
            key="x",
            source=EvidenceSource.CRM,
            source_id=1,
            now=NOW,
        )
    assert db.session.scalars(select(Suggestion.kind)).all() == ["new_person"]


def test_what_was_decided_along_can_be_opened_again_by_itself(csm):
    ana = a_contact()
    first, second = a_left_suggestion(ana), a_left_suggestion(ana)
    accept(first, csm)
    assert reopen(second, csm) == []
    assert (first.decision, second.decision, ana.status) == ("accepted", None, ContactStatus.LEFT)


@pytest.mark.parametrize("propose", [a_left_suggestion, lambda ana: a_correction(ana, title="CFO")])
def test_what_was_said_about_somebody_who_is_at_another_account_now_changes_nobody(csm, propose):
    ana = a_contact()
    suggestion = propose(ana)
    ana.account_id = an_account().id
    save(ana)
    with pytest.raises(DomainError, match="another account by now"):
        accept(suggestion, csm)
    assert (ana.status, ana.title) == ("active", "")


def test_a_namesake_who_went_to_another_account_is_not_the_person_named(csm):
    account = an_account()
    ken = a_contact(account, first_name="Ken", last_name="Ito", email="k@customer.example")
    suggestion = a_suggestion(account)
    ken.account_id = an_account().id
    save(ken)
    added = accept(suggestion, csm)
    assert (added.account_id, added.email) == (account.id, "ken@customer.example")


def test_what_was_taken_back_meanwhile_is_not_decided(csm):
    suggestion = a_suggestion()
    with transaction():
        assert suggestion.decision is None  # Read, as a page does before somebody else takes it back.
        db.session.execute(delete(Suggestion).execution_options(synchronize_session=False))
        decided = decide_suggestions([suggestion], SuggestionDecision.DISMISSED, by=csm, now=NOW)
        with pytest.raises(DomainError, match="taken back"):
            accept_suggestion(suggestion, by=csm, now=NOW)
    assert (decided.count, len(decided.refusals)) == (0, 1)
