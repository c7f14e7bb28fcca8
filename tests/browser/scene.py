"""A house with some life in it, for pages to be looked at."""

from dataclasses import dataclass

from playwright.sync_api import expect

from tests.browser import look
from tests.browser.people import Cast, Person
from tests.browser.window import Room, Window

CODE = """```python
def drain(queue: Queue) -> int:
    '''Say how many were left.'''
    return sum(1 for _ in queue)
```"""


@dataclass
class Scene:
    cast: Cast
    people: dict[str, Person]  # Ada, on a device for each language
    room: Room
    empty: Room
    archived: Room
    colleague: Person
    size: str = "wide"  # in which the next window opens

    def window(self, language: str) -> Window:
        return self.sized(self.people[language].window())

    def visitor(self, language: str) -> Window:
        return self.sized(self.cast.visitor(locale=language))

    def sized(self, window: Window) -> Window:
        look.resize(window.page, self.size)
        return window

    def room_page(self, language: str) -> Window:
        window = self.window(language).enter(self.room)
        expect(window.messages).not_to_have_count(0)
        return window


def make_scene(cast: Cast, ada: Person, ben: Person, wei: Person) -> Scene:
    room = ada.make_room(ben, wei, name="operations", description="Releases, alerts and what to do about them")
    talk(room, ada, ben, wei)
    ada.make_room(ben, wei, kind="private", name="security", description="Reports before they are public")
    unread = ada.make_room(ben, name="kitchen")
    for text in ("Soup is ready", f"@{ada.me['handle']} yours is in the fridge"):
        ben.send(unread, text)
    archived = ada.make_room(ben, name="summer party 2025")
    ada.send(archived, "See you next year!")
    ada.post(f"{archived.path}archive/", archived="yes")
    ada.post("/rooms/direct/", people=str(ben.id))
    devices = {language: cast.keep(cast.again(ada, locale=language)) for language in ("en-GB", "zh-CN")}
    return Scene(cast, devices, room, ada.make_room(ben, name="harbour lights"), archived, ben)


def talk(room: Room, ada: Person, ben: Person, wei: Person) -> None:
    ben.send(room, "Morning. The nightly backup took **four minutes longer** than last week.")
    ben.send(room, "Nothing red, but worth a look: https://example.com/runbooks/backup")
    wei.send(room, "早上好。我昨天把压缩等级调高了，可能是这个原因。")
    ada.send(room, f"@{wei.me['handle']} could you set it back before noon?")
    ben.send(room, CODE)
    ada.send(room, "> worth a look\n\nDone:\n\n- compression back to 6\n- retention *unchanged*\n- alert at `15 min`")
    wei.send(room, "🎉")
    promise = "I will watch the next two runs and write down what they took. " * 3
    ben.send(room, f"Thanks @{ada.me['handle']}! {promise}")
