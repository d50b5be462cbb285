"""Hands at a panel of the live page."""

from typing import Any

from fake_feed import FakeFeed
from playwright.sync_api import Page, expect


def open_panel(page: Page, name: str) -> None:
    page.locator(f"[data-open={name}]").first.click()
    page.wait_for_selector(f".dialog-{name}")


def save(page: Page) -> None:
    page.locator(".dialog .save").click()


def saved(page: Page) -> None:
    page.wait_for_selector(".dialog", state="detached")
    expect(page.locator("[data-el=notice]")).to_contain_text("Saved")


def fill(page: Page, field: str, text: str) -> None:
    page.locator(
        f".dialog [data-field={field}] input:visible, .dialog [data-field={field}] textarea:visible"
    ).first.fill(text)


def last(feed: FakeFeed) -> dict[str, Any]:
    """What was recorded last, without what every entry has."""
    return {k: v for k, v in feed.posts[-1].items() if k not in ("id", "bed", "by", "session")}
