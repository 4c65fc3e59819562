"""An account's standing in one sentence that a customer could overhear."""

from collections.abc import Mapping

from surveys.measure import Measure
from surveys.scoring import NpsCounts
from surveys.strength import Points
from vocapp.engagement.rules import Voice

_NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_MOST_CLAUSES = 2


def reason_for(
    *,
    voices: Mapping[Voice, int],
    counts: NpsCounts,
    footprint: Measure,
    lost: Points | None,
    is_decision_maker_silent: bool,
) -> str:
    """Return why the account stands where it stands, what cost most points first; at most two clauses.

    `voices` counts active people; `counts` the answers that count in sentiment.
    """
    declined = voices.get(Voice.DECLINED, 0)
    heard = voices.get(Voice.ANSWERED, 0) + declined
    verb = "replied" if declined else "answered"
    silent, waiting = voices.get(Voice.SILENT, 0), voices.get(Voice.WAITING, 0)
    taking_part = _participation(heard, silent, waiting, verb, is_decision_maker_silent)
    clauses = [
        (lost.engagement if lost else 0.0, taking_part),
        (lost.sentiment if lost else 0.0, _sentiment(counts)),
        (lost.footprint if lost else 0.0, _footprint(footprint)),
    ]
    said = [clause for _, clause in sorted(clauses, key=lambda pair: -pair[0]) if clause]
    if not heard and not silent:
        said = [_before_any_outcome(voices), *said]
    return _sentence("; ".join(said[:_MOST_CLAUSES]))


def _participation(heard: int, silent: int, waiting: int, verb: str, is_decision_maker_silent: bool) -> str:
    if not heard and not silent:
        return ""
    asked = heard + silent + waiting
    if waiting and not silent:
        return f"{_of(heard, asked)} {verb} so far"
    if not silent:
        return f"{_all(asked)} {verb}" if asked > 1 else f"the one person asked {verb}"
    if asked == 1:
        who = "the decision maker" if is_decision_maker_silent else "the one person asked"
        return f"{who} is silent"
    who = ""
    if is_decision_maker_silent:
        who = ", the decision maker" if silent == 1 else ", decision maker among them"
    return f"{_of(silent, asked)} silent{who}"


def _sentiment(counts: NpsCounts) -> str:
    answers, promoters, unhappy = int(counts.total), int(counts.promoters), int(counts.detractors)
    if not answers:
        return ""
    kind, many = ("detractor", unhappy) if unhappy else ("promoter", promoters)
    if not many:
        kind, many = "passive", answers
    if answers == 1:
        return f"the only answer is from a {kind}"
    if many == 1:
        return f"one of {_number(answers)} answers is from a {kind}"
    return f"{_of(many, answers)} answers are from {kind}s"


def _footprint(footprint: Measure) -> str:
    return footprint.reason if footprint.value is not None and footprint.value < 1 else ""


def _before_any_outcome(voices: Mapping[Voice, int]) -> str:
    waiting, missed = voices.get(Voice.WAITING, 0), voices.get(Voice.NOT_REACHED, 0)
    if waiting:
        return f"{_number(waiting)} asked, no answer yet"
    if missed:
        return "no mail has reached anybody"
    if voices.get(Voice.NEVER_ASKED, 0):
        return "nobody has been asked yet"
    return "nobody is known who can be asked"


def _of(part: int, whole: int) -> str:
    return _all(whole) if part == whole else f"{_number(part)} of {_number(whole)}"


def _all(count: int) -> str:
    return "both" if count == 2 else f"all {_number(count)}"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
