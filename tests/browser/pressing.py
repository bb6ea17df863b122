"""Pressing things in such a way that what comes next meets the page that is meant.

A click returns before the page that it leads to is there. Whatever does not wait by itself (reading a text, counting,
going back, reloading, closing the tab) then meets the old page or one on its way out, and filling in a field may fill
in the old one. So the tests of this package press with these functions and in no other way (test_pressing.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page

_STAYS = """element => {
  const on = element.closest("a, button, summary, label");
  if (on?.localName === "a") return on.getAttribute("href").startsWith("#");
  return on?.localName !== "button" || on.type === "button";
}"""


@contextmanager
def leaving(page: Page) -> Iterator[None]:
    """What is done in here leads to another page, or to the same one anew; return when the browser has it."""
    with page.expect_navigation():
        yield


def follow(locator: Locator) -> None:
    """Press what leads to another page, and return when the browser has it, after whatever redirects."""
    with leaving(locator.page):
        locator.click()


def touch(locator: Locator) -> None:
    """Press what changes the page and does not leave it."""
    assert locator.evaluate(_STAYS), f"{locator} leads to another page: follow it"
    locator.click()


def open_behind(locator: Locator) -> None:
    """Press with Ctrl held: what it leads to is opened in a tab of its own."""
    locator.click(modifiers=["Control"])
