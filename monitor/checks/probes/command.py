"""Runs a configured command. The check is up if it exits with 0."""

from monitor.checks import command_template
from monitor.checks.models import ProbeCommand
from monitor.checks.probes.probe import Probe, Result, require_valid
from monitor.checks.subprocesses import run_program
from myweb.network_policy import Reach
from myweb.stored_text import join_texts
from myweb.stored_text import stored_gettext as _


class CommandProbe(Probe, tag="command"):
    """Target: the name of the command, followed by its arguments."""

    ends_itself = True

    argv: list[str] = []  # set by ``prepare``
    limit: float = 0.0  # seconds

    def check(self) -> None:
        name, words = command_template.split_words(self.target)
        command = ProbeCommand.objects.filter(name=name).first()
        require_valid(command, _("There is no command of this name."))
        assert command
        command_template.fill_argv(command.argv, words)

    def prepare(self) -> None:
        name, words = command_template.split_words(self.target)
        command = ProbeCommand.objects.filter(name=name).first()
        self.argv, self.limit = (
            ([], 0.0) if command is None else (command_template.fill_argv(command.argv, words), command.timeout)
        )

    async def run(self, reach: Reach) -> Result:
        if not self.argv:
            return Result(None, _("There is no command of this name."))
        outcome = await run_program(self.argv, self.limit)
        last = outcome.lines[-1][1] if outcome.lines else ""
        sentence = join_texts(outcome.describe(), last[:200].strip())
        return Result(outcome.ok, sentence, outcome.seconds, {"exit": float(outcome.exit_code or 0)}, outcome=outcome)
