"""A real server on a database of its own, and people before real browsers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Shi-Yong-2026"
PATIENCE = 90
DESKTOP, PHONE = (1280, 900), (390, 844)
SOUGHT = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Where the machine's own Chromium is."""
    found = next(filter(None, map(shutil.which, SOUGHT)), None)
    assert found, "no Chromium on this machine: apt-get install chromium"
    return found


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """The platform on one database: it can be opened on any day, and closed again."""

    def __init__(self, url: str, folder: Path) -> None:
        self.public, self.staff = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.folder = folder
        self.settings = os.environ | {
            "AID_INSTANCE": str(folder), "DATABASE_URL": url, "AID_WORLD": "none",
            "PORT_PUBLIC": self.public.rpartition(":")[2],
            "PORT_STAFF": self.staff.rpartition(":")[2],
        }  # fmt: skip

    def command(self, now: str, *words: str) -> str:
        """What one `flask` command printed on that day."""
        ran = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "run", *words], cwd=ROOT, text=True,
            env=self.settings | {"AID_NOW": now}, capture_output=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    @contextmanager
    def opened(self, now: str) -> Iterator[None]:
        """Both faces answer, and it is that moment."""
        with (self.folder / "served.txt").open("ab") as told:
            process = subprocess.Popen(
                [sys.executable, "run.py", "serve"], cwd=ROOT, stdout=told, stderr=told,
                env=self.settings | {"AID_NOW": now}, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                for face in (self.public, self.staff):
                    self._wait_for(face, process)
                yield
            finally:
                process.terminate()
                process.wait(timeout=60)

    def _wait_for(self, face: str, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"{face}/health", timeout=5):
                return
            time.sleep(0.2)
        raise AssertionError((self.folder / "served.txt").read_text())


class Desk:
    """One person's browser. Whatever the browser complains about is kept in `complaints`."""

    def __init__(self, browser: Browser, house: House, language: str, size: tuple[int, int],
                 complaints: list[str]) -> None:  # fmt: skip
        self.house, self.complaints = house, complaints
        context = browser.new_context(viewport={"width": size[0], "height": size[1]},
                                      accept_downloads=True)  # fmt: skip
        context.set_default_timeout(15_000)
        self.page: Page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: complaints.append(f"{self.page.url}: {error}"))
        self.language, self.width = language, size[0]

    def _heard(self, message: ConsoleMessage) -> None:
        """A page that is gone on purpose is no complaint."""
        if message.type in {"error", "warning"} and "status of 410" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def signs_in(self, username: str) -> Desk:
        self.goes(f"{self.house.staff}/lang/{self.language}")
        self.goes(f"{self.house.staff}/login/")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button[type=submit], form button[type=submit]")
        self.page.wait_for_url(f"{self.house.staff}/")
        return self

    def visits(self, path: str = "/") -> Desk:
        """A page of the public face."""
        self.goes(f"{self.house.public}/lang/{self.language}")
        self.goes(self.house.public + path)
        return self

    def opens(self, path: str) -> Desk:
        return self.goes(self.house.staff + path)

    def goes(self, address: str) -> Desk:
        self.page.goto(address)
        self.fits()
        return self

    def meets(self, path: str) -> int:
        """The status with which a page of the public face answers."""
        answer = self.page.goto(self.house.public + path)
        assert answer
        return answer.status

    def fits(self) -> None:
        """The page is in the person's language and no wider than the screen."""
        told, wide = self.page.evaluate(
            "() => [document.documentElement.lang, document.documentElement.scrollWidth]"
        )
        assert told == {"zh_CN": "zh-CN", "en": "en"}[self.language], self.page.url
        assert wide <= self.width, f"{self.page.url} is {wide} wide"

    def presses(self, selector: str, note: str = "") -> str:
        """The button, and the answer to the question it asks; what the next page says."""
        button = self.page.locator(selector).first
        asks = button.get_attribute("data-confirm") is not None
        with self.page.expect_navigation():
            button.click()
            if asks:
                if note:
                    self.page.fill("dialog[open] textarea", note)
                self.page.click("dialog[open] [data-ask=go]")
        self.fits()
        return self.said

    @property
    def said(self) -> str:
        return " ".join(self.page.locator(".notes .note-body").all_inner_texts())

    @property
    def words(self) -> str:
        return self.page.inner_text("body")

    @property
    def number(self) -> int:
        """Of the row whose page this is."""
        return int(self.page.url.partition("?")[0].partition("#")[0].rpartition("/")[2])

    def takes(self, selector: str, folder: Path) -> Path:
        """The file behind a link or button."""
        with self.page.expect_download() as coming:
            self.page.locator(selector).first.click()
        path = folder / coming.value.suggested_filename
        coming.value.save_as(path)
        return path

    def sends(self, file: Path, button: str) -> str:
        """A file chosen in the page's form."""
        self.page.set_input_files("input[type=file]", file)
        return self.presses(button)
