"""The real product, and people at browsers in front of it."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.browser import Trouble, chromium, live, new_page, open_page, trouble
from tests.journeys.person import PHONE_WIDTH
from tests.journeys.product import Product, show_what_it_printed, start_product, wait_until_ready

__all__ = ["chromium", "live", "open_page", "trouble"]

# As browsers of people name themselves: a headless one's own name looks like a machine's.
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile"


@pytest.fixture
def start(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Callable[..., Product]]:
    """Return a function that starts the product; its log is shown when the test fails, and it is stopped."""
    started: list[Product] = []

    def start_one(*arguments: str, database_url: str | None = None, **options: str) -> Product:
        folder = tmp_path / f"product-{len(started)}"
        folder.mkdir()
        product = start_product(database_url or new_database(), folder, *arguments, **options)
        started.append(product)
        return product

    yield start_one
    for product in started:
        parts = product.parts() if product.process.poll() is None else []
        try:
            product.stop()
        finally:
            for part in parts:
                with contextlib.suppress(Exception):
                    part.kill()
            show_what_it_printed(product)


@pytest.fixture
def empty_product(start: Callable[..., Product]) -> Product:
    """A ready installation without a demo company."""
    return wait_until_ready(start("--empty"))


@pytest.fixture
def somebody(chromium: Browser, trouble: Trouble) -> Iterator[Callable[..., Page]]:
    """Return a function that seats somebody at a browser of their own: `somebody(at=url, width=360)`."""
    with contextlib.ExitStack() as contexts:

        def sit_down(*, at: str, width: int = 1280, **options: object) -> Page:
            is_phone = width == PHONE_WIDTH
            # Without motion colours do not glide: axe would measure them on their way.
            agent = {
                "user_agent": PHONE if is_phone else DESKTOP,
                "has_touch": is_phone,
                "reduced_motion": "reduce",
            }
            height = 740 if is_phone else 800
            return new_page(
                chromium, at, trouble, contexts, width=width, height=height, **{**agent, **options}
            )

        yield sit_down
