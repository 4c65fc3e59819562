"""People and machines who follow the links of one mail, for tests: what they open, and what they send."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.vocapp.responses.builders import BROWSER, NOW

GATEWAY = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120 Safari/537.36"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_TYPED = re.compile(r'<(?:input|textarea) (?:id="[^"]*" )?name="([^"]+)"')


@dataclass
class Visitor:
    """Somebody with a mail; times are seconds after a server took it, forms come from the last page."""

    client: FlaskClient
    token: str
    agent: str = BROWSER
    start: datetime = NOW
    fields: dict[str, str] = field(default_factory=dict)
    typed: tuple[str, ...] = ()

    def opens(self, path: str, *, at: float, method: str = "GET", **headers: str) -> TestResponse:
        """Open one link: "score/7", "form", "opt-out", or an address below /s/<token>."""
        page = self._send(path, at, method=method, headers=headers)
        self.fields = dict(_HIDDEN.findall(page.text))
        self.typed = tuple(_TYPED.findall(page.text))
        return page

    def opens_all(self, *, at: float, seconds: float = 1.0, step: int = 1) -> None:
        """Open every number (or every second, third, …) and the way out, evenly within some seconds."""
        paths = [*(f"score/{score}" for score in range(0, 11, step)), "opt-out"]
        for place, path in enumerate(paths):
            self.opens(path, at=at + seconds * place / len(paths))

    def sends(self, path: str = "form", *, at: float, **given: Any) -> TestResponse:
        """Send the form of the last page as a browser does, with its hidden fields."""
        return self._send(path, at, method="POST", data={**self.fields, **given})

    def fills_everything(self, path: str = "form", *, at: float, **given: Any) -> TestResponse:
        """Send the form of the last page with something in every field that can be typed into."""
        return self.sends(path, at=at, **dict.fromkeys(self.typed, "x"), **given)

    def presses_opt_out(self, *, at: float, **given: Any) -> TestResponse:
        """Press the button of the opt-out page."""
        page = self.sends("opt-out", at=at, confirm="yes", **given)
        self.fields = dict(_HIDDEN.findall(page.text))
        return page

    def _send(
        self, path: str, at: float, *, headers: dict[str, str] | None = None, **rest: Any
    ) -> TestResponse:
        kind, _, score = path.partition("/")
        names = {key.replace("_", "-"): value for key, value in (headers or {}).items()}
        address = f"/u/{self.token}" if kind == "opt-out" else f"/s/{self.token}"
        address += {"score": f"?score={score}", "form": "", "opt-out": ""}.get(kind, f"/{path}")
        with time_machine.travel(self.start + timedelta(seconds=at), tick=False):
            return self.client.open(address, headers={"User-Agent": self.agent, **names}, **rest)
