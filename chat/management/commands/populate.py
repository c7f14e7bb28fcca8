"""A demo workspace: users, rooms, a few hundred messages, and what apps add."""

import random
import time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Role, User, Workspace
from chat import demo, services
from chat.message_validation import IncomingMessage, parse_incoming
from chat.models import Room
from chat.notifications.delivery import NOTIFICATION_READER
from chat.readers import skip_history
from chat.store import store_messages


class Command(BaseCommand):
    help = "Fills an empty workspace with demo users, rooms and messages. Fails if users exist already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--messages", type=int, default=400, help="number of messages (default: 400)")
        parser.add_argument("--password", default="operations", help="password of every demo user")
        parser.add_argument("--if-empty", action="store_true", help="do nothing if users exist already")
        parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same workspace")

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            sentence = "This workspace has users already; nothing was added."
            if not options["if_empty"]:
                raise CommandError(sentence)
            self.stdout.write(sentence)
            return
        if len(options["password"]) < 8:
            raise CommandError("--password needs at least 8 characters.")
        begun = time.monotonic()
        self.random = random.Random(options["seed"])  # noqa: S311 - a demo wants to be repeatable
        with transaction.atomic():
            Workspace.objects.create(name=demo.WORKSPACE_NAME)
            people = self.make_people(options["password"])
            rooms = self.make_rooms(people)
            self.talk(people, rooms, options["messages"])
            for make_sample in demo.sample_makers:
                make_sample(people, rooms)
            skip_history(NOTIFICATION_READER)
        self.stdout.write(
            f"{len(people)} people, {len(rooms)} rooms, {options['messages']} messages in "
            f"{time.monotonic() - begun:.1f} s.\nSign in as {demo.USERS[0][1]} (owner) or {demo.USERS[1][1]} "
            f"(member), password: {options['password']}"
        )

    def make_people(self, password: str) -> dict[str, User]:
        people = {}
        for number, (name, email) in enumerate(demo.USERS):
            role = [Role.OWNER, Role.MEMBER, Role.ADMIN][number] if number < 3 else Role.MEMBER
            user = User(email=email, name=name, role=role)
            user.set_password(password)
            user.save()
            people[user.handle] = user
        return people

    def make_rooms(self, people: dict[str, User]) -> dict[str, Room]:
        owner, *others = people.values()
        rooms = {}
        for name, kind, description, welcome, members in demo.ROOMS:
            room = services.create_room(owner, name=name, kind=kind, description=description, welcome=welcome)
            services.add_members(owner, room, others[:members])
            rooms[name] = room
        for pair in demo.DIRECT:
            first, *rest = (people[handle] for handle in pair)
            rooms["+".join(pair)] = services.open_direct(first, rest)
        return rooms

    def talk(self, people: dict[str, User], rooms: dict[str, Room], count: int) -> None:
        messages: dict[Room, list[IncomingMessage]] = {room: [] for room in rooms.values()}
        for name, lines in demo.CONVERSATIONS.items():
            messages[rooms[name]] += [self.make_message(rooms[name], people[handle], text) for handle, text in lines]
        rest = max(0, count - sum(map(len, messages.values())))
        for _number in range(rest):
            name = self.random.choice([name for name in rooms if name in demo.CHATTER])
            room = rooms[name]
            author = self.random.choice([membership.user for membership in room.memberships.select_related("user")])
            messages[room].insert(0, self.make_message(room, author, self.random.choice(demo.CHATTER[name])))
        for batch in messages.values():
            store_messages(batch, at=demo.make_times(len(batch), self.random))
        for room in rooms.values():
            room.refresh_from_db()
            for membership in room.memberships.all():
                membership.last_read = max(0, room.seq - self.random.choice([0, 0, 0, 2, 5]))
                membership.save(update_fields=["last_read"])

    def make_message(self, room: Room, author: User, body: str) -> IncomingMessage:
        return parse_incoming(room.pk, author.pk, str(UUID(int=self.random.getrandbits(128))), body)
