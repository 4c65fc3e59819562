"""No mail of a confidential survey, in any language, says what nobody keeps: that each answer is read."""

from dataclasses import replace

import pytest
from flask import Flask

from surveys.catalog import load_survey
from surveys.translation import phrase_book
from tests.builders import NOW, a_company, a_user, a_wave
from vocapp.campaigns.letters import wording_of
from vocapp.campaigns.mail_words import tried_words
from vocapp.campaigns.models import Wave
from vocapp.campaigns.preview import mail_in
from vocapp.campaigns.rules import Letter
from vocapp.campaigns.wording import CONFIDENTIAL, Part
from vocapp.core.db import transaction
from vocapp.questionnaires.service import publish

# How each language says that somebody reads an answer, or knows whose it was.
CLAIMS = {
    "en": ("read every", "reads every", "read it", "read each", "with your name"),
    "de": ("lese jede", "liest jede", "lese sie", "mit Ihrem Namen"),
    "fr": ("lis moi-même", "lit chaque", "Je la lis", "avec votre nom"),
    "es": ("leo cada", "lee cada", "La leo", "con su nombre"),
    "pt": ("leio pessoalmente", "lê cada", "Eu a leio", "com o seu nome"),
    "ja": ("すべて私が拝見", "すべての回答を読み", "。私が拝見し"),
    "ar": ("وأقرأ كل", "يقرأ", "أقرؤها"),
}


def a_wave_of(*, is_confidential: bool) -> Wave:
    a_company()
    # The questions say nothing of the kind either; every ready-made survey can be asked in confidence.
    with transaction():
        version = publish(replace(load_survey("nps"), key="ours", is_confidential=is_confidential))
    return a_wave(a_user(name="Rosa Diaz"), survey_version_id=version.id, we_did="We hired two engineers.")


def claims_in(wave: Wave) -> set[tuple[str, str]]:
    """Which mails of a wave claim that answers are read one by one, by letter and language."""
    found = set()
    for letter in Letter:
        for language, claims in CLAIMS.items():
            mail = mail_in(wave, language, now=NOW, kind=letter, wording=wording_of(wave))
            text = " ".join(f"{mail.subject} {mail.text} {mail.html}".split())
            if any(claim in text for claim in claims):
                found.add((str(letter), language))
    return found


def test_a_confidential_survey_has_words_of_its_own_in_every_language(app: Flask) -> None:
    assert set(CLAIMS) == set(phrase_book().languages)
    wave = a_wave_of(is_confidential=True)
    assert claims_in(wave) == set()
    thanks = mail_in(wave, "de", now=NOW, kind=Letter.THANKS, wording=wording_of(wave))
    assert "Sie bleibt vertraulich" in thanks.text
    # Looked at while they are written, they are the same.
    tried = tried_words(wave, Letter.THANKS, "en", {Part.SUBJECT: "Thanks!"})
    assert "It stays confidential" in tried.text(Letter.THANKS, Part.BODY, "en")


def test_every_other_survey_keeps_the_words_that_this_test_finds(app: Flask) -> None:
    found = claims_in(a_wave_of(is_confidential=False))
    assert found == {(letter, language) for letter in ("prenotice", "thanks") for language in CLAIMS}


@pytest.mark.parametrize("language", CLAIMS)
def test_no_words_for_confidential_surveys_claim_it(language: str) -> None:
    phrases = phrase_book().phrases
    ours = [key for key in phrases if key.endswith(CONFIDENTIAL)]
    assert len(ours) == 3
    for key in ours:
        assert not any(claim in phrases[key][language] for claim in CLAIMS[language])
        # And the usual words do, so there is reason to replace them.
        assert any(claim in phrases[key.removesuffix(CONFIDENTIAL)][language] for claim in CLAIMS[language])


def test_ready_made_questions_claim_nothing_of_it(app: Flask) -> None:
    for key in ("nps", "ces-case", "csat-onboarding", "csat-review", "pulse", "renewal", "win-loss"):
        said = str(load_survey(key))
        assert [claim for claims in CLAIMS.values() for claim in claims if claim in said] == []
