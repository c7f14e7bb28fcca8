"""Firefox and WebKit through WebDriver. Playwright drives only builds of its own; these come from Debian's packages."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.proxy import Proxy as ProxySetting
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.service import Service

from tests.support.serving import ended

TIMEOUT = 60.0  # seconds until an engine that does not answer counts as broken
SETTINGS: dict[str, bool | int | str] = {
    "browser.aboutwelcome.enabled": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "en-GB",
    "marionette.port": 0,
    "network.proxy.allow_hijacking_localhost": True,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.type": 1,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}


class Marionette(RemoteConnection):
    """Firefox's own protocol, which geckodriver would translate; Debian has no geckodriver."""

    NAMES = {
        "clearElement": "ElementClear",
        "clickElement": "ElementClick",
        "get": "Navigate",
        "getCurrentUrl": "GetCurrentURL",
        "goBack": "Back",
        "screenshot": "TakeScreenshot",
        "sendKeysToElement": "ElementSendKeys",
        "w3cExecuteScript": "ExecuteScript",
    }

    def __init__(self, port: int) -> None:
        super().__init__(client_config=ClientConfig(f"http://127.0.0.1:{port}"))
        self.stream = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.answers = self.stream.makefile("rb")
        self.read()  # its greeting

    def read(self) -> Any:
        size = b""
        while (digit := self.answers.read(1)) != b":":
            assert digit, "Firefox has ended"
            size += digit
        return json.loads(self.answers.read(int(size)))

    def execute(self, command: str, params: dict[str, Any]) -> dict[str, Any]:
        name = self.NAMES.get(command, command[0].upper() + command[1:])
        request = json.dumps([0, 0, f"WebDriver:{name}", params]).encode()
        self.stream.sendall(b"%d:%s" % (len(request), request))
        _, _, error, result = self.read()
        if error:
            return {"status": error["error"], "value": error}
        return {"value": result.get("value", result) if isinstance(result, dict) else result}

    def close(self) -> None:
        self.answers.close()
        self.stream.close()


@contextmanager
def firefox(folder: Path, proxy: int) -> Iterator[WebDriver]:
    program = shutil.which("firefox-esr")
    if not program:
        pytest.skip("Firefox ESR is not installed; it is Debian's package firefox-esr")
    settings = SETTINGS | {"network.proxy.http_port": proxy, "network.proxy.ssl_port": proxy}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items()]
    (folder / "user.js").write_text("".join(lines))
    argv = [program, "--headless", "--marionette", "--profile", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, env=os.environ | {"MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"})
    with ended(process):
        connection = Marionette(port_of(folder / "MarionetteActivePort", process))
        try:
            yield webdriver.Remote(connection, options=webdriver.FirefoxOptions())
        finally:
            connection.close()


def port_of(file: Path, process: subprocess.Popen[bytes]) -> int:
    """Firefox writes it when it listens, and tells nobody."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until and process.poll() is None:
        if file.exists() and (text := file.read_text()):
            return int(text)
        time.sleep(0.05)
    raise AssertionError(f"Firefox does not listen:\n{(file.parent / 'log').read_text()}")


@contextmanager
def webkit(folder: Path, proxy: int) -> Iterator[WebDriver]:
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    if not driver or not screen:
        pytest.skip("WebKit is not installed; it needs Debian's packages webkit2gtk-driver and xvfb")
    options = webdriver.WebKitGTKOptions()
    options.proxy = ProxySetting({"proxyType": "manual", "httpProxy": f"127.0.0.1:{proxy}"})
    with display(screen) as name:
        service = Service(driver, log_output=str(folder / "log"), env=os.environ | {"DISPLAY": name})
        browser = webdriver.WebKitGTK(options, service)
        try:
            yield browser
        finally:
            browser.quit()


@contextmanager
def display(program: str) -> Iterator[str]:
    """A screen in memory: WebKitGTK has no headless mode."""
    reading, writing = os.pipe()
    argv = [program, "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with ended(subprocess.Popen(argv, pass_fds=[writing], stderr=subprocess.DEVNULL)):
        os.close(writing)
        with os.fdopen(reading) as number:
            yield f":{number.readline().strip()}"


ENGINES: dict[str, Callable[[Path, int], Any]] = {"firefox": firefox, "webkit": webkit}
