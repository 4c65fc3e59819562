"""What the demo company promised its customers: most of it kept, one promise late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus
from vocapp.commitments.models import Commitment
from vocapp.commitments.rules import CommitmentState
from vocapp.core.db import db
from vocapp.demo.stories import CHAMPION_LEFT, COMEBACK_STORY, SILENT, STORY_NAMES


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise in words, by days from today: when it was made, until when, and when it was kept."""

    text: str
    made: int
    due: int
    kept: int | None = None


TOLD: Mapping[str, tuple[Promised, ...]] = {
    STORY_NAMES[COMEBACK_STORY]: (
        Promised("An engineer of ours comes on site until the migration is through.", -250, -215, -220),
        Promised("One call a week until the open tickets are settled.", -180, -90, -96),
        Promised("You see the roadmap before everybody else, and we ask what is missing.", -20, 35),
    ),
    STORY_NAMES[SILENT]: (Promised("The review of costs and use that your new CFO asked for.", -60, -18),),
    STORY_NAMES[CHAMPION_LEFT]: (
        Promised("An introduction for whoever takes over the project, in person.", -25, 21),
    ),
}
# For the first customers of every CSM without a story of their own.
ELSEWHERE = (
    Promised("The invoice follows the order form, line by line.", -120, -75, -80),
    Promised("A training for the departments that joined last.", -40, 28),
)


def make_promises(*, now: datetime) -> None:
    """Note what was promised to some accounts; it goes with them."""
    rows = db.session.execute(
        select(Account.id, Account.name, Account.owner_id)
        .where(Account.is_demo, Account.status == AccountStatus.ACTIVE)
        .order_by(Account.id)
    )
    met: set[int | None] = set()
    for account_id, name, owner_id in rows:
        promised = TOLD.get(name, ())
        if name not in STORY_NAMES.values() and owner_id not in met:
            met.add(owner_id)
            promised = ELSEWHERE
        for one in promised:
            db.session.add(_commitment(one, account_id, owner_id, now))
    db.session.flush()


def _commitment(one: Promised, account_id: int, owner_id: int | None, now: datetime) -> Commitment:
    return Commitment(
        account_id=account_id,
        text=one.text,
        due_on=(now + timedelta(days=one.due)).date(),
        state=CommitmentState.OPEN if one.kept is None else CommitmentState.KEPT,
        made_by_id=owner_id,
        made_at=now + timedelta(days=one.made),
        settled_at=None if one.kept is None else now + timedelta(days=one.kept),
    )
