"""Posts at a steady rate, to see a room under load."""

import itertools
import time
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat import message_services
from chat.models import Room
from myweb.errors import Refused


class Command(BaseCommand):
    help = "Posts numbered messages into a room at a steady rate, as its members in turn. Stop it with Ctrl+C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--room", required=True, help="name or number of the room")
        parser.add_argument("--rate", type=float, default=5, help="messages a second (default: 5)")
        parser.add_argument("--count", type=int, default=0, help="stop after this many messages (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rate"] <= 0:
            raise CommandError("--rate must be more than 0.")
        room = self.find(options["room"])
        people = [membership.user for membership in room.memberships.filter(active=True).select_related("user")]
        if not people:
            raise CommandError(f"{room} has no members; messages need authors. Add one first.")
        self.stdout.write(f"{options['rate']:g} messages a second into {room}. Stop it with Ctrl+C.")
        posted = 0
        try:
            posted = self.post(room, people, options["rate"], options["count"])
        except KeyboardInterrupt:
            self.stdout.write("")
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"Done: {room} has {Room.objects.get(pk=room.pk).seq} messages; {posted} were posted now.")

    def find(self, name: str) -> Room:
        rooms = Room.objects.filter(pk=name) if name.isdecimal() else Room.objects.filter(name=name)
        room = rooms.first()
        if room is None:
            known = ", ".join(Room.objects.exclude(name="").values_list("name", flat=True)[:20])
            raise CommandError(f"There is no room {name!r}. Rooms: {known or 'none yet'}.")
        return room

    def post(self, room: Room, people: list[Any], rate: float, count: int) -> int:
        begun = time.monotonic()
        for number in range(1, count + 1) if count else itertools.count(1):
            message_services.send_message(people[number % len(people)], room.pk, str(uuid4()), f"Flood {number}")
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
            if number % 100 == 0:
                self.stdout.write(f"{number} posted, {number / (time.monotonic() - begun):.1f}/s")
        return number
