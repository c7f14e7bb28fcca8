"""The Go servers in go/, built from Debian's packages of the libraries. Without them their rows say what is missing."""

import os
import shutil
import subprocess
from pathlib import Path

from bench.peers.peer import HERE, Peer
from bench.testbed import MissingPeer, Server, Testbed, free_port, listens
from deploy.stack.state import ROOT

LIBRARIES = Path("/usr/share/gocode")  # where Debian's golang-*-dev packages have their sources
CACHE = ROOT / "var" / "go-cache"


def serve(testbed: Testbed, name: str, path: str) -> Server:
    program, port = build(testbed, name), free_port()
    return testbed.start(name, [str(program), str(port)], listens(port), url=f"ws://127.0.0.1:{port}{path}")


def build(testbed: Testbed, name: str) -> Path:
    go, program = shutil.which("go"), testbed.home / name
    if not go:
        raise MissingPeer("not measured: Go is missing (apt-get install golang-go)")
    env = {"GOPATH": str(LIBRARIES), "GO111MODULE": "off", "GOCACHE": str(CACHE), "GOFLAGS": "", "CGO_ENABLED": "0"}
    argv = [go, "build", "-o", str(program), str(HERE / "go" / f"{name}.go")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env={**os.environ, **env})
    if done.returncode:
        missing = [line for line in done.stderr.splitlines() if "cannot find package" in line]
        raise MissingPeer(f"not measured: {missing[0].split(': ', 1)[1] if missing else done.stderr.strip()[-200:]}")
    return program


def version(package: str) -> str:
    asked = ["dpkg-query", "-W", "-f", "${Version}", package]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.partition("-")[0] or "?"


GORILLA = Peer(
    "gorilla",
    "tutorial",
    lambda testbed: serve(testbed, "gorilla", "/"),
    lambda: f"gorilla/websocket {version('golang-github-gorilla-websocket-dev')} in Go, bare hub, a frame a message",
)
CENTRIFUGE = Peer(
    "centrifuge",
    "centrifuge",
    lambda testbed: serve(testbed, "centrifuge", "/"),
    lambda: (
        f"Centrifuge's library {version('golang-github-centrifugal-centrifuge-dev')} in Go, memory broker, no history, "
        "up to four messages a frame"
    ),
)
