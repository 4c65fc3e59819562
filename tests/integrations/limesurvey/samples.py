"""Structure files for the LimeSurvey tests: the sample files, and small ones made to measure."""

from pathlib import Path

FILES = Path(__file__).parent / "files"
LSS_START = (
    "<?xml version='1.0' encoding='UTF-8'?>\n<document>\n <LimeSurveyDocType>Survey</LimeSurveyDocType>\n"
)
TABS_HEADER = "class\ttype/scale\tname\trelevance\ttext\thelp\tlanguage\tvalidation\tmandatory\tother\n"


def sample(name: str) -> bytes:
    return (FILES / name).read_bytes()


def lss(*tables: str) -> bytes:
    return f"{LSS_START}{''.join(tables)}</document>".encode()


def table(name: str, *rows: dict[str, str]) -> str:
    cells = ("".join(f"<{field}><![CDATA[{text}]]></{field}>" for field, text in row.items()) for row in rows)
    return f"<{name}><rows>{''.join(f'<row>{row}</row>' for row in cells)}</rows></{name}>"


def one_question(**fields: str) -> str:
    first = {"qid": "1", "gid": "1", "type": "T", "title": "Why", "question": "Why?"}
    return table("questions", {**first, **fields})


def tabs(*rows: str) -> bytes:
    return (TABS_HEADER + "".join(f"{row}\n" for row in rows)).encode()
