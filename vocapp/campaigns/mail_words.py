"""Saying what the mails of a wave say, for one wave and for all, and what stands in the way of a launch."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from sqlalchemy import select

from surveys.translation import phrase_book
from vocapp.campaigns.drafting import require_draft
from vocapp.campaigns.letters import wording_of
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import Letter, reminder_steps
from vocapp.campaigns.wording import (
    ALWAYS_LOCKED,
    EVERY,
    LONGEST,
    PARTS,
    Missing,
    Part,
    Wording,
    fields_of,
    known_locks,
    missing_words,
    sent_letters,
    texts_in,
    tidied,
    unknown_in,
    with_text,
)
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import Company, User
from vocapp.identity.queries import company

# So many missing texts are named when a launch is refused.
NAMED = 4
STEP_NAMES: Mapping[str, str] = {
    Letter.HEADS_UP: "the champion's heads-up",
    Letter.PRENOTICE: "the announcement",
    Letter.INVITATION: "the invitation",
    Letter.REMINDER: "the first reminder",
    Letter.LAST_REMINDER: "the last reminder",
    Letter.THANKS: "the thanks",
    Letter.YOU_SAID: "“you said, we did”",
    EVERY: "every mail",
}
PART_NAMES: Mapping[Part, str] = {
    Part.SUBJECT: "subject",
    Part.BODY: "text",
    Part.CLOSING: "closing",
    Part.LEGAL: "legal line",
}


def letters_of(wave: Wave) -> list[Letter]:
    """Return which letters a wave may send before it closes."""
    steps = reminder_steps(wave.reminder_days, has_prenotice=wave.has_prenotice)
    return sent_letters(
        reminders=steps,
        has_heads_up=wave.has_heads_up,
        has_prenotice=wave.has_prenotice,
        has_thanks=wave.has_thanks,
    )


def standard_wording() -> Wording:
    """Return the company's words and what it locked, without those of any wave."""
    ours = company()
    return (
        Wording({}, ours.mail_words, frozenset(ours.locked_words)) if ours else Wording({}, {}, frozenset())
    )


def tried_words(wave: Wave, step: str, language: str, texts: Mapping[Part, str]) -> Wording:
    """Return a wave's words as they would be with some texts changed; locked ones stay as they are."""
    wording = wording_of(wave)
    own = wording.own
    for part, text in texts.items():
        own = with_text(own, step, part, language, tidied(part, text))
    return replace(wording, own=own)


def write_words(wave: Wave, step: str, language: str, texts: Mapping[Part, str]) -> None:
    """Keep what a draft says in a language; what equals the standard, or is empty, stands for the standard.

    Raises `DomainError` for words that could not be sent, and for locked ones.
    """
    require_draft(wave)
    wording = wording_of(wave)
    for part, text in _checked(step, language, texts).items():
        if wording.is_locked(step, part):
            raise DomainError(f"An administrator keeps the {PART_NAMES[part]} as it is; leave it unchanged.")
        is_standard = text == wording.standard_text(step, part, language)
        wave.mail_words = with_text(wave.mail_words, step, part, language, "" if is_standard else text)
    db.session.flush()


def write_standard(step: str, language: str, texts: Mapping[Part, str], *, by: User) -> None:
    """Keep what every wave says that has no words of its own; an empty text brings ours back.

    Raises `DomainError` for words that could not be sent.
    """
    ours = _locked_company()
    for part, text in _checked(step, language, texts).items():
        is_ours = text == Wording({}, {}, frozenset()).standard_text(step, part, language)
        ours.mail_words = with_text(ours.mail_words, step, part, language, "" if is_ours else text)
    db.session.flush()
    details = {"step": step, "language": language}
    record_act(
        "mail_words_changed", actor_id=by.id, subject_kind="company", subject_id=ours.id, details=details
    )


def lock_parts(locks: Collection[str], *, by: User) -> None:
    """Say which parts (`letter.part`) no wave may change from now on; the legal line always is one."""
    ours = _locked_company()
    ours.locked_words = sorted(known_locks(locks) - {ALWAYS_LOCKED})
    db.session.flush()
    details = {"locked": ours.locked_words}
    record_act(
        "mail_words_locked", actor_id=by.id, subject_kind="company", subject_id=ours.id, details=details
    )


def missing_in(wave: Wave, languages: Iterable[str]) -> list[Missing]:
    """Return where a wave's own words lack one of the languages that people are written to in."""
    return missing_words(wording_of(wave), letters_of(wave), languages)


def use_standard_where_missing(wave: Wave, languages: Iterable[str]) -> None:
    """Let a draft say the standard wherever its own words lack one of some languages."""
    require_draft(wave)
    for one in missing_in(wave, languages):
        wave.mail_words = with_text(wave.mail_words, one.step, one.part, one.language, "")
    db.session.flush()


def check_texts(wave: Wave, languages: Iterable[str]) -> None:
    """Raise `DomainError` when a wave lacks words in a language of its people, or has unknown fields."""
    wording = wording_of(wave)
    for words in (wording.own, wording.standard):
        for step, part, language, text in texts_in(words):
            _check_fields(step, part, language, text)
    missing = missing_in(wave, languages)
    if missing:
        named = "; ".join(_place(one.step, one.part, one.language) for one in missing[:NAMED])
        more = f"; and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise DomainError(
            f"Your own words are missing: {named}{more}. Write them under Message, or use the standard there."
        )


def _checked(step: str, language: str, texts: Mapping[Part, str]) -> dict[Part, str]:
    """Return texts as they are kept. Raises `DomainError` for those that cannot be."""
    if step not in PARTS or language not in phrase_book().languages:
        raise DomainError("There is no such mail or language; choose one of the list.")
    checked = {part: tidied(part, text) for part, text in texts.items() if part in PARTS[step]}
    for part, text in checked.items():
        if len(text) > LONGEST[part]:
            raise DomainError(
                f"Shorten the {PART_NAMES[part]} to {LONGEST[part]:,} characters; it has {len(text):,}."
            )
        _check_fields(step, part, language, text)
    return checked


def _check_fields(step: str, part: Part, language: str, text: str) -> None:
    unknown = unknown_in(step, text)
    if unknown:
        named = ", ".join("{{" + name + "}}" for name in unknown)
        usable = ", ".join("{{" + name + "}}" for name in fields_of(step))
        raise DomainError(f"Nobody fills {named} ({_place(step, part, language)}); use {usable}.")


def _place(step: str, part: Part, language: str) -> str:
    known = phrase_book().languages
    name = known[language].name if language in known else language
    return f"{PART_NAMES[part]} of {STEP_NAMES[step]} in {name}"


def _locked_company() -> Company:
    ours = db.session.scalar(select(Company).limit(1).with_for_update())
    if ours is None:
        raise DomainError("Set the company up first.")
    return ours
