"""Files for pages: made in a browser and put into it as users do, or uploaded without a window."""

import base64
import re
import struct
import zlib
from collections.abc import Mapping
from uuid import uuid4

from playwright.sync_api import Locator

from tests.browser.people import Person
from tests.browser.window import Room, Window

PIECE = 8 * 1024 * 1024
# The bytes are made in the page: files of many megabytes would be slow on their way there.
MAKE_FILES = """const makeFile = ({ name, type = "", text = null, base64 = null, size = 0 }) => {
    const content = text ?? (base64 ? Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)) : null);
    if (content !== null) return new File([content], name, { type });
    const bytes = new Uint8Array(size);
    for (let place = 0; place < size; place += 1) bytes[place] = (place * 31 + (place >> 12)) & 255;
    return new File([bytes], name, { type });
};
const data = new DataTransfer();
for (const file of files) data.items.add(makeFile(file));
for (const [type, text] of Object.entries(texts)) data.setData(type, text);"""
PASTE = f"""(target, {{ files, texts }}) => {{ {MAKE_FILES}
    const options = {{ clipboardData: data, bubbles: true, cancelable: true }};
    target.dispatchEvent(new ClipboardEvent("paste", options));
}}"""
DROP = f"""(target, {{ files, texts }}) => {{ {MAKE_FILES}
    const send = (kind) => target.dispatchEvent(
        new DragEvent(kind, {{ dataTransfer: data, bubbles: true, cancelable: true }}));
    for (const kind of ["dragenter", "dragover"]) send(kind);
    const isShown = document.querySelector("main").hasAttribute("data-dropping");
    send("drop");
    return isShown;
}}"""

RECORD = """async ([width, height]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm;codecs=vp8" });
    const pieces = [];
    recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    const stopped = new Promise((done) => recorder.addEventListener("stop", done));
    recorder.start();
    for (let frame = 0; frame < 24; frame += 1) {
        context.fillStyle = `hsl(${frame * 10} 80% 50%)`;
        context.fillRect(0, 0, width, height);
        context.fillStyle = "white";
        context.fillRect(frame * 10, 40, 60, 60);
        await new Promise((done) => setTimeout(done, 50));
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""

File = Mapping[str, str | int]


def make_picture(width: int, height: int, shade: int = 0) -> bytes:
    """A PNG with colours that run into each other."""
    rows = b"".join(
        b"\0"
        + b"".join(
            bytes((x * 255 // width, y * 255 // height, (shade + x * y * 97 // (width * height)) % 256))
            for x in range(width)
        )
        for y in range(height)
    )

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")


def picture(name: str, width: int = 160, height: int = 120, shade: int = 0) -> File:
    content = base64.b64encode(make_picture(width, height, shade)).decode()
    return {"name": name, "type": "image/png", "base64": content}


def record_video(window: Window, width: int, height: int) -> bytes:
    """A second of WebM, which a browser can play."""
    return base64.b64decode(window.page.evaluate(RECORD, [width, height]))


def paste(window: Window, *files: File, **texts: str) -> None:
    window.box.evaluate(PASTE, {"files": list(files), "texts": {key.replace("_", "/"): texts[key] for key in texts}})


def drop(target: Locator, *files: File) -> bool:
    """Says whether the room showed that it takes them."""
    return bool(target.evaluate(DROP, {"files": list(files), "texts": {}}))


def attached(window: Window) -> Locator:
    """The lines above the box."""
    return window.page.locator(".composer__files li")


def upload(person: Person, room: Room, name: str, content: bytes) -> str:
    """Without a window; answers with the id of the file."""
    values = {"name": name, "room": str(room.id)}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    version = {"Tus-Resumable": "1.0.0", **person.token}
    begun = person.context.request.post(
        "/files/uploads/", headers={**version, "Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    )
    assert begun.status == 201, begun.text()
    address = begun.headers["location"]
    for offset in range(0, len(content), PIECE):
        sent = person.context.request.patch(
            address,
            data=content[offset : offset + PIECE],
            headers={**version, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"},
        )
        assert sent.status == 204, sent.text()
    found = re.search(r"([0-9a-f-]{36})/$", address)
    assert found
    return found[1]


def send_files(person: Person, room: Room, *files: tuple[str, bytes], body: str = "") -> None:
    ids = [upload(person, room, name, content) for name, content in files]
    data = {"client_id": str(uuid4()), "body": body, "files": ids}
    answer = person.ask(f"{room.path}messages/", data=data)
    assert answer.ok, answer.text()
