"""How one person takes part in what we start: their engagement, and what brought their answers. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from surveys.measure import Measure
from surveys.rates import EngagementParameters, Participation, engagement, engagement_measure

# With fewer waves a person's share says more about chance than about them.
WAVES_TO_SAY = 3


class AskedOnce(NamedTuple):
    """One wave that asked a person, and what came of it (`engagement.rules.OUTCOMES`).

    `mails` is how many they had been sent when they answered, `day` the number of full days from the first of
    them; both None where no mail brought the answer, or it was given in confidence.
    """

    wave: str
    launched_at: datetime
    outcome: str
    mails: int | None
    day: int | None


@dataclass(frozen=True, slots=True)
class TakingPart:
    """Engagement of one person, and the waves that asked them, newest first.

    `half_life` is after how many months a wave weighs half; `by_mail` holds (mails sent by then, answers), in
    order, of the waves shown.
    """

    engagement: Measure
    half_life: float
    waves: Sequence[AskedOnce]
    by_mail: Sequence[tuple[int, int]]

    @property
    def says_something(self) -> bool:
        """Whether enough waves count to say how the person takes part."""
        return self.engagement.n >= WAVES_TO_SAY


def taking_part(
    participations: Sequence[Participation],
    waves: Sequence[AskedOnce],
    *,
    cohort_mean: float | None,
    parameters: EngagementParameters,
) -> TakingPart:
    """Return how a person takes part, by the formula that holds for accounts (docs/method.md §2.2)."""
    found = engagement(participations, cohort_mean=cohort_mean, parameters=parameters)
    brought = Counter(one.mails for one in waves if one.mails is not None)
    return TakingPart(
        engagement=engagement_measure(found),
        half_life=parameters.half_life_months,
        waves=waves,
        by_mail=sorted(brought.items()),
    )
