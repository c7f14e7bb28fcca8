"""Pushes to the devices of users. There is no push service yet: these two functions are where it is connected."""

from collections.abc import Collection


def find_users_with_devices(user_ids: Collection[int]) -> set[int]:
    """Of these users those who have a device that receives pushes."""
    return set()


def push_to_devices(user_ids: Collection[int], *, tag: str, title: str, body: str, path: str, urgent: bool) -> None:
    """Part of the current transaction. A push replaces the one with the same ``tag`` on each device."""
    if user_ids:
        raise NotImplementedError("No user has a device.")
