"""Texts of the demo workspace."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from chat.models import Room

# Apps add what they show in a demo workspace: functions of its users by handle (the owner is the first), and its rooms by
# name.
sample_makers: list[Callable[[Mapping[str, User], Mapping[str, Room]], None]] = []

WORKSPACE_NAME = "Harbour team"

USERS = [  # name, email; the first is the owner, the third an admin
    ("Ada", "ada@example.com"),
    ("Ben", "ben@example.com"),
    ("Mira", "mira@example.com"),
    ("张伟", "zhangwei@example.com"),
    ("Tomás Rivera", "tomas@example.com"),
    ("Yuki Mori", "yuki@example.com"),
]

ROOMS = [  # name, kind, description, newcomers join, how many of the others are in
    ("operations", "open", "Releases, alerts and what to do about them", True, 5),
    ("announcements", "open", "Read by everyone, written to rarely", True, 5),
    ("releases", "open", "What ships when", False, 4),
    ("kitchen", "open", "Lunch, plants and everything else", True, 5),
    ("security", "private", "Reports before they are public", False, 2),
]

DIRECT = [("ada", "ben"), ("ada", "mira"), ("ada", "张伟"), ("ben", "mira", "张伟")]

CONVERSATIONS = {  # the newest lines of each room
    "operations": [
        ("mira", "Rolling `web` to 4.2 in ten minutes. Drain is on, nobody should notice."),
        ("ben", "Go ahead. I watched the last one: every socket came back within two seconds and nothing was missing."),
        ("ben", "```console\n$ curl -s localhost:8080/healthz\nok\n```"),
        ("mira", "@ada it is the monthly report again. Can we move it off the primary?"),
        ("ada", "Yes. Replica is ready, I will switch it after lunch."),
        ("张伟", "切换之后我来检查复制延迟。"),
        (
            "tomas.rivera",
            "Checklist for the switch:\n\n1. pause the report\n2. point it to the replica\n3. watch **lag** for an hour",
        ),
        ("ada", "Posting the before and after here."),
    ],
    "announcements": [
        ("ada", "**Summer hours** start on Monday: the on-call shift changes at 16:00 instead of 18:00."),
        ("mira", "The new rack is in. Thanks to everyone who carried something :tada:"),
    ],
    "releases": [
        (
            "yuki.mori",
            "4.2 is tagged. Highlights:\n\n- sockets resume without a reload\n- search finds substrings in every script\n- half the memory per connection",
        ),
        (
            "ben",
            "```python\ndef unread(head: int, last_read: int) -> int:\n    return max(0, head - last_read)\n```\nis all that the sidebar needs now.",
        ),
        ("ada", "@ben lovely. > 4.3 on the 3rd?"),
    ],
    "kitchen": [
        ("yuki.mori", "今天有饺子 :dumpling:"),
        ("tomas.rivera", "Who waters the ficus this week?"),
        ("张伟", "我来。"),
    ],
    "security": [("mira", "The report about the old proxy is closed: the header is overwritten since March.")],
    "ada+ben": [("ben", "Do you have five minutes for the runbook?"), ("ada", "After the stand-up, yes.")],
    "ada+mira": [("mira", "I left the keys with reception.")],
    "ada+张伟": [("张伟", "明天见！")],
    "ben+mira+张伟": [("ben", "Pairing on the collector tomorrow at ten?")],
}

CHATTER = {
    "operations": [
        "Backup finished, 41 GB, restore test is running.",
        "Queue is back to zero.",
        "Certificates renewed on both fronts.",
        "Disk on `db-2` at 71 %, cleaning old dumps.",
        "Paging test at noon, please ignore.",
        "Redis restarted, nobody fell off.",
        "I am on call until Friday.",
        "The slow query was the missing index on `events`.",
        "CPU is calm again.",
        "夜间备份已完成。",
        "Deploy of `live` done: 2 processes, 3,118 sockets.",
        "Who knows why **nginx** reloads at 03:10?",
    ],
    "releases": [
        "Translations are in.",
        "The branch is green.",
        "Tagged.",
        "Release notes are up for reading.",
        "文档已更新。",
        "Held back one day: waiting for the security review.",
        "Rollback took 40 s, as it should.",
    ],
    "kitchen": [
        "Coffee machine is fixed.",
        "There is cake.",
        "Somebody left a bicycle helmet in the meeting room.",
        "谁要一起吃午饭？",
        "The good tea is behind the bad tea.",
        "Window in room 3 stays open today.",
    ],
}


def make_times(count: int, chance: random.Random) -> list[datetime]:
    """Rising moments over the last days, in working hours, the last of them a few minutes ago."""
    moments, moment = [], timezone.now() - timedelta(minutes=3)
    for _number in range(count):
        moments.append(moment)
        moment -= timedelta(minutes=chance.choice([1, 1, 2, 4, 9, 35]))
        if moment.hour < 7:
            moment -= timedelta(hours=10)
    return moments[::-1]
