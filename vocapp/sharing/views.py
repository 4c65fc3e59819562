"""Sharing: to whom a report goes, what waits for approval, and what is made by itself."""

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write
from vocapp.reports.models import Report
from vocapp.reports.queries import newer_edition, visible_report
from vocapp.reports.rules import ReportKind
from vocapp.reports.titles import title_of
from vocapp.sharing.forms import NoteForm, ScheduleForm, ShareForm
from vocapp.sharing.models import ReportSchedule, ReportShare
from vocapp.sharing.pages import (
    Readers,
    listed_schedules,
    listed_shares,
    readers_of,
    schedule_as_said,
    share_as_said,
)
from vocapp.sharing.queries import schedule_of, shares_of, waiting_for_approval
from vocapp.sharing.scheduling import drop_schedule, pause_schedule
from vocapp.sharing.service import approve_share, decline_share, end_share, send_again

sharing = Blueprint("sharing", __name__)


@sharing.get("/reports/<int:report_id>/share")
def show(report_id: int) -> str:
    """Show to whom a report went, what they opened, and to whom it can go."""
    return _page(_report(report_id))


@sharing.post("/reports/<int:report_id>/share")
def send(report_id: int) -> ResponseReturnValue:
    """Put a report on its way."""
    report = _report(report_id)
    form = _share_form(readers_of(report))
    if not (form.validate_on_submit() and (form.users.data or form.contacts.data)):
        form.form_errors.append(str(_("Choose at least one person who gets it.")))
        return _page(report, form=form), 422
    try:
        with transaction():
            share_as_said(form, report, sender=current_person(), now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return _page(report, form=form), 422
    return redirect(url_for("sharing.show", report_id=report_id), code=303)


@sharing.post("/reports/<int:report_id>/schedule")
def schedule(report_id: int) -> ResponseReturnValue:
    """Make a report like this one by itself from now on."""
    report = _report(report_id)
    form = _schedule_form(report, readers_of(report))
    if not form.validate_on_submit():
        return _page(report, schedule_form=form), 422
    try:
        with transaction():
            schedule_as_said(form, report, owner=current_person(), now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return _page(report, schedule_form=form), 422
    return redirect(url_for("sharing.schedules"), code=303)


@sharing.get("/reports/schedules")
def schedules() -> str:
    """Show what is made by itself."""
    return render_template("sharing/schedules.html", listed=listed_schedules(current_person()))


@sharing.post("/reports/schedules/<int:schedule_id>/pause")
def pause(schedule_id: int) -> ResponseReturnValue:
    """Pause a schedule, or let it go on."""
    found = _schedule(schedule_id)
    with transaction():
        pause_schedule(found, is_active=not found.is_active, by=current_person())
    return redirect(url_for("sharing.schedules"), code=303)


@sharing.post("/reports/schedules/<int:schedule_id>/drop")
def drop(schedule_id: int) -> ResponseReturnValue:
    """Make no more reports by a schedule."""
    found = _schedule(schedule_id)
    with transaction():
        drop_schedule(found, by=current_person())
    return redirect(url_for("sharing.schedules"), code=303)


@sharing.get("/reports/approvals")
def approvals() -> str:
    """Show what waits for one's word before it goes to a customer."""
    return _approvals({})


@sharing.post("/reports/approvals/<int:share_id>/send")
def approve(share_id: int) -> ResponseReturnValue:
    """Send a report to a customer."""
    share, note = _waiting(share_id), NoteForm().note.data or ""
    try:
        with transaction():
            approve_share(share, note=note, by=current_person(), now=utcnow())
        flash(_("On its way to %(name)s.", name=share.to_name), "success")
    except DomainError as refusal:
        flash(str(refusal), "error")
        return _approvals({share_id: note}), 422
    return redirect(url_for("sharing.approvals"), code=303)


@sharing.post("/reports/approvals/<int:share_id>/keep")
def keep(share_id: int) -> ResponseReturnValue:
    """Keep a report from going to a customer."""
    share = _waiting(share_id)
    try:
        with transaction():
            decline_share(share, by=current_person())
        flash(_("Not sent to %(name)s.", name=share.to_name), "success")
    except DomainError as refusal:
        flash(str(refusal), "error")
    return redirect(url_for("sharing.approvals"), code=303)


@sharing.post("/reports/<int:report_id>/share/<int:share_id>/end")
def end(report_id: int, share_id: int) -> ResponseReturnValue:
    """Let a link that went out work no longer."""
    share = _share(report_id, share_id)
    with transaction():
        end_share(share, by=current_person(), now=utcnow())
    return redirect(url_for("sharing.show", report_id=report_id), code=303)


@sharing.post("/reports/<int:report_id>/share/<int:share_id>/again")
def again(report_id: int, share_id: int) -> ResponseReturnValue:
    """Send a mail once more that never arrived."""
    share = _share(report_id, share_id)
    try:
        with transaction():
            send_again(share, by=current_person(), now=utcnow())
        flash(_("On its way to %(name)s.", name=share.to_name), "success")
    except DomainError as refusal:
        flash(str(refusal), "error")
    return redirect(url_for("sharing.show", report_id=report_id), code=303)


def _approvals(typed: Mapping[int, str]) -> str:
    """Show what waits; a note that was refused stands there as it was typed."""
    waiting = [
        (share, NoteForm(formdata=None, note=typed.get(share.id, share.note)))
        for share in waiting_for_approval(current_person())
    ]
    may = may_write(current_person().role)
    return render_template("sharing/approvals.html", waiting=waiting, title_of=title_of, may_write=may)


def _page(report: Report, *, form: ShareForm | None = None, schedule_form: ScheduleForm | None = None) -> str:
    readers = readers_of(report)
    newer = newer_edition(report.id)
    return render_template(
        "sharing/show.html",
        report=report,
        title=title_of(report),
        newer=visible_report(current_person(), newer.id) if newer else None,
        listed=listed_shares(report),
        form=form or _share_form(readers),
        schedule_form=schedule_form or _schedule_form(report, readers),
        now=utcnow(),
        may_write=may_write(current_person().role),
    )


def _share_form(readers: Readers) -> ShareForm:
    return ShareForm(users=readers.users, contacts=readers.contacts)


def _schedule_form(report: Report, readers: Readers) -> ScheduleForm:
    is_account = report.kind == ReportKind.ACCOUNT
    return ScheduleForm(users=readers.users, contacts=readers.contacts, is_account=is_account, is_me=True)


def _report(report_id: int) -> Report:
    return visible_report(current_person(), report_id) or abort(404)


def _share(report_id: int, share_id: int) -> ReportShare:
    shares = shares_of(_report(report_id))
    return next((one for one in shares if one.id == share_id), None) or abort(404)


def _schedule(schedule_id: int) -> ReportSchedule:
    return schedule_of(current_person(), schedule_id) or abort(404)


def _waiting(share_id: int) -> ReportShare:
    waiting = waiting_for_approval(current_person())
    return next((share for share in waiting if share.id == share_id), None) or abort(404)
