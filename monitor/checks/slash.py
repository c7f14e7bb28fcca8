"""What is done from a room: ``/probe``, ``/run``, and the button that stops a run."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.slash import SlashRequest, slash_command
from monitor.checks import access, services, template
from monitor.checks.protocol import StopRun
from monitor.checks.subprocesses import check_enabled
from myweb.errors import Refused
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@slash_command("probe", "http https://example.com", gettext_lazy("Probe another machine: http, tcp, ping, dns or tls"))
def probe(asked: SlashRequest) -> None:
    kind, _space, target = asked.words.partition(" ")
    if "://" in kind:  # the address alone is clear enough
        kind, target = "http", asked.words
    if not target.strip():
        raise Refused("invalid", _("Enter /probe http, tcp, ping, dns or tls, and a target."))
    services.ask_probe(asked.by, asked.room, asked.client_id, kind.lower(), target.strip())


@slash_command("run", "name", gettext_lazy("Run a command; without a name, list the available ones"))
def run(asked: SlashRequest) -> str | None:
    if not asked.words:
        return offered(asked)
    services.ask_run(asked.by, asked.room, asked.client_id, asked.words)
    return None


def offered(asked: SlashRequest) -> str:
    check_enabled()
    found = access.commands_in(asked.by, asked.room).order_by("name")
    lines = [
        " – ".join(part for part in (f"/run {each.name} {template.usage(each.argv)}".strip(), each.summary) if part)
        for each in found
    ]
    if not lines:
        return _("There are no commands that you can run here. Owners write commands on the Commands page.")
    return "\n".join([_("You can run:"), *lines])


@command(StopRun)
async def stop(hub: Hub, socket: Socket, asked: StopRun) -> None:
    await run_as_user(socket, services.stop, asked.run)
