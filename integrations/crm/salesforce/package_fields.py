"""The fields that the product asks a Salesforce organisation to hold, and how to choose among them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

RESPONSE_OBJECT = "VOC_Survey_Response__c"
RESPONSE_ID = "VOC_Response_Id__c"


class FieldKind(StrEnum):
    """What a field holds, by the name the metadata has for it."""

    NUMBER = "Number"
    TEXT = "Text"
    LONG_TEXT = "LongTextArea"
    PICKLIST = "Picklist"
    CHECKBOX = "Checkbox"
    DATE = "Date"
    DATETIME = "DateTime"
    URL = "Url"
    LOOKUP = "Lookup"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a picklist: `value` is what is stored and compared, `label` what people read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class PackageField:
    """One field to be made. No field is ever required: a required one could not be granted to anybody.

    `length` is the characters of a text and all digits of a number, `scale` the digits behind its point.
    `is_external_id` makes a text unique, with case. `choices` are the only values of a picklist. `refers_to`
    and `relationship` belong to lookups: the object looked at, and what it calls the records looking at it.
    """

    object: str
    name: str
    label: str
    kind: FieldKind
    length: int = 0
    scale: int = 0
    is_external_id: bool = False
    choices: tuple[Choice, ...] = ()
    refers_to: str = ""
    relationship: str = ""
    description: str = ""
    help: str = ""

    @property
    def path(self) -> str:
        """The field's full name, such as Account.VOC_Engagement__c."""
        return f"{self.object}.{self.name}"


_BANDS = (
    Choice("green", "Green"),
    Choice("amber", "Amber"),
    Choice("red", "Red"),
    Choice("grey", "Grey"),
)
_STATUSES = tuple(Choice(name, name) for name in ("Active", "Left", "Bounced", "Opted out"))

_ACCOUNT = (
    PackageField(
        "Account",
        "VOC_Relationship_Score__c",
        "Relationship strength",
        FieldKind.NUMBER,
        length=3,
        description="How strong the relationship with this account is, 0 to 100. Written by vocapp.",
        help="0 to 100. Empty means that too little is known yet; it does not mean 0.",
    ),
    PackageField(
        "Account",
        "VOC_Relationship_Band__c",
        "Relationship status",
        FieldKind.PICKLIST,
        choices=_BANDS,
        description="Relationship strength as a traffic light. Written by vocapp.",
        help="Green is strong, amber needs attention, red is at risk, grey is not known well enough.",
    ),
    PackageField(
        "Account",
        "VOC_Engagement__c",
        "Engagement",
        FieldKind.NUMBER,
        length=4,
        scale=1,
        description="How much the people of this account take part, 0 to 100. Written by vocapp.",
        help="0 to 100. Empty means that nobody was asked yet.",
    ),
    PackageField(
        "Account",
        "VOC_Sentiment__c",
        "Sentiment",
        FieldKind.NUMBER,
        length=4,
        scale=1,
        description="How content the people of this account are, 0 to 100. Written by vocapp.",
        help="0 to 100. Empty means that nobody answered yet.",
    ),
    PackageField(
        "Account",
        "VOC_Response_Count__c",
        "Survey responses",
        FieldKind.NUMBER,
        length=6,
        description="How many answers this account has given. Written by vocapp.",
        help="Counts answers to all surveys.",
    ),
    PackageField(
        "Account",
        "VOC_Last_Response_At__c",
        "Last survey response",
        FieldKind.DATETIME,
        description="When somebody at this account last answered. Written by vocapp.",
        help="Empty means that nobody answered yet.",
    ),
    PackageField(
        "Account",
        "VOC_Score_Updated_At__c",
        "Relationship scores updated",
        FieldKind.DATETIME,
        description="When the scores on this account were last worked out. Written by vocapp.",
        help="The scores beside this are as of this moment.",
    ),
    PackageField(
        "Account",
        "VOC_Profile_URL__c",
        "Relationship profile",
        FieldKind.URL,
        description="Link to this account in vocapp. Written by vocapp.",
        help="Opens the account with everything behind its scores.",
    ),
)

_CONTACT = (
    PackageField(
        "Contact",
        "VOC_Person_Id__c",
        "Survey person number",
        FieldKind.TEXT,
        length=64,
        is_external_id=True,
        description="The number vocapp knows this person by; it keeps people from being made twice.",
        help="Filled in by vocapp. Please do not change it.",
    ),
    PackageField(
        "Contact",
        "VOC_Relationship_Score__c",
        "Relationship strength of the account",
        FieldKind.NUMBER,
        length=3,
        description="Carries the strength of the person's account, 0 to 100: it is not one of the person.",
        help="0 to 100, of the account. Empty means that too little is known yet; it does not mean 0.",
    ),
    PackageField(
        "Contact",
        "VOC_Last_NPS__c",
        "Last NPS rating",
        FieldKind.NUMBER,
        length=2,
        description="The person's latest answer to the recommendation question, 0 to 10. Written by vocapp.",
        help="0 to 10. Empty means no answer, or one that must stay confidential.",
    ),
    PackageField(
        "Contact",
        "VOC_Last_Response_At__c",
        "Last survey response",
        FieldKind.DATETIME,
        description="When this person last answered a survey. Written by vocapp.",
        help="Empty means that the person never answered.",
    ),
    PackageField(
        "Contact",
        "VOC_Survey_Opt_Out__c",
        "Opted out of surveys",
        FieldKind.CHECKBOX,
        description="Ticked here or in vocapp, it stops every survey mail; synchronising never clears it.",
        help="Tick this when the person does not want surveys any more.",
    ),
    PackageField(
        "Contact",
        "VOC_Verified_On__c",
        "Details verified on",
        FieldKind.DATE,
        description="The day on which this person's details were last confirmed. Written by vocapp.",
        help="Empty means that nobody confirmed them yet.",
    ),
    PackageField(
        "Contact",
        "VOC_Status__c",
        "Survey contact status",
        FieldKind.PICKLIST,
        choices=_STATUSES,
        description="Whether this person can be asked. Written by vocapp.",
        help="Left: has left the company. Bounced: the mail address does not work.",
    ),
    PackageField(
        "Contact",
        "VOC_Personas__c",
        "Personas",
        FieldKind.TEXT,
        length=255,
        description="The parts this person plays at the account, separated by semicolons. Written by vocapp.",
        help="For example: Decision maker; Champion",
    ),
    PackageField(
        "Contact",
        "VOC_Replaced_By__c",
        "Replaced by",
        FieldKind.LOOKUP,
        refers_to="Contact",
        relationship="VOC_Replaced_People",
        description="Who has taken over from this person. Written by vocapp.",
        help="The person to talk to instead.",
    ),
    PackageField(
        "Contact",
        "VOC_Profile_URL__c",
        "Survey profile",
        FieldKind.URL,
        description="Link to this person in vocapp. Written by vocapp.",
        help="Opens the person with answers and history.",
    ),
)

_RESPONSE = (
    PackageField(
        RESPONSE_OBJECT,
        RESPONSE_ID,
        "Response number",
        FieldKind.TEXT,
        length=64,
        is_external_id=True,
        description="The number vocapp knows this answer by; it keeps answers from being made twice.",
        help="Filled in by vocapp. Please do not change it.",
    ),
    PackageField(
        RESPONSE_OBJECT,
        "Account__c",
        "Account",
        FieldKind.LOOKUP,
        refers_to="Account",
        relationship="VOC_Survey_Responses",
        description="The account the answer came from.",
        help="The account the answer came from.",
    ),
    PackageField(
        RESPONSE_OBJECT,
        "Contact__c",
        "Contact",
        FieldKind.LOOKUP,
        refers_to="Contact",
        relationship="VOC_Survey_Responses",
        description="The person who answered.",
        help="Empty when the answer must stay confidential.",
    ),
    PackageField(
        RESPONSE_OBJECT,
        "Survey_Name__c",
        "Survey",
        FieldKind.TEXT,
        length=255,
        description="The name of the survey that was answered.",
        help="The name of the survey that was answered.",
    ),
    PackageField(
        RESPONSE_OBJECT,
        "Responded_At__c",
        "Responded at",
        FieldKind.DATETIME,
        description="When the answer came in.",
        help="When the answer came in.",
    ),
    PackageField(
        RESPONSE_OBJECT,
        "NPS__c",
        "NPS rating",
        FieldKind.NUMBER,
        length=2,
        description="The answer to the recommendation question, 0 to 10.",
        help="0 to 10. Empty when it was not asked or not answered.",
    ),
    PackageField(
        RESPONSE_OBJECT,
        "CSAT__c",
        "Satisfaction rating",
        FieldKind.NUMBER,
        length=4,
        scale=1,
        description="The answer to the satisfaction question, on the scale of the survey.",
        help="Empty when it was not asked or not answered.",
    ),
    PackageField(
        RESPONSE_OBJECT,
        "Comment__c",
        "Comment",
        FieldKind.LONG_TEXT,
        length=32_768,
        description="What the person wrote.",
        help="What the person wrote, in their own words.",
    ),
    PackageField(
        RESPONSE_OBJECT,
        "Response_URL__c",
        "Response in vocapp",
        FieldKind.URL,
        description="Link to this answer in vocapp.",
        help="Opens the answer with all its questions.",
    ),
)


def default_fields() -> tuple[PackageField, ...]:
    """Return every field the product can fill, in the order people should see them."""
    return _ACCOUNT + _CONTACT + _RESPONSE


def fields_used(paths: Iterable[str]) -> tuple[PackageField, ...]:
    """Return those of our fields that a mapping names by path ("Account.VOC_Engagement__c").

    Names that are not ours are passed over. Responses bring their external id along: nothing can be written
    to them without it.
    """
    wanted = set(paths)
    if any(field.path in wanted for field in _RESPONSE):
        wanted.add(f"{RESPONSE_OBJECT}.{RESPONSE_ID}")
    return tuple(field for field in default_fields() if field.path in wanted)
