"""The words of a survey as staff read them: questions, options and rows in its default language."""

from dataclasses import dataclass, replace

from surveys.definition import SurveyDefinition
from surveys.questions import OTHER, Question, QuestionKind
from surveys.translation import phrase_book
from surveys.wording import Spoken, answer_values, option_words, words_of
from vocapp.identity.queries import company

# What a merge field reads where it stands for somebody different in every mail.
SOMEBODY = "…"


@dataclass(frozen=True, slots=True)
class Sayer:
    """Says questions and options in one way of speaking; `spoken` is that way."""

    spoken: Spoken

    def question(self, question: Question) -> str:
        """Return the prompt of a question."""
        return words_of(question, self.spoken).prompt

    def option(self, question: Question, key: str) -> str:
        """Return the words of an option, a row, "other", yes, no or a way of contact, else the key."""
        option = question.option(key)
        if option is not None:
            return option_words(option, self.spoken)
        phrases = self.spoken.phrases or {}
        of_contact = question.kind is QuestionKind.CONTACT
        name = f"contact_{key}" if of_contact else "other_option" if key == OTHER else key
        return phrases.get(name, key)


def staff_sayer(definition: SurveyDefinition) -> Sayer:
    """Return how staff read a survey: its default language, our own name filled in."""
    ours = company()
    values = {"company": ours.name if ours else SOMEBODY, "sender": SOMEBODY, "first_name": SOMEBODY}
    language = definition.default_language
    spoken = Spoken(language, language, values=values, phrases=phrases_in(language))
    # An earlier answer is different in every mail, too: without answers each of them reads "…".
    return Sayer(replace(spoken, values={**values, **answer_values(definition, {}, spoken)}))


def phrases_in(language: str) -> dict[str, str]:
    """Return the product's own words for answers in a language, in English where it has none."""
    phrases = phrase_book().phrases
    wanted = ("yes", "no", "other_option", "contact_email", "contact_phone", "contact_no")
    return {key: phrases[key].get(language) or phrases[key]["en"] for key in wanted if key in phrases}
