"""The first day somebody is back where an automatic reply names none: "back on Monday", "until next week".

In English, German, French, Spanish, Portuguese and Japanese. A weekday counts only beside a word that says
"until" or "back"; and each is counted from the day the mail was written.
"""

import re
from datetime import date, timedelta

_WEEKDAYS = (
    "monday|mon|montag|lundi|lunes|segunda(?:-feira| feira)?|月曜日?",
    "tuesday|tues?|dienstag|mardi|martes|terça(?:-feira| feira)?|火曜日?",
    "wednesday|wed|mittwoch|mercredi|miércoles|miercoles|quarta(?:-feira| feira)?|水曜日?",
    "thursday|thu(?:rs?)?|donnerstag|jeudi|jueves|quinta(?:-feira| feira)?|木曜日?",
    "friday|fri|freitag|vendredi|viernes|sexta(?:-feira| feira)?|金曜日?",
    "saturday|samstag|sonnabend|samedi|sábado|sabado|土曜日?",
    "sunday|sonntag|dimanche|domingo|日曜日?",
)
_WEEKDAY = "|".join(f"(?P<d{at}>{names})" for at, names in enumerate(_WEEKDAYS))
_ANY_WEEKDAY = "|".join(_WEEKDAYS)
_NEXT_WEEK = (
    r"next week|(?:the )?(?:coming|following) week|(?:der |in der )?(?:nächste|kommende)[rn]? woche|"
    r"(?:de )?la semaine prochaine|(?:de )?la (?:próxima|proxima) semana|"
    r"(?:de )?la semana (?:que viene|próxima|siguiente)|"
    r"(?:da |na |a )?(?:próxima|proxima) semana|(?:da |na |a )?semana (?:que vem|seguinte)|来週の?"
)
_NEXT_MONTH = (
    r"next month|(?:nächsten|kommenden) monat|(?:le )?mois prochain|(?:el )?(?:próximo|proximo) mes|"
    r"(?:el )?mes que viene|(?:no )?(?:próximo|proximo) mês|(?:no )?mês que vem|来月"
)
_OVER_TOMORROW = r"(?:the )?day after tomorrow|übermorgen|après-demain|pasado mañana|depois de amanhã|明後日"
# "Good morning" and "in the morning" are no tomorrow.
_TOMORROW = (
    r"tomorrow|(?<!guten )(?<!am )(?<!heute )morgen|demain|(?<!la )(?<!esta )mañana|(?<!de )amanhã|明日"
)
_LEADING = (
    r"(?:on |from |again |am |ab |den |dem |kommenden |nächsten |le |el |este |la |na |a |em |de |du |"
    r"the |next |coming |this |próximo |próxima )*"
)
_DAY = (
    rf"(?P<second>{_OVER_TOMORROW})|(?P<first>{_TOMORROW})|(?P<month>{_NEXT_MONTH})|"
    rf"(?:(?P<week>{_NEXT_WEEK}),? ?{_LEADING})?(?:{_WEEKDAY})(?:,? (?:of )?(?P<later>{_NEXT_WEEK}))?|"
    rf"(?P<only>{_NEXT_WEEK})"
)
_UNTIL = r"until|till|'?til|through|bis(?: zum| einschließlich)?|jusqu'(?:au|à)|hasta|até"
_BACK = (
    r"(?<!to )back(?! to back)|return(?:ing|s)?|again|resume|(?<!immer )wieder|zurück|erst|"
    r"de retour|reviens|reviendrai|revenir|rentre\w*|de nouveau|à nouveau|"
    r"vuelv\w+|volver\w*|regres\w+|de vuelta|de nuevo|reincorpor\w+|volt\w+|retorn\w+|de volta|novamente"
)
_NOT_SINCE = r"(?<!since )(?<!seit )(?<!depuis )(?<!desde )"
_GAP = r"[^.!?;:\n]{0,40}?"
_NO_COMMA = r"[^.!?;:,\n]{0,40}?"
_EDGE = r"(?<![\w-])"
_END = r"(?![\w-])"
# Japanese sets no words apart, and says what is until when behind the day.
_JAPANESE_UNTIL = r"(?:まで|いっぱい)"
_JAPANESE_BACK = r"(?:に|より|から|以降)[^。\n]{0,12}(?:戻|出社|復帰|帰|対応|返信|通常|業務)"
_UNTIL_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"{_EDGE}(?:{_UNTIL}) {_LEADING}(?:{_DAY}){_END}",
        rf"(?:{_DAY}){_JAPANESE_UNTIL}",
    )
)
_BACK_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"{_EDGE}(?:{_BACK}){_END}{_GAP}{_EDGE}(?:{_DAY}){_END}",
        rf"{_NOT_SINCE}{_EDGE}(?:{_DAY}){_END}{_NO_COMMA}{_EDGE}(?:{_BACK}){_END}",
        rf"(?:{_DAY}){_JAPANESE_BACK}",
    )
)


def relative_return_day(text: str, written_on: date) -> date | None:
    """Return when somebody is back by a weekday or a word like "tomorrow" in a normalised text, else None.

    A weekday is the next one after the day the mail was written, "next week" its Monday; whoever is away
    until one day and back on another is back on the later.
    """
    until = max(_days(_UNTIL_SHAPES, text, written_on), default=None)
    backs = _days(_BACK_SHAPES, text, written_on)
    if not backs:
        return until
    back = min(backs)
    # "Until Friday, back on Monday", written at a weekend.
    return back if until is None or back >= until else back + timedelta(days=7)


def _days(shapes: tuple[re.Pattern[str], ...], text: str, written_on: date) -> list[date]:
    return [_day(match, written_on) for shape in shapes for match in shape.finditer(text)]


def _day(match: re.Match[str], written_on: date) -> date:
    found = match.groupdict()
    if found["second"] or found["first"]:
        return written_on + timedelta(days=2 if found["second"] else 1)
    if found["month"]:
        return (written_on.replace(day=1) + timedelta(days=31)).replace(day=1)
    monday = written_on + timedelta(days=7 - written_on.weekday())
    if found["only"]:
        return monday
    weekday = next(at for at in range(7) if found[f"d{at}"])
    if found["week"] or found["later"]:
        return monday + timedelta(days=weekday)
    return written_on + timedelta(days=(weekday - written_on.weekday() - 1) % 7 + 1)
