"""Mail comes back to a domain of ours."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.vocapp.inbound.builders import DOMAIN
from tests.vocapp.outbox.builders import settings_changed
from vocapp.core.mail_settings import MailSettings


@pytest.fixture
def bounce_domain(app: Flask) -> Iterator[None]:
    with settings_changed(app, mail=MailSettings(bounce_domain=DOMAIN)):
        yield
