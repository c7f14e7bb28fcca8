"""Collects what a browser complains about while a test runs."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

GONE = "net::ERR_ABORTED"  # the page went elsewhere before it had everything
PRELOAD = "csp"  # of a module, by a browser without scripts; what the policy refuses is in the console
SHAKEN = "net::ERR_NETWORK_CHANGED"  # this machine got or lost an interface, as containers do; no fault of the site


class Watch:
    """Nothing may be said in a console and no request may fail, but for what a test allows beforehand."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.allowed: list[str] = []
        self.shaken = False

    def follow(self, context: BrowserContext) -> None:
        context.on("console", self.console)
        context.on("weberror", lambda error: self.note(f"{error.page and error.page.url}: uncaught {error.error}"))
        context.on("requestfailed", self.failed)
        context.on("response", self.response)

    def allow(self, *patterns: str) -> None:
        self.allowed += patterns

    def begin(self) -> None:
        self.complaints.clear()
        self.allowed.clear()

    def check(self) -> None:
        left = [line for line in self.complaints if not any(re.search(pattern, line) for pattern in self.allowed)]
        assert not left, "The browser complains:\n" + "\n".join(left)

    def note(self, complaint: str) -> None:
        self.complaints.append(complaint)

    def console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and SHAKEN not in message.text:
            self.note(f"{message.page and message.page.url}: {message.text} {message.location['url']}")

    def failed(self, request: Request) -> None:
        if request.failure == SHAKEN:
            self.shaken = True
        elif request.failure not in {GONE, PRELOAD}:
            self.note(f"{request.method} {request.url}: {request.failure}")

    def response(self, response: Response) -> None:
        if response.status >= 400:
            self.note(f"{response.request.method} {response.url}: {response.status}")
