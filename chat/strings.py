"""Every sentence that the room page's scripts say; they fill the ``{places}`` and choose ``_one`` or ``_other``."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STRINGS: dict[str, Promise | str] = {
    "another_user": _("another user"),
    "between_names": pgettext_lazy("between names", ", "),
    "choose_emoji": _("Choose an emoji"),
    "conversation": _("Conversation in {room}"),
    "delete": _("Delete"),
    "edited": _("edited"),
    "ended_server": _(
        "Not sent: the server ended the connection twice while it received this message. Other messages are sent."
    ),
    "here_now": _("Here now"),
    "is_here": _("is here"),
    "jump_latest": _("Jump to the latest"),
    "latency": _("{ms} ms"),
    "link_copied": _("Link copied."),
    "members": _("Members"),
    "message_deleted": _("This message was deleted."),
    "message_hint": _("Message {room} — / for commands, @ for people"),
    "message_to": _("Message {room}"),
    "new_messages_one": _("{count} new message"),
    "new_messages_other": _("{count} new messages"),
    "not_now": _("That did not work just now. Try again in a moment."),
    "not_now_offline": _("There is no connection. Try again when it is back."),
    "not_sent": _("Not sent."),
    "only_you": _("Just you"),
    "others": _("Others"),
    "react": _("React"),
    "react_with": _("React with {emoji}"),
    "reacted": _("{emoji} {names}"),
    "reaction_label_one": _("{emoji} {count} reaction: {names}"),
    "reaction_label_other": _("{emoji} {count} reactions: {names}"),
    "reply_to": _("Reply to {name}"),
    "replying_to": _("Replying to {name}"),
    "room_gone": _("That room is no longer here for you. Here is another one."),
    "search_for": _("Search for “{text}”"),
    "sending": _("sending"),
    "show_answered": _("Show the message that this one answers"),
    "slash_offline": _("A command needs the connection. It stays here until then."),
    "state_catching_up": _("Catching up…"),
    "state_connecting": _("Connecting…"),
    "state_live": _("Live"),
    "state_offline": _("Offline since {time}"),
    "state_stopped": _("Disconnected"),
    "strip_forbidden": _("Your account was switched off. If that is a mistake, ask an admin of this house."),
    "strip_offline": _("No connection since {time}. What you write is kept here and sent as soon as it is back."),
    "strip_offline_unstored": _(
        "No connection since {time}. This browser stores nothing: leave this page open until your messages are sent."
    ),
    "strip_other_user": _(
        "You are now signed in as {name} in another tab. What you wrote here was not sent: it is kept for your next"
        " sign-in. Reload the page to continue as {name}."
    ),
    "strip_signed_out": _("You were signed out."),
    "strip_stopped": _("The server ended this connection. Reload the page to come back."),
    "suggestions": _("Suggestions"),
    "too_long": _(
        "{used} characters are too many for one message; the limit is {limit}. Shorten it or send it in parts."
    ),
    "try_again": _("Try again"),
    "typing_many": _("Several people are typing…"),
    "typing_one": _("{name} is typing…"),
    "typing_two": _("{one} and {two} are typing…"),
    "unread_one": _("{count} unread message"),
    "unread_other": _("{count} unread messages"),
    "unread_mentions_one": _("{count} unread message, {mentions} for you"),
    "unread_mentions_other": _("{count} unread messages, {mentions} for you"),
    "waiting": _("waiting for the connection"),
    "waiting_turn": _("many at once; follows in a moment"),
    "write_to": _("Write to {name}"),
    "you": _("you"),
}
