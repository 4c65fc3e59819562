"""`vocapp mail classify`: what it prints, without a database."""

import json

from click.testing import CliRunner

from vocapp.cli import vocapp

_AWAY = b"From: a@customer.example\nAuto-Submitted: auto-replied\nDate: Mon, 10 Aug 2026 09:00:00 +0000\n\n"


def test_one_mail_is_one_document_with_the_promised_fields(tmp_path):
    file = tmp_path / "away.eml"
    file.write_bytes(_AWAY + b"I am out of the office until 24 August.")
    done = CliRunner().invoke(vocapp, ["mail", "classify", str(file), "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (
        0,
        {
            "file": str(file),
            "kind": "automatic",
            "reason": "out_of_office",
            "recipient": None,
            "suppress": False,
            "return_date": "2026-08-24",
            "replacement": None,
            "freshness": "alive",
        },
    )


def test_a_file_that_is_missing_fails_in_one_sentence_and_the_others_are_judged():
    done = CliRunner().invoke(vocapp, ["mail", "classify", "-", "/nowhere/x.eml"], input=_AWAY + b"Away.")
    assert done.exit_code == 1
    assert "-: automatic, out of office; freshness alive" in done.stdout
    assert "Error: /nowhere/x.eml cannot be read (No such file or directory)" in done.stderr


def test_a_machine_that_can_begin_no_process_says_so(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    file = tmp_path / "away.eml"
    file.write_bytes(_AWAY)
    monkeypatch.setattr("integrations.mail.classify.safely.subprocess.run", refuse)
    done = CliRunner().invoke(vocapp, ["mail", "classify", str(file)])
    assert str(done.exception) == "This machine cannot begin a process now (BlockingIOError)."
