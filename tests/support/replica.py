"""A client's copy of a room, kept as docs/protocol.md tells clients to: nothing here knows how the server does it."""

from typing import Any

State = dict[str, Any]


class Behind(Exception):
    """The event follows something that this copy does not hold."""


class Replica:
    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.have: int | None = None
        self.epoch = ""
        self.room: State = {}
        self.members: dict[int, State] = {}
        self.messages: dict[int, State] = {}
        self.snapshots = 0

    def resume(self) -> State:
        return {} if self.have is None else {"after": self.have, "epoch": self.epoch}

    def subscribed(self, answer: State) -> None:
        if answer["recovered"]:
            for event in answer.get("events", ()):
                self.place(event)
        else:
            self.replace(answer["snapshot"])
        self.have, self.epoch = answer["head"], answer["epoch"]

    def replace(self, snapshot: State) -> None:
        self.snapshots += 1
        self.room = snapshot["room"]
        self.members = {member["id"]: member for member in snapshot["members"]}
        self.messages = {message["id"]: message for message in snapshot["messages"]}

    def take(self, event: State) -> None:
        if self.have is None or event["rev"] <= self.have:
            return
        if self.have < event.get("after", event["rev"] - 1):
            raise Behind
        self.have = event["rev"]
        self.place(event)

    def place(self, event: State) -> None:
        """Puts the present states in the place of those held, unless these are younger."""
        for member in event.get("included", ()):
            self.put(self.members, member)
        kind, state = event["type"], event["data"]
        if kind == "room.updated":
            if state["rev"] >= self.room["rev"]:
                self.room = state
        elif kind == "member.updated":
            self.put(self.members, state)
        elif kind.startswith("message."):
            self.put(self.messages, state)

    @staticmethod
    def put(held: dict[int, State], state: State) -> None:
        if state["id"] not in held or state["rev"] >= held[state["id"]]["rev"]:
            held[state["id"]] = state

    def content(self) -> State:
        """What a person would see, in the order in which they would."""
        return {
            "room": self.room,
            "members": [self.members[key] for key in sorted(self.members)],
            "messages": sorted(self.messages.values(), key=lambda message: int(message["seq"])),
        }

    def said(self) -> list[str]:
        return [message.get("html", "") for message in self.content()["messages"]]
