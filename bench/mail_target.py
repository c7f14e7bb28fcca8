"""The mail server of the scenario "reach": notes each recipient. ``python -m bench.mail_target PORT FILE``."""

import sys
from email.message import EmailMessage
from pathlib import Path

from tests.support.mail_server import MailServer


def main(port: int, file: Path) -> None:
    with file.open("a", encoding="utf-8") as lines, MailServer(port) as server:

        def note(mail: EmailMessage) -> None:
            print(mail["To"], file=lines, flush=True)

        server.on_mail = note
        server.serve_forever()


main(int(sys.argv[1]), Path(sys.argv[2]))
