"""Every sentence that the room page's scripts say; they fill the ``{places}`` and choose ``_one`` or ``_other``."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from myweb.formats import UNIT_TEXTS

STRINGS: dict[str, Promise | str] = UNIT_TEXTS | {
    "another_user": _("another user"),
    "count_down_one": _("{count} check is down"),
    "count_down_other": _("{count} checks are down"),
    "count_firing_one": _("{count} alert is firing"),
    "count_firing_other": _("{count} alerts are firing"),
    "between_names": pgettext_lazy("between names", ", "),
    "conversation": _("Conversation in {room}"),
    "delete": _("Delete"),
    "edited": _("edited"),
    "emoji_none": _("No emoji is called “{text}”."),
    "emoji_recent": _("Recent"),
    "ended_server": _(
        "Not sent: the server ended the connection twice while receiving this message. Other messages are sent."
    ),
    "favourite_add": _("Add {room} to favourites"),
    "favourite_remove": _("Remove {room} from favourites"),
    "here_now": _("Online"),
    "is_here": _("online"),
    "jump_latest": _("Jump to the latest"),
    "latency": _("{ms} ms"),
    "link_copied": _("Link copied."),
    "members": _("Members"),
    "message_deleted": _("This message was deleted."),
    "message_hint": _("Message {room} — / for commands, @ for mentions"),
    "message_to": _("Message {room}"),
    "mute": _("Mute"),
    "muted_until": _("Muted until {time}"),
    "new_messages_one": _("{count} new message"),
    "new_messages_other": _("{count} new messages"),
    "not_now": _("That did not work. Try again in a moment."),
    "not_now_offline": _("No connection. Try again when it is back."),
    "not_sent": _("Not sent."),
    "only_you": _("Just you"),
    "notification_title": _("{author} in {room}"),
    "notifications_allow": _("Notify me"),
    "notifications_later": _("Not now"),
    "notifications_offer": _(
        "{name} mentioned you. Show a notification on this device when that happens, or when someone writes to you?"
    ),
    "others": _("Others"),
    "palette_action": pgettext_lazy("kind in the palette", "Action"),
    "palette_count_one": _("{count} result"),
    "palette_count_other": _("{count} results"),
    "palette_dark": _("Switch to dark"),
    "palette_direct": pgettext_lazy("kind in the palette", "Conversation"),
    "palette_do": pgettext_lazy("heading in the palette", "Do"),
    "palette_go": pgettext_lazy("heading in the palette", "Go to"),
    "palette_light": _("Switch to light"),
    "palette_mark_read": _("Mark {room} as read"),
    "palette_messages": pgettext_lazy("kind in the palette", "Search"),
    "palette_recent": pgettext_lazy("heading in the palette", "Recent"),
    "palette_room": pgettext_lazy("kind in the palette", "Room"),
    "palette_room_settings": _("Settings of {room}"),
    "palette_search": _("Search for “{text}”"),
    "palette_settings": pgettext_lazy("kind in the palette", "Settings"),
    "palette_unavailable": _("Only rooms are found now: the server does not answer. Try again in a moment."),
    "palette_unread": pgettext_lazy("heading in the palette", "Unread"),
    "recipient_off": _("{name} isn’t notified of this conversation at the moment."),
    "recipient_quiet": _("{name} has quiet hours until {time}."),
    "react": _("React"),
    "react_with": _("React with {emoji}"),
    "reacted": _("{emoji} {names}"),
    "reaction_label_one": _("{emoji} {count} reaction: {names}"),
    "reaction_label_other": _("{emoji} {count} reactions: {names}"),
    "reply_to": _("Reply to {name}"),
    "replying_to": _("Replying to {name}"),
    "role_now": _("{role}: {names}"),
    "room_gone": _("You no longer have access to that room. Another room is shown."),
    "search_for": _("Search messages for “{text}”"),
    "sending": _("sending"),
    "show_answered": _("Show the original message"),
    "slash_offline": _("A command needs a connection. It stays here until then."),
    "state_catching_up": _("Syncing…"),
    "state_connecting": _("Connecting…"),
    "state_live": _("Live"),
    "state_offline": _("Offline since {time}"),
    "state_stopped": _("Disconnected"),
    "state_stored": _("Offline, as of {time}"),
    "strip_forbidden": _("Your account was deactivated. If this is a mistake, ask an admin of this workspace."),
    "strip_offline": _("No connection since {time}. What you write is kept here and sent when the connection is back."),
    "strip_offline_unstored": _(
        "No connection since {time}. This browser can't store anything: leave this page open until your "
        "messages are sent."
    ),
    "strip_other_user": _(
        "You are now signed in as {name} in another tab. What you wrote here was not sent: it is kept "
        "until you sign in again. Reload the page to continue as {name}."
    ),
    "strip_signed_out": _("You were signed out."),
    "strip_stored": _("No connection. This was stored on this device: as of {time}."),
    "strip_stored_room": _(
        "No connection. This was stored on this device: as of {time}. What you write is kept here and sent when the "
        "connection is back."
    ),
    "strip_unmeasured": _(
        "Not measured since {time}: no collector is running. Alerts, checks and values are of that time."
    ),
    "strip_stopped": _("The server closed this connection. Reload the page to reconnect."),
    "suggestions": _("Suggestions"),
    "too_long": _("The message has {used} characters; the limit is {limit}. Shorten it or send it in parts."),
    "try_again": _("Try again"),
    "typing_many": _("Several people are typing…"),
    "typing_one": _("{name} is typing…"),
    "typing_two": _("{one} and {two} are typing…"),
    "undo": _("Undo"),
    "unread_one": _("{count} unread message"),
    "unread_other": _("{count} unread messages"),
    "unread_mine_one": _("{count} unread message for you"),
    "unread_mine_other": _("{count} unread messages for you"),
    "unread_mentions_one": _("{count} unread message, {mentions} for you"),
    "unread_mentions_other": _("{count} unread messages, {mentions} for you"),
    "urgent_sent": _("Sent as urgent."),
    "urgent_title": _("Urgent: {title}"),
    "waiting": _("waiting for the connection"),
    "waiting_turn": _("sending many messages; this one follows in a moment"),
    "write_to": _("Message {name}"),
    "you": _("you"),
}
