"""How the numbers are made, in plain words with the values that are in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from surveys.parameters import PARAMETERS, MethodParameters, Parameter, Section, parameters_of, plain_number

# Values stand in braces by their keys; `…_share` is a weight as its share of all three.
SENTENCES: Mapping[Section, tuple[str, ...]] = {
    Section.STRENGTH: (
        "Relationship strength goes from 0 to 100. It is made of three parts: footprint (do we know the "
        "people who matter), engagement (do they take part when we ask) and sentiment (what they say).",
        "Footprint has {footprint_weight_share} of the weight, engagement {engagement_weight_share} and "
        "sentiment {sentiment_weight_share}. The parts are multiplied rather than added, because a full "
        "address book does not make up for silence.",
        "No part counts as less than {floor}, so that one zero does not hide the other two.",
        "A part that was not measured gives its weight to the others, and the strength is called "
        "provisional. With less than {minimum_weight} of the weight measured, or without a tier profile "
        "that says whom we should know, there is no strength.",
    ),
    Section.STATUS: (
        "An account is strong (green) when we are at least {certainty} sure that its strength is "
        "{green_from} or more, each part is {minimum_component} or more, and confidence is medium or "
        "high.",
        "It is at risk (red) when we are at least {certainty} sure that its strength is below "
        "{red_below}, or when the decision maker was silent in {silent_waves} in a row.",
        "Any other account that was measured is to be watched (amber). One that was not measured is not "
        "known yet (grey), which is not the same.",
        "To leave green or red, strength must pass the mark by {hysteresis}, so that an account on the "
        "edge does not change its colour every day.",
    ),
    Section.ENGAGEMENT: (
        "Engagement is the share of our invitations that people took part in. A complete answer counts as "
        "{complete_worth}, a rating alone as {partial_worth}, saying no as {declined_worth}, and silence "
        "as 0%.",
        "Only invitations count that were delivered and whose outcome is known. Whoever was never asked, "
        "whose mail came back or who still has time to answer counts nowhere: that is not silence.",
        "An invitation counts half as much once it is {half_life} old. Decision makers and champions "
        "weigh more than others.",
        "To say how sure we are, {engagement_pull} of what accounts like this one do are added; the share "
        "that is shown stays the account's own.",
    ),
    Section.SENTIMENT: (
        "Sentiment starts from the latest answer of each person who is still there, no older than "
        "{sentiment_days}. Promoters gave 9 or 10, passives 7 or 8, detractors 0 to 6; the NPS is the "
        "share of promoters minus the share of detractors.",
        "Silent people are a class of their own beside these three and never count as neutral.",
        "A few answers say little, so an account's NPS is pulled towards accounts like it, with the "
        "weight of {sentiment_pull}. Once {pull_accounts} have two answers or more, that weight is "
        "estimated from how much accounts differ; it then stays between {pull_from} and {pull_to}.",
        "Accounts like it are those of its tier once {tier_accounts} of the tier have data; before that, "
        "all.",
        "Where nobody answered, sentiment is not measured. It is not zero.",
    ),
    Section.CONFIDENCE: (
        "Confidence says by how much the NPS shown may be wrong, 9 times out of 10: up to {high_to} it is "
        "high, up to {medium_to} medium, beyond that low.",
        "One answer is always low. Without an answer from a decision maker, confidence is medium at best.",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A parameter as it is in force."""

    parameter: Parameter
    value: float

    @property
    def shown(self) -> str:
        """The value with its unit."""
        return self.parameter.shown(self.value)

    @property
    def default(self) -> str:
        """The default with its unit."""
        return self.parameter.shown(self.parameter.default)

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the default."""
        return self.value != self.parameter.default


@dataclass(frozen=True, slots=True)
class Chapter:
    """One part of the method: what it does in sentences, and its values."""

    section: Section
    sentences: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def anchor(self) -> str:
        """Its place in an address."""
        return self.section.name.lower()


def chapters_of(parameters: MethodParameters) -> tuple[Chapter, ...]:
    """Return the whole method in words, by parts, with the given values."""
    said = _words(parameters)
    return tuple(
        Chapter(
            section,
            tuple(sentence.format_map(said) for sentence in SENTENCES[section]),
            tuple(Line(one, getattr(parameters, one.key)) for one in parameters_of(section)),
        )
        for section in Section
    )


def keys_said() -> set[str]:
    """Return the keys of all parameters that the sentences speak of."""
    found = {
        name.removesuffix("_share")
        for sentences in SENTENCES.values()
        for sentence in sentences
        for _text, name, _spec, _conversion in Formatter().parse(sentence)
        if name
    }
    return found & {one.key for one in PARAMETERS}


def _words(parameters: MethodParameters) -> dict[str, str]:
    said = {one.key: _kept_together(one.shown(getattr(parameters, one.key))) for one in PARAMETERS}
    weights = parameters.strength().weights()
    for place, name in enumerate(("footprint", "engagement", "sentiment")):
        said[f"{name}_weight_share"] = _kept_together(
            f"{plain_number(round(100 * float(weights[place]), 1))}%"
        )
    return said


def _kept_together(value: str) -> str:
    """Return a value that no line breaks before its unit."""
    return value.replace(" ", "\N{NO-BREAK SPACE}")
