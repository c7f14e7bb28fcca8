"""A command of the list that may be run: well if it ends with 0."""

from monitor.checks import template
from monitor.checks.models import ProbeCommand
from monitor.checks.probes.probe import Probe, Result, require
from monitor.checks.subprocesses import run
from myweb.network_policy import Reach
from myweb.stored_text import join_texts
from myweb.stored_text import stored_gettext as _


class Command(Probe, tag="command"):
    """Target: the command's name, and its arguments behind it."""

    ends_itself = True

    argv: list[str] = []  # found by ``prepare``
    limit: float = 0.0  # seconds

    def check(self) -> None:
        name, words = template.split(self.target)
        command = ProbeCommand.objects.filter(name=name).first()
        require(command, _("There is no command of this name."))
        assert command
        template.filled(command.argv, words)

    def prepare(self) -> None:
        name, words = template.split(self.target)
        command = ProbeCommand.objects.filter(name=name).first()
        self.argv, self.limit = (
            ([], 0.0) if command is None else (template.filled(command.argv, words), command.timeout)
        )

    async def ask(self, reach: Reach) -> Result:
        if not self.argv:
            return Result(None, _("There is no command of this name."))
        outcome = await run(self.argv, self.limit)
        last = outcome.lines[-1][1] if outcome.lines else ""
        said = join_texts(outcome.sentence(), last[:200].strip())
        return Result(outcome.ok, said, outcome.seconds, {"exit": float(outcome.exit_code or 0)}, run=outcome)
