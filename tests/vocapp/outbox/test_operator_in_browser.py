"""Mail going out in Chromium: long names, phone and desktop."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from tests.builders import a_company, a_user
from tests.journeys.browser import (
    Live,
    assert_accessible,
    assert_fits,
    chromium,
    live,
    open_page,
    sign_in,
    trouble,
)
from tests.vocapp.outbox.builders import a_message, mail_through, smtp
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import MailLane

__all__ = ["chromium", "live", "open_page", "trouble"]

LONG = "a-person-with-a-very-long-name.in-a-department.of-a-region@a-large-company.customer.example"


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_what_goes_out_fits_and_is_accessible(
    live: Live, open_page: Callable[..., Page], width: int, dark: bool
) -> None:
    page = open_page(width=width, dark=dark)
    with live.app.app_context():
        a_company()
        admin = a_user(RoleName.ADMIN)
        message = a_message(admin.id, to_address=LONG)
        with transaction():
            message.state, message.cause, message.tried_at = "unknown", "in_doubt", utcnow()
            message.reason = "The mail server did not say whether it took the mail."
            later = utcnow() + timedelta(minutes=15)
            db.session.add(
                MailLane(name=LONG.partition("@")[2], cooling_until=later, cooling_reason="421 4.7.0")
            )
        message_id = message.id
        with mail_through(live.app, smtp(25)):
            sign_in(page, live, admin)
            db.session.rollback()
            for path in ("/mailbox/queue", f"/mailbox/queue/{message_id}", "/mailbox/queue/pace"):
                page.goto(live.url + path)
                assert_fits(page)
                assert_accessible(page)
