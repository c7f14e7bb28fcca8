"""The slash commands ``/probe`` and ``/run``."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.slash import SlashRequest, slash_command
from monitor.checks import access, command_template, services
from monitor.checks.subprocesses import check_enabled
from myweb.errors import Refused


@slash_command("probe", "http https://example.com", gettext_lazy("Probe another machine: http, tcp, ping, dns or tls"))
def post_probe(request: SlashRequest) -> None:
    kind, _space, target = request.words.partition(" ")
    if "://" in kind:  # a URL alone is enough
        kind, target = "http", request.words
    if not target.strip():
        raise Refused("invalid", _("Enter /probe http, tcp, ping, dns or tls, and a target."))
    services.request_probe(request.by, request.room, request.client_id, kind.lower(), target.strip())


@slash_command("run", "name", gettext_lazy("Run a command; without a name, list the available ones"))
def post_run(request: SlashRequest) -> str | None:
    if not request.words:
        return describe_commands(request)
    services.request_run(request.by, request.room, request.client_id, request.words)
    return None


def describe_commands(request: SlashRequest) -> str:
    check_enabled()
    commands = access.commands_of(request.by, request.room).order_by("name")
    lines = [
        " – ".join(
            part
            for part in (
                f"/run {command.name} {command_template.describe_usage(command.argv)}".strip(),
                command.summary,
            )
            if part
        )
        for command in commands
    ]
    if not lines:
        return _("There are no commands that you can run here. Owners write commands on the Commands page.")
    return "\n".join([_("You can run:"), *lines])
