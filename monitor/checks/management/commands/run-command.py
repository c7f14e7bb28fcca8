# ruff: noqa: N999 - it is typed, not imported
import asyncio
import shlex
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitor.checks import command_template, services
from monitor.checks.models import ProbeCommand, ProbeRun
from monitor.checks.probes import Result
from monitor.checks.subprocesses import Line, run_program
from myweb.errors import Refused


class Command(BaseCommand):
    help = (
        "Runs a configured command, as /run does: without a shell, with a timeout for all processes that "
        "it starts. Its output is streamed. Exits with its exit status; 124 if it timed out, 128 + N if signal "
        "N ended it. The run is recorded in the run history. Without a name, lists the commands."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?")
        parser.add_argument("words", nargs="*")
        parser.add_argument("--timeout", type=float, metavar="SECONDS", help="overrides the timeout of the command")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["name"]:
            return self.list_commands()
        command = ProbeCommand.objects.filter(name=options["name"]).first()
        if command is None:
            raise CommandError(f"There is no command {options['name']}.", returncode=2)
        try:
            argv = command_template.fill_argv(command.argv, options["words"])
            outcome = asyncio.run(run_program(argv, options["timeout"] or command.timeout, self.write_line))
        except Refused as refused:
            raise CommandError(str(refused.text), returncode=2) from None
        words = shlex.join([command.name, *options["words"]])
        result = Result(outcome.ok, outcome.describe(), outcome.seconds, outcome=outcome)
        services.record_run(ProbeRun(command=command, words=words[:2000], argv=argv), result)
        if not outcome.ok:
            status = 124 if outcome.timed_out else outcome.exit_code or 128 + (outcome.signal or 0)
            raise CommandError(outcome.describe(), returncode=status)
        self.stderr.write(outcome.describe(), self.style.SUCCESS)
        return None

    def list_commands(self) -> None:
        for command in ProbeCommand.objects.all():
            self.stdout.write(
                f"{command.name} {command_template.describe_usage(command.argv)}  {command.summary}".rstrip()
            )

    def write_line(self, line: Line) -> None:
        stream, text = line
        (self.stderr if stream else self.stdout).write(text, str)
        self.stdout.flush()
