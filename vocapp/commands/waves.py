"""`vocapp wave`: launch a wave without a browser."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Select

from vocapp.campaigns.audience import Person
from vocapp.campaigns.choosing import accounts_of_keys, all_accounts, parse_query, sender_of
from vocapp.campaigns.drafting import add_accounts, plan_first_mails, plan_mails, plan_pilot, start_draft
from vocapp.campaigns.launching import launch_wave, refuse_whole_pilot
from vocapp.campaigns.pilot import PilotOrder, pilot_size
from vocapp.commands.base import print_json, within_app
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.workdays import end_of_day, moment_there, zone_of
from vocapp.identity.models import User
from vocapp.identity.queries import company, user_by_email


@click.group()
def wave() -> None:
    """Ask the people of accounts one question.

    Example: vocapp wave launch --survey nps --accounts "tier=Tier 1,region=EMEA"
    """


@wave.command()
@click.option("--survey", "survey_key", required=True, metavar="KEY", help="Which survey, such as nps.")
@click.option(
    "--accounts",
    "accounts",
    required=True,
    metavar="FILE_OR_QUERY",
    help='A file with one external_id per line, or a query such as "tier=Tier 1,region=EMEA", or all.',
)
@click.option("--at", "at", metavar="TIME", help="When, such as 2026-03-02T09:00 (the sender's time zone).")
@click.option("--sender", "sender", metavar="EMAIL", help="Who asks; the accounts' owner if they have one.")
@click.option("--name", "name", default="", metavar="TEXT", help="What the wave is called.")
@click.option("--reminders", default="3,8", metavar="DAYS", help="Working days, such as 3,8; empty: none.")
@click.option("--announce", is_flag=True, help="Say two working days before that a question comes.")
@click.option("--tell-champions", is_flag=True, help="Tell champions before that colleagues are asked, too.")
@click.option("--pilot", "pilot", metavar="SIZE", help="Ask a few first, by lot: people such as 20, or 10%.")
@click.option("--pilot-days", type=int, metavar="DAYS", help="After so many days the others follow.")
@click.option(
    "--first-mails-until",
    "last_day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Whoever could not be written to by the end of that day is not asked.",
)
@click.option("--any-hour", "any_hour", is_flag=True, help="Send at once, also outside working hours.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@within_app
def launch(
    survey_key: str,
    accounts: str,
    at: str | None,
    sender: str | None,
    name: str,
    reminders: str,
    announce: bool,
    tell_champions: bool,
    pilot: str | None,
    pilot_days: int | None,
    last_day: datetime | None,
    any_hour: bool,
    as_json: bool,
) -> None:
    """Launch a wave now or at a time, and say who is asked and who is not.

    Example: vocapp wave launch --survey nps --accounts accounts.txt --at 2026-03-02T09:00 --json
    """
    now = utcnow()
    with transaction():
        chosen = _accounts(accounts)
        owner = sender_of(chosen, _user(sender) if sender else None)
        begun = start_draft(owner, survey_key=survey_key, name=name, now=now)
        add_accounts(begun, chosen)
        days = _working_days(reminders)
        plan_mails(
            begun,
            reminder_days=days,
            has_prenotice=announce,
            has_heads_up=tell_champions,
            is_any_hour=any_hour,
        )
        plan_pilot(begun, _pilot(pilot, days=pilot_days))
        zone = _zone(owner)
        plan_first_mails(begun, until=end_of_day(last_day.date(), zone) if last_day else None, now=now)
        roster = launch_wave(begun, at=_moment(at, owner) if at else None, now=now)
        refuse_whole_pilot(begun, roster)
        first = pilot_size(len(roster.asked), percent=begun.pilot_percent, people=begun.pilot_people)
        document = {
            "wave": begun.id,
            "planned": len(roster.asked),
            **({"first": first} if begun.has_pilot else {}),
            "excluded": [_left_out(person) for person in roster.excluded],
        }
        title = begun.name
    if as_json:
        print_json(document)
        return
    click.echo(
        f"{title} (wave {document['wave']}): {len(roster.asked):,} asked, {len(roster.excluded):,} not."
    )
    for reason, count in roster.reasons.items():
        click.echo(f"  {reason.value}: {count:,}")
    if first < len(roster.asked):
        click.echo(f"{first:,} of them first, by lot; the others when the pilot lets them follow.")
    first_at = min(person.ask_at for person in roster.asked)
    if first_at > utcnow():
        click.echo(f"The first mails leave at {first_at:%Y-%m-%d %H:%M} UTC.")


def _accounts(file_or_query: str) -> Select[Any]:
    path = Path(file_or_query)
    if not path.is_file():
        return all_accounts(parse_query(file_or_query))
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DomainError(f"Cannot read {path}; give a text file with one external_id per line.") from None
    keys = [line.strip() for line in lines if line.strip()]
    if not keys:
        raise DomainError(f"{path} is empty; write one external_id per line.")
    return accounts_of_keys(keys)


def _left_out(person: Person) -> dict[str, Any]:
    """Return who is not asked and why; `until` is when that ends, `asked_at` when they are asked then."""
    moments = {"until": person.until, "asked_at": person.later_at}
    known = {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
    note = {"note": person.note} if person.note else {}
    return {"contact": person.email, "reason": person.reason, **note, **known}


def _working_days(text: str) -> list[int]:
    try:
        return [int(day) for day in text.split(",") if day.strip()]
    except ValueError:
        raise DomainError(f"Cannot read the days {text!r}; write working days such as 3,8.") from None


def _user(email: str) -> User:
    user = user_by_email(email)
    if user is None:
        raise DomainError(f"There is no user {email}; vocapp user add makes one.")
    return user


def _moment(text: str, owner: User) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DomainError(f"Cannot read the time {text!r}; write it as 2026-03-02T09:00.") from None
    return moment if moment.tzinfo is not None else moment_there(moment, _zone(owner))


def _zone(owner: User) -> ZoneInfo:
    ours = company()
    return zone_of(owner.time_zone, ours.time_zone if ours else "")


def _pilot(size: str | None, *, days: int | None) -> PilotOrder:
    """Return whom somebody wants asked first: "20" people, "10%" of all, or everybody without a size."""
    if size is None:
        if days is not None:
            raise DomainError("Say with --pilot how many are asked first; then the others can follow.")
        return PilotOrder()
    number = size.strip().removesuffix("%")
    if not (number.isascii() and number.isdigit() and len(number) <= 9 and int(number)):
        raise DomainError(
            f"Cannot read the pilot {size!r}; write a number of people, or a share such as 10%."
        )
    if size.strip().endswith("%"):
        return PilotOrder(percent=int(number), days=days)
    return PilotOrder(people=int(number), days=days)
