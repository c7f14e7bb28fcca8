import json
import logging
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from care.doctor.checks import CHECKS
from care.doctor.examination import Report, examine
from care.doctor.finding import State, counted
from care.doctor.front import Front, Wrong

WIDTH = max(map(len, CHECKS))


class Command(BaseCommand):
    help = (
        "Checks every part of the site and says how to fix problems. Exits with 1 if a check failed. It "
        "changes nothing and prints no secrets. The checks: " + ", ".join(CHECKS) + "."
    )
    requires_system_checks: list[str] = []  # it is asked when something is wrong
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only",
            action="append",
            choices=CHECKS,
            metavar="NAME",
            help="run only this check; can be repeated",
        )
        parser.add_argument(
            "--url",
            default="",
            help="ask the site there, still under its own name: http://127.0.0.1:8080, or the path of a unix socket "
            "(default: MYWEB_FRONT, else the first of MYWEB_ORIGINS)",
        )
        parser.add_argument("--strict", action="store_true", help="exit with 1 also after a warning")
        parser.add_argument("--json", action="store_true", help="output as JSON: one object with every check")

    def handle(self, *args: Any, **options: Any) -> None:
        front = self.front(options["url"])
        chosen = {name: check for name, check in CHECKS.items() if name in (options["only"] or CHECKS)}
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)  # what libraries have to say is said here
        try:
            reports: list[Report] = []
            for each in examine(chosen, lambda: front.under(front.origin)):
                reports.append(each)
                if not options["json"]:
                    self.tell(each)
        finally:
            logging.disable(before)
        bad = [each for each in reports if each.state >= (State.WARNING if options["strict"] else State.FAILED)]
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not bad, "checks": [as_json(each) for each in reports]}, indent=1))
        else:
            self.sum_up(reports)
        if bad:
            sys.exit(1)

    @staticmethod
    def front(url: str) -> Front:
        """Asked under the first name of the site, or under that which was given, if it is one."""
        try:
            return Front(url.rstrip("/"), url.rstrip("/") if url.rstrip("/") in settings.ORIGINS else "")
        except Wrong as wrong:
            raise CommandError(str(wrong)) from None

    def tell(self, report: Report) -> None:
        styles = {State.OK: self.style.SUCCESS, State.WARNING: self.style.WARNING, State.FAILED: self.style.ERROR}
        paint, state = styles.get(report.state, str), report.state.name.lower()
        first = report.problems[0].said if report.problems else report.said
        self.stdout.write(f"{paint(f'{state:8}')} {report.name:{WIDTH}}  {first}")
        for number, each in enumerate(report.problems):
            if number:
                self.stdout.write(f"{'':{WIDTH + 11}}{each.said}")
            self.stdout.write(f"{'':{WIDTH + 11}}mend: {each.mend}")

    def sum_up(self, reports: list[Report]) -> None:
        count = {state: sum(each.state == state for each in reports) for state in State}
        told = [
            *([f"{count[State.FAILED]} failed"] if count[State.FAILED] else []),
            *([counted(count[State.WARNING], "warning")] if count[State.WARNING] else []),
            f"{count[State.OK]} ok",
            *([f"{count[State.SKIPPED]} skipped"] if count[State.SKIPPED] else []),
        ]
        self.stdout.write(f"\n{', '.join(told)}, in {sum(each.seconds for each in reports):.1f} s")


def as_json(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "state": report.state.name.lower(),
        "seconds": round(report.seconds, 3),
        "findings": [
            {"state": each.state.name.lower(), "said": each.said, **({"mend": each.mend} if each.mend else {})}
            for each in report.findings
        ],
    }
