"""What became of an invitation, and what that says about the person and the account, as pure judgements."""

from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from surveys.rates import Disposition, Participation
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.rules import InvitationState
from vocapp.responses.rules import ResponseState

DECISION_MAKER = "decision_maker"

DAYS_PER_MONTH = 30.4375

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Reply(StrEnum):
    """What came back for an invitation; a doubtful answer lies in quarantine and counts nowhere."""

    NONE = "none"
    PARTIAL = "partial"
    COMPLETE = "complete"
    DOUBTFUL = "doubtful"


class Voice(StrEnum):
    """What we have from a person. Never asked, waiting and silent are three different things.

    `not_reached`: every mail came back, or the person was the wrong one or had left.
    """

    ANSWERED = "answered"
    DECLINED = "declined"
    SILENT = "silent"
    WAITING = "waiting"
    NOT_REACHED = "not_reached"
    NEVER_ASKED = "never_asked"


STATES = tuple(InvitationState)
REPLIES = tuple(Reply)
CONTACT_STATUSES = tuple(ContactStatus)
DISPOSITIONS = tuple(Disposition)


def disposition_of(
    state: InvitationState, *, reply: Reply, is_settled: bool, contact_status: ContactStatus
) -> Disposition:
    """Return what became of an invitation (docs/method.md §2.1, §2.2).

    `is_settled` says whether the state was reached by the moment in question; before that it is pending.
    Silence of somebody who has left is nobody's silence: ineligible, as are referrals and opt-outs.
    """
    if state is InvitationState.REFERRED and is_settled:
        return Disposition.INELIGIBLE
    if reply is Reply.COMPLETE:
        return Disposition.COMPLETE
    if reply is Reply.PARTIAL:
        return Disposition.PARTIAL
    if not is_settled or (state is InvitationState.COMPLETED and reply is Reply.DOUBTFUL):
        return Disposition.PENDING
    if state is InvitationState.SILENT and contact_status is ContactStatus.LEFT:
        return Disposition.INELIGIBLE
    return _SETTLED_AS.get(state, Disposition.PENDING)


_SETTLED_AS = {
    InvitationState.COMPLETED: Disposition.COMPLETE,
    InvitationState.DECLINED: Disposition.DECLINED,
    InvitationState.SILENT: Disposition.SILENT,
    InvitationState.BOUNCED: Disposition.BOUNCED,
    InvitationState.OPTED_OUT: Disposition.INELIGIBLE,
    # No mail asked them.
    InvitationState.UNWRITTEN: Disposition.INELIGIBLE,
    InvitationState.TOO_LATE: Disposition.INELIGIBLE,
    InvitationState.GONE: Disposition.INELIGIBLE,
}

OUTCOMES = {
    Disposition.COMPLETE: "answered",
    Disposition.PARTIAL: "partial",
    Disposition.DECLINED: "declined",
    Disposition.SILENT: "silent",
    Disposition.PENDING: "waiting",
    Disposition.BOUNCED: "not_reached",
    Disposition.INELIGIBLE: "not_reached",
}


def outcome_of(state: str, contact_status: str, response_state: str | None, doubt: str | None) -> str:
    """Return what an invitation came to: answered, partial, declined, silent, waiting or not_reached."""
    reply = Reply.NONE
    if response_state is not None:
        complete = Reply.PARTIAL if response_state == ResponseState.PARTIAL else Reply.COMPLETE
        reply = Reply.DOUBTFUL if doubt is not None else complete
    return OUTCOMES[
        disposition_of(
            InvitationState(state), reply=reply, is_settled=True, contact_status=ContactStatus(contact_status)
        )
    ]


_VOICES = {
    Disposition.COMPLETE: Voice.ANSWERED,
    Disposition.PARTIAL: Voice.ANSWERED,
    Disposition.DECLINED: Voice.DECLINED,
    Disposition.SILENT: Voice.SILENT,
    Disposition.PENDING: Voice.WAITING,
    Disposition.BOUNCED: Voice.NOT_REACHED,
    Disposition.INELIGIBLE: Voice.NOT_REACHED,
}


def _disposition_table() -> Numbers:
    """Return `disposition_of` for every combination of codes: state × reply × settled × contact status."""
    table = np.empty((len(STATES), len(REPLIES), 2, len(CONTACT_STATUSES)), dtype=np.int64)
    for place in np.ndindex(table.shape):
        state, reply, settled, status = place
        found = disposition_of(
            STATES[state],
            reply=REPLIES[reply],
            is_settled=bool(settled),
            contact_status=CONTACT_STATUSES[status],
        )
        table[place] = DISPOSITIONS.index(found)
    return table


_DISPOSITION_TABLE = _disposition_table()

_HEARD = np.array(
    [one in (Disposition.COMPLETE, Disposition.PARTIAL, Disposition.DECLINED) for one in DISPOSITIONS]
)
_SILENT = np.array([one is Disposition.SILENT for one in DISPOSITIONS])
_COUNTED = _HEARD | _SILENT
_PENDING = np.array([one is Disposition.PENDING for one in DISPOSITIONS])


@dataclass(frozen=True)
class Participations:
    """Every invitation of some accounts that went out, one array element each.

    Sorted by account, contact, launch of the wave, invitation. `disposition` indexes DISPOSITIONS;
    `age_months` counts from the wave's launch; `weight` is the persona's; `rating` is -1 where nobody rated,
    `answered` seconds since 1970 (-1 likewise). `counts_as_sentiment`: an answer that belongs to sentiment.
    `is_imported`: history from another tool, placed by its answer, which tells of nobody's taking part.
    """

    invitation: Numbers
    account: Numbers
    contact: Numbers
    wave: Numbers
    launched: Numbers
    disposition: Numbers
    weight: Floats
    age_months: Floats
    rating: Numbers
    answered: Numbers
    is_active: Flags
    is_decision_maker: Flags
    counts_as_sentiment: Flags
    is_imported: Flags

    @property
    def counted(self) -> Flags:
        """Which invitations engagement counts: answered, declined or silent."""
        return _flags(_COUNTED, self.disposition)


def pooled(rows: Participations, account_id: int) -> Participations:
    """Return the invitations of several accounts as if they were those of one, in the order one has them."""
    order = np.lexsort((rows.invitation, rows.launched, rows.contact))
    columns = {field.name: getattr(rows, field.name)[order] for field in fields(rows)}
    return Participations(**{**columns, "account": np.full_like(columns["account"], account_id)})


def dispositions(
    state: Numbers, reply: Numbers, settled: Numbers, contact_status: Numbers, *, is_imported: Flags
) -> Numbers:
    """Return `disposition_of` element by element, all in codes (positions in STATES, REPLIES, …).

    Whom another tool asked in vain nobody knows, so those who answered it are in no denominator either.
    """
    found: Numbers = _DISPOSITION_TABLE[state, reply, settled, contact_status]
    return np.where(is_imported, DISPOSITIONS.index(Disposition.INELIGIBLE), found)


@dataclass(frozen=True)
class People:
    """One element per contact who was ever asked or whose answer was imported, by account and contact.

    `voice` indexes tuple(Voice); `rating` is the answer that counts in sentiment, -1 for none, with `weight`
    and `answered` of its invitation; `silent_streak` counts the latest invitations left unanswered in a row.
    """

    account: Numbers
    contact: Numbers
    voice: Numbers
    silent_streak: Numbers
    is_waiting: Flags
    is_active: Flags
    rating: Numbers
    answered: Numbers
    weight: Floats
    is_decision_maker: Flags


VOICES = tuple(Voice)
_VOICE_OF_DISPOSITION = np.array([VOICES.index(_VOICES[one]) for one in DISPOSITIONS])


def people_of(rows: Participations) -> People:
    """Return what we have from each person asked.

    Voice is that of the latest invitation whose outcome counts; without one, waiting if a mail is out, else
    not reached; and never asked, whoever has only answered another tool.
    """
    size = len(rows.contact)
    starts = _starts(rows.contact)
    person = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, size)))
    place = np.arange(size)
    last_heard = _last(place, _flags(_HEARD, rows.disposition), starts)
    last_counted = _last(place, rows.counted, starts)
    pending = _flags(_PENDING, rows.disposition)
    last_pending = _last(place, pending, starts)
    silent_since = _flags(_SILENT, rows.disposition) & (place > last_heard[person])
    speaking = np.where(last_counted >= 0, last_counted, last_pending)
    reached = speaking >= 0
    # The newest answer, not the newest wave: people answer waves that overlap in any order.
    newest = _last(rows.answered, rows.counts_as_sentiment, starts)
    chosen = _last(place, rows.counts_as_sentiment & (rows.answered == newest[person]), starts)
    rated = chosen >= 0
    is_asked = _sum((~rows.is_imported).astype(np.int64), starts) > 0
    voice = np.where(is_asked, VOICES.index(Voice.NOT_REACHED), VOICES.index(Voice.NEVER_ASKED))
    voice[reached] = _VOICE_OF_DISPOSITION[rows.disposition[speaking[reached]]]
    # Where no answer counts, the newest invitation tells the person's weight and persona.
    telling = np.where(rated, chosen, np.append(starts[1:], size) - 1)
    return People(
        account=rows.account[starts],
        contact=rows.contact[starts],
        voice=voice,
        silent_streak=_sum(silent_since.astype(np.int64), starts),
        is_waiting=last_pending >= 0,
        is_active=rows.is_active[starts],
        rating=np.where(rated, rows.rating[telling], -1),
        answered=np.where(rated, rows.answered[telling], -1),
        weight=rows.weight[telling],
        is_decision_maker=rows.is_decision_maker[telling],
    )


def decision_maker_silent_waves(rows: Participations) -> dict[int, int]:
    """Return account id → how many of its latest waves in a row no decision maker answered, where any.

    Only waves count that reached a decision maker and whose outcome is known.
    """
    found = silent_waves(rows, rows.is_decision_maker)
    return {account: streak for account, (streak, _last_heard) in found.items() if streak}


def silent_waves(rows: Participations, among: Flags) -> dict[int, tuple[int, int]]:
    """Return account id → (latest waves in a row that nobody answered, launch of the last one answered).

    `among` flags the invitations of those who are meant; the launch is in seconds since 1970, -1 for none.
    Only waves count that reached one of them and whose outcome is known; to decline is to answer. Accounts
    without such a wave are left out.
    """
    chosen = np.flatnonzero(among & rows.counted)
    order = chosen[np.lexsort((rows.wave[chosen], rows.launched[chosen], rows.account[chosen]))]
    if not order.size:
        return {}
    account, wave, launched = rows.account[order], rows.wave[order], rows.launched[order]
    starts = np.flatnonzero(
        np.diff(account, prepend=-1).astype(bool) | np.diff(wave, prepend=-1).astype(bool)
    )
    is_heard = _sum(_flags(_HEARD, rows.disposition[order]).astype(np.int64), starts) > 0
    accounts, first = np.unique(account[starts], return_index=True)
    place = np.arange(len(starts))
    last_heard = _last(place, is_heard, first)
    ends = np.append(first[1:], len(starts)) - 1
    # Nothing heard at all counts from the account's first wave.
    streaks = ends - np.where(last_heard >= 0, last_heard, first - 1)
    answered = np.where(last_heard >= 0, launched[starts][last_heard], -1)
    pairs = zip(streaks.tolist(), answered.tolist(), strict=True)
    return dict(zip(accounts.tolist(), pairs, strict=True))


def participations_by_account(rows: Participations) -> dict[int, list[Participation]]:
    """Return account id → its counted invitations, as `surveys.rates.engagement` takes them."""
    chosen = np.flatnonzero(rows.counted)
    found: dict[int, list[Participation]] = {}
    columns = (rows.account, rows.disposition, rows.weight, rows.age_months)
    for account, disposition, weight, age in zip(
        *(column[chosen].tolist() for column in columns), strict=True
    ):
        found.setdefault(account, []).append(Participation(DISPOSITIONS[disposition], weight, age))
    return found


def _flags(table: Flags, codes: Numbers) -> Flags:
    found: Flags = table[codes]
    return found


def _starts(groups: Numbers) -> Numbers:
    """Return where each run of equal values begins."""
    return np.flatnonzero(np.diff(groups, prepend=-1)).astype(np.int64)


def _last(values: Numbers, where: Flags, starts: Numbers) -> Numbers:
    """Return per group the largest value among the elements flagged, -1 for a group without one."""
    if not starts.size:
        return np.empty(0, dtype=np.int64)
    found: Numbers = np.maximum.reduceat(np.where(where, values, -1), starts)
    return found


def _sum(values: Numbers, starts: Numbers) -> Numbers:
    """Return the sum per group."""
    if not starts.size:
        return np.empty(0, dtype=np.int64)
    found: Numbers = np.add.reduceat(values, starts)
    return found
