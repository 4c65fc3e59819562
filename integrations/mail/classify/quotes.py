"""What somebody wrote themselves: a mail's text without quoted mail and without the signature."""

import re

_RULE = re.compile(r"^\s*[-_*=]{2,}\s?[^-_*=\n]{3,60}\s?[-_*=]{2,}\s*$")
_LINE = re.compile(r"^\s*[_-]{20,}\s*$")
_WROTE = re.compile(
    r"wrote|writes|schrieb|schreef|a écrit|ecrit|écrit|escribi|ha scritto|scritto|escreveu|napisa|skrev|"
    r"kirjoitti|napsal|napísal|yazdı|yazmış|пише|написа|書きました|wrote:|写道|寫道|님이 작성|작성:|كتب|כתב|"
    r"a scris|írta|έγραψε|geschreven|sendte|skreiv|escrigué|va escriure"
)
_ENDS = re.compile(r"[:：]\s*$")
_LABEL = re.compile(
    r"^\s*[*>]{0,2}\s*(?:from|von|de|da|van|od|от|від|från|fra|lähettäjä|kimden|gönderen|feladó|de la|από|"
    r"expéditeur|"
    r"remitente|mittente|差出人|送信元|送信者|发件人|發件人|寄件者|보낸 사람|보낸사람|"
    r"من|מאת)\s*\*?\s*[:：]\s*\*?\s*\S",
    re.IGNORECASE,
)
_SECOND_LABEL = re.compile(r"^\s*[*>]{0,2}\s*[^\s:：][^:：\n]{0,24}\*?\s*[:：]")
_SIGNATURE = re.compile(r"^-- ?$|^—\s*$|^__+$")
_SENT_FROM = re.compile(
    r"^\s*(?:sent from|get outlook|gesendet von|von meinem .{1,30} gesendet|envoyé de|"
    r"envoyé depuis|enviado desde|"
    r"enviado do|enviado de|inviato da|verzonden v|verstuurd vanaf|wysłane z|skickat från|sendt fra|"
    r"lähetetty|"
    r"odesláno z|отправлено с|iphoneから送信|发自我的|나의 iphone)",
    re.IGNORECASE,
)
_LONGEST_LINE = 2_000
_MOST_LINES = 3_000


def own_words(text: str) -> str:
    """Return what a text says above and between quoted mail, signature included."""
    lines = [line[:_LONGEST_LINE] for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    lines = lines[:_MOST_LINES]
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.lstrip().startswith((">", "|")) and not line.lstrip().startswith("||"):
            at += 1
            continue
        length = _attribution_length(lines, at)
        if length:
            if not _is_marked_quote(lines, at + length):
                break
            at += length
            continue
        if _is_start_of_original(lines, at):
            break
        kept.append(line)
        at += 1
    return "\n".join(kept).strip()


def without_signature(words: str) -> str:
    """Return words up to the signature mark, a line of underscores or a "Sent from my phone"."""
    kept: list[str] = []
    for line in words.split("\n"):
        if _SIGNATURE.match(line.rstrip(" ") if line.strip() != "--" else "--") or _SENT_FROM.match(line):
            break
        kept.append(line)
    return "\n".join(kept).strip()


def _attribution_length(lines: list[str], at: int) -> int:
    """Count the lines of an "On … somebody wrote:" that starts here; 0 when none does."""
    for length in (1, 2, 3):
        chunk = lines[at : at + length]
        if len(chunk) < length or not chunk[-1].strip():
            return 0
        joined = " ".join(part.strip() for part in chunk)
        if len(joined) > 300:
            return 0
        if _ENDS.search(joined):
            is_dated = any(character.isdigit() for character in joined) or "@" in joined
            return length if is_dated and _WROTE.search(joined.lower()) else 0
    return 0


def _is_marked_quote(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 4] if line.strip()), "")
    return following.lstrip().startswith(">")


def _is_start_of_original(lines: list[str], at: int) -> bool:
    line = lines[at]
    if _RULE.match(line) and any(character.isalpha() for character in line):
        return True
    following = [other for other in lines[at + 1 : at + 4] if other.strip()]
    if _LINE.match(line):
        return bool(following) and bool(_LABEL.match(following[0]))
    if not _LABEL.match(line):
        return False
    return sum(bool(_SECOND_LABEL.match(other)) for other in following[:2]) >= min(2, len(following)) > 0
