"""How each page is brought to where it can be looked at: ``PAGES[name](scene, language)``."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.people import invite
from tests.browser.scene import Scene
from tests.browser.uploads import attached, make_picture, paste, picture, record_video, send_files
from tests.browser.window import Window

Open = Callable[[Scene, str], Window]


def page(path: str) -> Open:
    return lambda scene, language: scene.window(language).goto(path)


def outside(path: str) -> Open:
    return lambda scene, language: scene.visitor(language).goto(path)


def signup(scene: Scene, language: str) -> Window:
    window = scene.visitor(language).goto(scene.cast.link)
    expect(window.page.locator("[name=password1]")).to_be_visible()
    return window


def join_closed(scene: Scene, language: str) -> Window:
    window = scene.visitor(language)
    window.watch.allow(r"\b410\b")
    window.goto("/join/#nothing")
    expect(window.page.locator("#link-fragment-form")).to_have_count(0)
    return window


def signin_refused(scene: Scene, language: str) -> Window:
    window = scene.visitor(language).goto("/accounts/login/")
    window.page.locator("[name=login]").fill("nobody@example.com")
    window.page.locator("[name=password]").fill("not a password")
    window.page.locator("[name=password]").press("Enter")
    expect(window.page.locator(".errorlist")).to_be_visible()
    return window


def room(scene: Scene, language: str) -> Window:
    window = scene.room_page(language)
    message = window.messages.nth(3)
    if not message.locator(".reaction").count():
        message.hover()
        message.get_by_role("toolbar").get_by_role("button").nth(1).click()
    expect(message.locator(".reaction").first).to_be_visible()
    return window


def with_completion(scene: Scene, language: str) -> Window:
    window = scene.room_page(language)
    window.write("@")
    expect(window.page.locator("#completion")).to_be_visible()
    return window


def with_actions(scene: Scene, language: str) -> Window:
    window = scene.room_page(language)
    window.messages.nth(5).hover()
    expect(window.page.locator(".actions")).to_be_visible()
    return window


def with_reply(scene: Scene, language: str) -> Window:
    """Someone answered, and is being answered."""
    window = scene.room_page(language)
    answer = window.messages.filter(has=window.page.locator(".message__quote:not([hidden])"))
    if not answer.count():
        window.messages.nth(5).focus()
        window.page.keyboard.press("r")
        window.say("It is as it was")
        expect(window.pending).to_have_count(0)
    answer.focus()
    window.page.keyboard.press("r")
    expect(window.page.locator(".composer__reply")).to_be_visible()
    return window


def with_emoji(scene: Scene, language: str) -> Window:
    window = scene.room_page(language)
    window.page.locator(".composer__emoji").click()
    expect(window.page.locator("#emoji-picker")).to_be_visible()
    return window


def with_menu(scene: Scene, language: str) -> Window:
    window = scene.room_page(language)
    window.page.locator("[popovertarget=me-menu]").first.click()
    expect(window.page.locator("#me-menu")).to_be_visible()
    return window


def drawer(scene: Scene, language: str) -> Window:
    window = scene.room_page(language)
    window.page.locator(".bar__menu").click()
    expect(window.line(scene.room)).to_be_in_viewport()
    return window


def people_drawer(scene: Scene, language: str) -> Window:
    window = scene.room_page(language)
    window.page.locator("[data-toggles=people]").click()
    expect(window.page.locator("aside.people")).to_be_in_viewport()
    return window


def dialog(key: str) -> Open:
    def opened(scene: Scene, language: str) -> Window:
        window = scene.room_page(language)
        window.box.blur()
        window.page.keyboard.press(key)
        expect(window.page.locator("dialog[open]")).to_be_visible()
        return window

    return opened


def palette(scene: Scene, language: str) -> Window:
    window = scene.room_page(language)
    window.page.keyboard.press("Control+k")
    expect(window.page.locator("#palette [role=group]").nth(1)).to_be_visible()
    return window


def palette_typed(scene: Scene, language: str) -> Window:
    window = palette(scene, language)
    window.page.locator("#palette input").fill("a")
    expect(window.page.locator("#palette mark").first).to_be_visible()
    return window


def deleted(scene: Scene, language: str) -> Window:
    """Undo is offered, for five seconds."""
    person = scene.people[language]
    room = person.make_room(name="quay")
    person.send(room, "Not meant for here")
    window = scene.window(language).enter(room)
    window.messages.hover()
    window.page.locator("[data-do=remove]").click()
    expect(window.toast).to_be_visible()
    return window


def offline(scene: Scene, language: str) -> Window:
    window = scene.window(language)
    window.watch.allow("WebSocket", "ERR_INTERNET_DISCONNECTED")
    window.page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=4001))
    window.goto(scene.empty.path)
    expect(window.page.locator("#connection")).to_have_attribute("data-state", "offline")
    window.say("Is anybody there?")
    expect(window.pending).to_have_count(1)
    window.page.evaluate("indexedDB.deleteDatabase('myweb')")
    return window


def with_files(scene: Scene, language: str) -> Window:
    """Sent ones of every kind, and some that are being uploaded; one was refused."""
    window = scene.window(language)
    window.watch.allow(r"\b413\b")
    person, room = scene.people[language], scene.people[language].make_room(name="files")
    pictures = [(f"{number}.png", make_picture(320, 180 + 60 * number, number * 50)) for number in range(5)]
    send_files(person, room, pictures[0], body="One")
    send_files(person, room, *pictures, body="Before, after, and the culprit.")
    send_files(
        person, room, ("slow-queries-of-the-whole-night-2026-11-28.csv", b"ms,query\n" * 90), body="The slow ones:"
    )
    send_files(person, room, ("invoice.pdf", b"%PDF-1.4\n"), ("dump.zst", b"\x28\xb5\x2f\xfd" * 90))
    window.enter(room)
    expect(window.messages.locator(".picture img").first).to_be_visible()
    paste(window, picture("rack.png"), {"name": "a-dump-that-is-much-too-large.sql", "size": 76 * 1024 * 1024})
    expect(attached(window).locator(".file__note.bad")).not_to_be_empty()
    return window


SQL = b"""SELECT o.id, sum(l.price) FROM orders o
JOIN lines l ON l.order_id = o.id
WHERE o.state = 'paid'  -- no index: 4.1 s
GROUP BY o.id;
"""


def with_media(scene: Scene, language: str) -> Window:
    """A video, a short text and a long one."""
    window = scene.window(language)
    person, room = scene.people[language], scene.people[language].make_room(name="media")
    window.enter(room)
    send_files(person, room, ("checkout-error.webm", record_video(window, 640, 360)), body="What customers see:")
    send_files(person, room, ("worst.sql", SQL), body="The worst of them:")
    script = b"for host in a b; do echo $host; done\n" * 20
    send_files(person, room, ("deploy-of-the-whole-fleet-2026-11-28.sh", script))
    send_files(person, room, ("slow-queries.csv", b"ms,query\n" * 20_000))
    expect(window.messages.locator("video[poster]")).to_have_count(1)
    expect(window.messages.locator(".hljs-keyword").first).to_be_visible()
    return window


def with_viewer(scene: Scene, language: str) -> Window:
    window = scene.window(language)
    room = scene.people[language].make_room(name="pictures")
    send_files(scene.people[language], room, ("rack.png", make_picture(640, 480)), ("b.png", make_picture(90, 400)))
    window.enter(room)
    window.messages.locator(".picture").first.click()
    expect(window.page.locator(".viewer img")).to_be_visible()
    return window


def too_long(scene: Scene, language: str) -> Window:
    window = scene.window(language).enter(scene.empty)
    window.box.fill("word " * 2_050)
    expect(window.page.locator("#message-problem")).to_be_visible()
    return window


def person(scene: Scene, language: str) -> Window:
    return scene.window(language).goto(f"/people/{scene.colleague.id}/")


def dashboard_edited(scene: Scene, language: str) -> Window:
    window = scene.window(language).goto("/boards/new/?from=host")
    expect(window.page.locator(".panel canvas").first).to_be_visible()
    window.page.locator(".panel .panel__title").first.click()
    expect(window.page.locator("#panel-form")).to_be_visible()
    return window


def dashboard(scene: Scene, language: str) -> Window:
    window = scene.window(language).goto("/dashboards/host/")
    expect(window.page.locator(".panel__value").first).to_contain_text("%")
    return window


def docked(scene: Scene, language: str) -> Window:
    """In a room of its own, since what is docked stays."""
    room = scene.people[language].make_room(name="engine room")
    window = scene.window(language).goto(f"{room.path}?dock=host")
    expect(window.page.locator(".dock canvas").first).to_be_visible()
    expect(window.page.locator(".tile__value").first).to_contain_text("%")
    return window


def devices(scene: Scene, language: str) -> Window:
    """This browser, and another one."""
    for number, person in enumerate(scene.people.values()):
        page = person.get("/settings/notifications/").text()
        key = re.search(r'data-push-key="([^"]+)"', page)
        assert key
        subscription = {"endpoint": f"https://push.example.com/{number}", "p256dh": key[1], "auth": "A" * 22}
        answer = person.ask("/push/subscription/", data={**subscription, "key": key[1], "chosen": True})
        assert answer.ok, answer.text()
    window = scene.window(language).goto("/settings/notifications/")
    expect(window.page.locator(".push-devices .setting:visible")).to_have_count(2)
    window.page.locator(".push-devices").scroll_into_view_if_needed()
    return window


def override(scene: Scene, language: str) -> Window:
    ada, name = scene.people[language], f"Primary {scene.size} {language}"
    turns = f"@{ada.me['handle']} @{scene.colleague.me['handle']}"
    fields = {"name": name, "room": str(scene.room.id), "people": turns}
    ada.post("/oncall/new/", **fields, weekdays="0", at="09:00", length="1", zone="Europe/Berlin")
    window = scene.window(language).goto("/oncall/")
    window.page.get_by_role("link", name=name).click()
    window.page.locator("details:has(.oncall__override) > summary").click()
    expect(window.page.locator(".oncall__override")).to_be_visible()
    window.page.locator(".oncall__override").scroll_into_view_if_needed()
    return window


def publishers(scene: Scene, language: str) -> Window:
    """One of the members may."""
    scene.people[language].post("/status/edit/publishers/", user=str(scene.colleague.id), do="add")
    return scene.window(language).goto("/status/edit/publishers/")


def outsider(scene: Scene, language: str) -> Window:
    return scene.sized(scene.colleague.window()).goto("/dashboards/")


def pushed(scene: Scene, language: str) -> Window:
    window = scene.window(language).goto("/watching/sources/push/new/")
    window.page.locator("[name=name]").fill("Queue of the shop")
    window.page.locator("main form button[type=submit]").click()
    expect(window.page.locator("#token")).to_be_visible()
    return window


def source(scene: Scene, language: str) -> Window:
    window = pushed(scene, language)
    token = window.page.locator("#token").inner_text()
    scene.people[language].ask(f"/api/push/{token}/", data='orders_waiting{shop="north"} 17')
    window.page.locator("main .actions a").click()
    expect(window.page.locator("main dl")).to_be_visible()
    return window


def job(scene: Scene, language: str) -> Window:
    window = scene.window(language).goto("/watching/beats/new/")
    window.page.locator("[name=name]").fill("Nightly backup")
    window.page.locator("main form button[type=submit]").click()
    token = window.page.locator("#token").inner_text()
    scene.people[language].ask(f"/api/beat/{token}/3", data="tar: /srv: No space left on device")
    window.page.locator("main .actions a").click()
    expect(window.page.locator("pre")).to_be_visible()
    return window


def reset_link(scene: Scene, language: str) -> Window:
    window = person(scene, language)
    window.page.locator("form[action$='/reset/'] button").click()
    expect(window.page.locator("#reset-link")).to_be_visible()
    return window


def incident(scene: Scene, language: str) -> Window:
    answer = scene.people[language].post("/status/edit/incidents/", title="Slow pages", impact="minor")
    return scene.window(language).goto(answer.headers["location"])


def invitations(scene: Scene, language: str) -> Window:
    invite(scene.people[language], max_uses="3")
    return scene.window(language).goto("/people/invitations/")


def of_room(path: str, which: str = "room") -> Open:
    return lambda scene, language: scene.window(language).goto(getattr(scene, which).path + path)


def empty(scene: Scene, language: str) -> Window:
    return scene.window(language).enter(scene.empty)


def archived(scene: Scene, language: str) -> Window:
    return scene.window(language).enter(scene.archived)


def no_page(scene: Scene, language: str) -> Window:
    """The address of a form."""
    window = scene.window(language)
    window.watch.allow(r"\b405\b")
    return window.goto(f"{scene.room.path}members/")


PAGES: dict[str, Open] = {
    "signin": outside("/accounts/login/"),
    "signin-refused": signin_refused,
    "forgotten": outside("/accounts/password/reset/"),
    "reset": outside("/reset/"),
    "join": outside("/join/"),
    "join-closed": join_closed,
    "signup": signup,
    "signup-closed": outside("/accounts/signup/"),
    "room": room,
    "room-empty": empty,
    "room-archived": archived,
    "room-completion": with_completion,
    "room-actions": with_actions,
    "room-reply": with_reply,
    "room-emoji": with_emoji,
    "room-menu": with_menu,
    "room-drawer": drawer,
    "room-people": people_drawer,
    "room-deleted": deleted,
    "room-offline": offline,
    "room-too-long": too_long,
    "room-files": with_files,
    "room-media": with_media,
    "room-viewer": with_viewer,
    "palette": palette,
    "palette-typed": palette_typed,
    "help": dialog("?"),
    "browse": page("/rooms/"),
    "new-room": page("/rooms/new/"),
    "settings": of_room("settings/"),
    "settings-archived": of_room("settings/", "archived"),
    "direct": page("/rooms/direct/"),
    "search": page("/search/"),
    "search-hits": page("/search/?q=backup"),
    "search-none": page("/search/?q=submarine"),
    "dashboard": dashboard,
    "room-docked": docked,
    "dashboards-none": outsider,
    "sources": page("/watching/sources/"),
    "source-new": page("/watching/sources/scrape/new/"),
    "source-token": pushed,
    "source": source,
    "job-new": page("/watching/beats/new/"),
    "job": job,
    "dashboard-edit": dashboard_edited,
    "walls": page("/walls/?board=host"),
    "wall-open": outside("/wall/1/"),
    "oncall": page("/oncall/"),
    "oncall-new": page("/oncall/new/"),
    "oncall-override": override,
    "oncall-contact": page("/oncall/contact/"),
    "alerts": page("/alerts/"),
    "alert-rules": page("/alerts/rules/"),
    "alert-rule": page("/alerts/rules/new/"),
    "alert-silences": page("/alerts/silences/"),
    "alert-routes": page("/alerts/routes/"),
    "alert-integrations": page("/alerts/integrations/"),
    "people": page("/people/"),
    "person": person,
    "person-reset": reset_link,
    "profile": page("/profile/"),
    "devices": devices,
    "notifications": page("/settings/notifications/"),
    "tasks": page("/settings/tasks/"),
    "files": page("/settings/files/"),
    "storage": page("/settings/storage/"),
    "password": page("/accounts/password/change/"),
    "invitations": invitations,
    "members": page("/people/members/"),
    "workspace": page("/workspace/"),
    "settings-places": page("/settings/"),
    "first-steps": page("/first-steps/"),
    "checks": page("/checks/"),
    "check-new": page("/checks/new/?kind=tcp"),
    "commands": page("/commands/"),
    "command-new": page("/commands/new/"),
    "runs": page("/runs/"),
    "status-edit": page("/status/edit/"),
    "status-publishers": publishers,
    "incident": incident,
    "no-page": no_page,
}


# What floats over a page stands where it was opened, so these are opened in each size.
FLOATING = {
    "room-emoji": ["wide", "phone"],
    "room-actions": ["wide"],
    "room-docked": ["wide", "phone"],
    "room-menu": ["wide"],
    "palette": ["wide", "phone"],
    "room-completion": ["wide", "phone"],
}
# Scrolled to what is looked at.
SCROLLED = {name: ["wide", "phone"] for name in ("devices", "oncall-override")}
ON_PHONES = {"room-drawer": ["phone"], "room-people": ["phone"]}
