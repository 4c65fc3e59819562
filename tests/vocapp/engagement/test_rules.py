"""What an invitation's outcome means, and what we have from a person."""

from itertools import product

import numpy as np
import pytest

from surveys.rates import Disposition
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.rules import InvitationState
from vocapp.engagement.rules import (
    CONTACT_STATUSES,
    DISPOSITIONS,
    REPLIES,
    STATES,
    VOICES,
    Participations,
    Reply,
    Voice,
    decision_maker_silent_waves,
    disposition_of,
    dispositions,
    people_of,
    silent_waves,
)


@pytest.mark.parametrize(
    ("state", "reply", "expected"),
    [
        (InvitationState.COMPLETED, Reply.COMPLETE, Disposition.COMPLETE),
        (InvitationState.COMPLETED, Reply.PARTIAL, Disposition.PARTIAL),
        (InvitationState.STARTED, Reply.PARTIAL, Disposition.PARTIAL),
        (InvitationState.COMPLETED, Reply.NONE, Disposition.COMPLETE),
        (InvitationState.COMPLETED, Reply.DOUBTFUL, Disposition.PENDING),
        (InvitationState.DECLINED, Reply.NONE, Disposition.DECLINED),
        (InvitationState.SILENT, Reply.NONE, Disposition.SILENT),
        (InvitationState.SILENT, Reply.DOUBTFUL, Disposition.SILENT),
        (InvitationState.BOUNCED, Reply.NONE, Disposition.BOUNCED),
        (InvitationState.REFERRED, Reply.NONE, Disposition.INELIGIBLE),
        (InvitationState.OPTED_OUT, Reply.NONE, Disposition.INELIGIBLE),
        (InvitationState.PLANNED, Reply.NONE, Disposition.PENDING),
        (InvitationState.SENT, Reply.NONE, Disposition.PENDING),
        (InvitationState.DELIVERED, Reply.NONE, Disposition.PENDING),
        (InvitationState.STARTED, Reply.NONE, Disposition.PENDING),
    ],
)
def test_every_state_has_its_meaning(state, reply, expected):
    found = disposition_of(state, reply=reply, is_settled=True, contact_status=ContactStatus.ACTIVE)
    assert found is expected


def test_an_outcome_reached_later_is_still_pending():
    found = disposition_of(
        InvitationState.SILENT, reply=Reply.NONE, is_settled=False, contact_status=ContactStatus.ACTIVE
    )
    assert found is Disposition.PENDING


def test_silence_of_somebody_who_left_is_nobodys_silence():
    found = disposition_of(
        InvitationState.SILENT, reply=Reply.NONE, is_settled=True, contact_status=ContactStatus.LEFT
    )
    assert found is Disposition.INELIGIBLE


def test_what_somebody_said_before_they_left_still_counts():
    found = disposition_of(
        InvitationState.COMPLETED, reply=Reply.COMPLETE, is_settled=True, contact_status=ContactStatus.LEFT
    )
    assert found is Disposition.COMPLETE


def test_the_array_form_agrees_with_the_rule_everywhere():
    codes = np.array(
        list(product(range(len(STATES)), range(len(REPLIES)), (0, 1), range(len(CONTACT_STATUSES))))
    )
    imported = np.zeros(len(codes), dtype=np.bool_)
    found = [DISPOSITIONS[code] for code in dispositions(*codes.T, is_imported=imported)]
    assert found == [
        disposition_of(
            STATES[state],
            reply=REPLIES[reply],
            is_settled=bool(settled),
            contact_status=CONTACT_STATUSES[status],
        )
        for state, reply, settled, status in codes
    ]


def rows(*asked: tuple[int, int, int, Disposition, int, bool]) -> Participations:
    """(account, contact, wave, disposition, rating or -1, decision maker); wave N was launched on day N."""
    columns = [np.array(column) for column in zip(*asked, strict=True)] or [np.empty(0, dtype=np.int64)] * 6
    account, contact, wave, _, rating, decides = columns
    size = len(asked)
    return Participations(
        invitation=np.arange(size),
        account=account,
        contact=contact,
        wave=wave,
        launched=wave * 86_400,
        disposition=np.array([DISPOSITIONS.index(one[3]) for one in asked], dtype=np.int64),
        weight=np.ones(size),
        age_months=np.zeros(size),
        rating=rating,
        answered=np.where(rating >= 0, wave * 86_400, -1),
        is_active=np.ones(size, dtype=np.bool_),
        is_decision_maker=decides.astype(np.bool_),
        counts_as_sentiment=rating >= 0,
        is_imported=np.zeros(size, dtype=np.bool_),
    )


COMPLETE, SILENT, PENDING, BOUNCED, DECLINED = (
    Disposition.COMPLETE,
    Disposition.SILENT,
    Disposition.PENDING,
    Disposition.BOUNCED,
    Disposition.DECLINED,
)


def voice_after(*outcomes: Disposition) -> tuple[Voice, int, bool]:
    """Voice, silent streak and whether waiting, of one person after waves in order."""
    people = people_of(rows(*((1, 1, wave, one, -1, False) for wave, one in enumerate(outcomes, start=1))))
    return VOICES[people.voice[0]], int(people.silent_streak[0]), bool(people.is_waiting[0])


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((SILENT,), (Voice.SILENT, 1, False)),
        ((COMPLETE, SILENT, SILENT), (Voice.SILENT, 2, False)),
        ((SILENT, SILENT, COMPLETE), (Voice.ANSWERED, 0, False)),
        ((SILENT, DECLINED), (Voice.DECLINED, 0, False)),
        ((PENDING,), (Voice.WAITING, 0, True)),
        ((SILENT, PENDING), (Voice.SILENT, 1, True)),
        ((BOUNCED,), (Voice.NOT_REACHED, 0, False)),
        ((SILENT, BOUNCED, SILENT), (Voice.SILENT, 2, False)),
        ((BOUNCED, PENDING), (Voice.WAITING, 0, True)),
    ],
)
def test_waiting_silent_and_never_reached_are_different(outcomes, expected):
    assert voice_after(*outcomes) == expected


def test_the_newest_answer_of_a_person_counts():
    people = people_of(rows((1, 1, 1, COMPLETE, 3, False), (1, 1, 2, COMPLETE, 9, False)))
    assert people.rating.tolist() == [9]


def test_people_are_told_apart_across_accounts():
    people = people_of(
        rows((1, 1, 1, COMPLETE, 3, False), (1, 2, 1, SILENT, -1, True), (2, 3, 1, COMPLETE, 10, False))
    )
    assert people.account.tolist() == [1, 1, 2]
    assert people.rating.tolist() == [3, -1, 10]
    assert people.is_decision_maker.tolist() == [False, True, False]


def test_nobody_asked_gives_nobody():
    nothing = rows()
    assert people_of(nothing).contact.size == 0
    assert decision_maker_silent_waves(nothing) == {}


def test_silent_decision_makers_are_counted_by_wave_since_one_was_heard():
    found = decision_maker_silent_waves(
        rows(
            (1, 1, 1, COMPLETE, 9, True),
            (1, 1, 2, SILENT, -1, True),
            (1, 1, 3, SILENT, -1, True),
            (2, 2, 1, SILENT, -1, True),
            (2, 2, 2, COMPLETE, 9, True),
            (3, 3, 1, SILENT, -1, True),
            (3, 3, 2, SILENT, -1, True),
            (4, 4, 1, SILENT, -1, False),
        )
    )
    assert found == {1: 2, 3: 2}


def test_a_wave_that_one_of_two_decision_makers_answered_is_not_silent():
    found = decision_maker_silent_waves(
        rows((1, 1, 1, SILENT, -1, True), (1, 1, 2, SILENT, -1, True), (1, 2, 2, COMPLETE, 8, True))
    )
    assert found == {}


def test_waves_that_reached_no_decision_maker_do_not_interrupt_a_silence():
    found = decision_maker_silent_waves(
        rows((1, 1, 1, SILENT, -1, True), (1, 1, 2, BOUNCED, -1, True), (1, 1, 3, SILENT, -1, True))
    )
    assert found == {1: 2}


def test_an_account_is_silent_for_the_waves_since_anybody_there_answered():
    asked = rows(
        (1, 1, 1, COMPLETE, 9, False),
        (1, 1, 2, SILENT, -1, False),
        (1, 2, 2, SILENT, -1, True),
        (1, 1, 3, SILENT, -1, False),
        (2, 3, 1, SILENT, -1, False),
        (2, 4, 1, DECLINED, -1, False),
        (3, 5, 1, SILENT, -1, False),
        (4, 6, 1, PENDING, -1, False),
        (4, 7, 1, BOUNCED, -1, False),
    )
    found = silent_waves(asked, np.ones_like(asked.is_decision_maker))
    assert found == {1: (2, 86_400), 2: (0, 86_400), 3: (1, -1)}
