"""`.lss`: LimeSurvey's tables as XML, old (words in the tables) and new (words in `…_l10ns` tables)."""

from collections import defaultdict
from collections.abc import Iterator

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from integrations.limesurvey.assembly import (
    PASSAGES,
    Assembly,
    GrowingGroup,
    GrowingPart,
    GrowingQuestion,
    short_code,
    whole_number,
)
from integrations.limesurvey.limits import (
    LONGEST_TEXT,
    MOST_CHARACTERS,
    MOST_ELEMENTS,
    TEXT_TOO_LONG,
    TOO_MUCH_TEXT,
    Allowance,
)
from integrations.limesurvey.records import LimeSurveyFile, LimeSurveyRefused

_DEEPEST = 20
# LimeSurvey writes none at all.
_MOST_ATTRIBUTES = 3
# So many chunks without a tag or a text are a tag that never ends.
_PATIENCE = 8
_QUESTION_FIELDS = {"qid", "parent_qid", "gid", "type", "title", "question", "help", "preg", "other"}
_QUESTION_FIELDS |= {"mandatory", "question_order", "language", "scale_id", "relevance"}
_GROUP_FIELDS = {"gid", "group_order", "group_name", "description", "language", "grelevance"}
_FIELDS = {
    "surveys": {"language", "additional_languages"},
    "surveys_languagesettings": {
        "surveyls_language",
        "surveyls_title",
        "surveyls_description",
        "surveyls_welcometext",
        "surveyls_endtext",
    },
    "groups": _GROUP_FIELDS | {"randomization_group"},
    "group_l10ns": {"gid", "group_name", "description", "language"},
    "questions": _QUESTION_FIELDS,
    "question_l10ns": {"qid", "question", "help", "language"},
    "subquestions": _QUESTION_FIELDS,
    "answers": {"aid", "qid", "code", "answer", "sortorder", "language", "scale_id"},
    "answer_l10ns": {"aid", "qid", "code", "answer", "language"},
    "question_attributes": {"qid", "attribute", "value"},
    "conditions": {"qid"},
    "quota": {"id"},
    "assessments": {"id"},
}
_EXTRAS = {"quota": "quotas", "assessments": "assessments"}
# Expat's codes for a document that stops before its end.
_CUT_OFF = {3, 5, 6, 20}
_OTHER_KINDS = {"Question": "a single question", "Group": "a single group", "Label set": "a label set"}

Row = dict[str, str]
Tables = dict[str, list[Row]]


def read_structure(chunks: Iterator[str], notes: list[str]) -> LimeSurveyFile:
    """Return the survey of an `.lss` document that comes in pieces. Raises LimeSurveyRefused."""
    allowance = Allowance()
    reader = _TableReader(allowance)
    parser = DefusedXMLParser(target=reader, forbid_dtd=True)
    waits, seen = 0, 0
    try:
        for chunk in chunks:
            parser.feed(chunk)
            waits = waits + 1 if reader.events == seen else 0
            seen = reader.events
            if waits > _PATIENCE:
                raise LimeSurveyRefused("The file holds a tag that does not end; export the survey again.")
        parser.close()
    except DefusedXmlException as error:
        sentence = "The file defines a document type or entities, which no export of LimeSurvey does."
        raise LimeSurveyRefused(sentence) from error
    except ParseError as error:
        raise LimeSurveyRefused(_explain(error)) from error
    if not reader.is_survey:
        raise LimeSurveyRefused(NOT_LIMESURVEY)
    return _assemble(reader.tables, allowance, reader.languages).finish(notes)


NOT_LIMESURVEY = "The file is XML, but not a LimeSurvey survey structure; export one as .lss."


def _explain(error: ParseError) -> str:
    if error.code in _CUT_OFF:
        return "The file ends in the middle; export the survey again and upload the whole file."
    return f"The file is not well-formed XML (line {error.position[0]}); export the survey again."


class _TableReader:
    """Target of the XML parser: keeps the fields of the tables that matter and counts everything."""

    def __init__(self, allowance: Allowance) -> None:
        self.tables: Tables = defaultdict(list)
        self.languages: list[str] = []
        self.is_survey = False
        self.events = 0
        self._allowance = allowance
        self._path: list[str] = []
        self._row: Row = {}
        self._text: list[str] = []
        self._run = 0
        self._elements = 0
        self._characters = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._count()
        path = self._path
        if not path and tag != "document":
            raise LimeSurveyRefused(NOT_LIMESURVEY)
        if len(attributes) > _MOST_ATTRIBUTES:
            raise LimeSurveyRefused(NOT_LIMESURVEY)
        if len(path) >= _DEEPEST:
            raise LimeSurveyRefused("The file is nested deeper than any survey structure; it is not read.")
        path.append(tag)
        self._text = []
        if len(path) == 4 and path[2] == "rows":
            self._allowance.take_row()
            self._row = {}

    def end(self, tag: str) -> None:
        """An element ends."""
        self._count()
        path = self._path
        depth = len(path)
        if depth == 5 and path[2] == "rows":
            if tag in _FIELDS.get(path[1], ()):
                self._row.setdefault(tag, "".join(self._text).strip())
        elif depth == 4 and path[2] == "rows":
            if path[1] in _FIELDS:
                self.tables[path[1]].append(self._row)
        elif depth == 3 and tag == "language" and path[1] == "languages":
            self.languages.append("".join(self._text).strip())
        elif depth == 2 and tag == "LimeSurveyDocType":
            self._check_kind("".join(self._text).strip())
        path.pop()
        self._text = []

    def data(self, text: str) -> None:
        """Text between tags."""
        self.events += 1
        self._characters += len(text)
        self._run += len(text)
        if self._run > LONGEST_TEXT:
            raise LimeSurveyRefused(TEXT_TOO_LONG)
        if self._characters > MOST_CHARACTERS:
            raise LimeSurveyRefused(TOO_MUCH_TEXT)
        self._text.append(text)

    def comment(self, _text: str) -> None:
        """A comment, which says nothing here."""
        self._count()

    def pi(self, _target: str, _text: str | None = None) -> None:
        """An instruction to some other program."""
        self._count()

    def close(self) -> None:
        """The document ends."""

    def _count(self) -> None:
        self.events += 1
        self._elements += 1
        self._run = 0
        if self._elements > 2 * MOST_ELEMENTS:
            raise LimeSurveyRefused("The file has far more entries than a survey; export it alone.")

    def _check_kind(self, kind: str) -> None:
        if kind != "Survey":
            what = _OTHER_KINDS.get(kind, "something else")
            raise LimeSurveyRefused(f"The file holds {what} of LimeSurvey, not a survey; export it as .lss.")
        self.is_survey = True


def _assemble(tables: Tables, allowance: Allowance, languages: list[str]) -> Assembly:
    assembly = Assembly(allowance)
    for row in tables["surveys"][:1]:
        assembly.default_language = row.get("language", "")
        assembly.add_languages(row.get("additional_languages", "").split())
    assembly.add_languages(languages)
    for row in tables["surveys_languagesettings"]:
        assembly.title(row.get("surveyls_language", ""), row.get("surveyls_title", ""))
        for name, passage in PASSAGES.items():
            if row.get(name):
                assembly.add_extra(passage)
    for table, extra in _EXTRAS.items():
        if tables[table]:
            assembly.add_extra(extra)
    _add_groups(assembly, tables)
    questions = _add_questions(assembly, tables)
    _add_subquestions(assembly, tables, questions)
    _add_answers(assembly, tables, questions)
    for row in tables["question_attributes"]:
        question = questions.get(row.get("qid", ""))
        if question and row.get("attribute") and row.get("value"):
            allowance.take_text(row["value"])
            question.attributes.setdefault(row["attribute"], row["value"])
    for row in tables["conditions"]:
        if question := questions.get(row.get("qid", "")):
            question.has_conditions = True
    return assembly


def _add_groups(assembly: Assembly, tables: Tables) -> None:
    for row in tables["groups"]:
        key = row.get("gid", "")
        if key not in assembly.groups:
            assembly.groups[key] = GrowingGroup(
                order=whole_number(row.get("group_order", "")),
                relevance=row.get("grelevance", ""),
                is_shuffled=bool(row.get("randomization_group")),
            )
    for row in [*tables["groups"], *tables["group_l10ns"]]:
        group = assembly.group(row.get("gid", ""))
        assembly.word(group.names, row.get("language", ""), row.get("group_name", ""))
        assembly.word(group.descriptions, row.get("language", ""), row.get("description", ""))


def _add_questions(assembly: Assembly, tables: Tables) -> dict[str, GrowingQuestion]:
    questions: dict[str, GrowingQuestion] = {}
    for row in tables["questions"]:
        key = row.get("qid", "")
        if not key or key in questions or whole_number(row.get("parent_qid", "")):
            continue
        questions[key] = GrowingQuestion(
            identifier=short_code(key),
            code=short_code(row.get("title", "")) or short_code(key),
            kind=row.get("type", "")[:1],
            order=whole_number(row.get("question_order", "")),
            mandatory=row.get("mandatory", "")[:1],
            has_other=row.get("other") == "Y",
            relevance=row.get("relevance", ""),
            pattern=row.get("preg", ""),
        )
        assembly.group(row.get("gid", "")).questions.append(questions[key])
    for row in [*tables["questions"], *tables["question_l10ns"]]:
        if question := questions.get(row.get("qid", "")):
            assembly.word(question.texts, row.get("language", ""), row.get("question", ""))
            assembly.word(question.helps, row.get("language", ""), row.get("help", ""))
    return questions


def _add_subquestions(assembly: Assembly, tables: Tables, questions: dict[str, GrowingQuestion]) -> None:
    parts: dict[str, GrowingPart] = {}
    for row in [*tables["subquestions"], *tables["questions"]]:
        key, parent = row.get("qid", ""), questions.get(row.get("parent_qid", ""))
        if not key or parent is None:
            continue
        if key not in parts:
            order = whole_number(row.get("question_order", ""))
            scale = whole_number(row.get("scale_id", ""))
            parts[key] = GrowingPart(short_code(row.get("title", "")), scale, order)
            parent.subquestions[key] = parts[key]
        assembly.word(parts[key].texts, row.get("language", ""), row.get("question", ""))
    for row in tables["question_l10ns"]:
        if part := parts.get(row.get("qid", "")):
            assembly.word(part.texts, row.get("language", ""), row.get("question", ""))


def _add_answers(assembly: Assembly, tables: Tables, questions: dict[str, GrowingQuestion]) -> None:
    by_identifier: dict[str, GrowingPart] = {}
    for row in tables["answers"]:
        question = questions.get(row.get("qid", ""))
        if question is None:
            continue
        scale = whole_number(row.get("scale_id", ""))
        key = f"{scale} {row.get('code', '')}"
        if key not in question.answers:
            order = whole_number(row.get("sortorder", ""))
            question.answers[key] = GrowingPart(short_code(row.get("code", "")), scale, order)
        if row.get("aid"):
            by_identifier.setdefault(row["aid"], question.answers[key])
        assembly.word(question.answers[key].texts, row.get("language", ""), row.get("answer", ""))
    for row in tables["answer_l10ns"]:
        part = by_identifier.get(row.get("aid", ""))
        question = questions.get(row.get("qid", ""))
        if part is None and question is not None:
            part = question.answers.get(f"0 {row.get('code', '')}")
        if part is not None:
            assembly.word(part.texts, row.get("language", ""), row.get("answer", ""))
