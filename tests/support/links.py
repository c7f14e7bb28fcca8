"""Pages that links lead to, and a worker that looks at them."""

from accounts.models import User
from chat import serializers
from chat.models import Message, Room
from chat.protocol import MessageState, PreviewState
from link_previews import services
from link_previews.tasks import PreviewLoop, fetch_link
from tasks.models import QueuedTask
from tests.support.images import draw, encode_image
from tests.support.machines import Page
from tests.support.rooms import say

PICTURE = encode_image(draw(400, 200), "PNG")


class Web:
    """Pages by path. Each path that is not known is a page with a title."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[str] = []
        self.pages: dict[str, Page] = {"/picture.png": (200, {"Content-Type": "image/png"}, PICTURE)}

    def __call__(self, _method: str, path: str) -> Page:
        self.asked.append(path)
        return self.pages.get(path) or (200, {"Content-Type": "text/html"}, f"<title>Page {path}</title>".encode())

    def add(self, path: str, html: str) -> str:
        """Its URL."""
        self.pages[path] = (200, {"Content-Type": "text/html; charset=utf-8"}, html.encode())
        return self.address + path


def switch_on(by: User) -> None:
    services.enable_previews(by, True)


def work() -> None:
    """Until nothing is left to do."""
    loop = PreviewLoop()
    while True:
        while not loop.run_once():
            pass
        tasks = list(QueuedTask.objects.filter(function=fetch_link.module_path).order_by("pk"))
        if not tasks:
            return
        for task in tasks:
            task.delete()
            fetch_link.func(*task.arguments["args"], **task.arguments["kwargs"])


def say_and_work(room: Room, by: User, body: str) -> Message:
    sent = say(room, by, body)
    work()
    return Message.objects.get(pk=sent.message)


def read_state(message: Message) -> MessageState:
    """As a page that opens the room has it."""
    room = Room.objects.get(pk=message.room_id)
    return next(state for state in serializers.read_room_snapshot(room).messages if state.id == message.pk)


def read_previews(message: Message) -> list[PreviewState]:
    return read_state(message).previews


def list_titles(message: Message) -> list[str]:
    return [preview.title for preview in read_previews(message)]
