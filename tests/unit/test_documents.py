from django.core.management import call_command

from myweb.management.commands import protocol
from realtime.protocol import Close
from realtime.streams import commands


def test_the_page_about_the_protocol_is_current() -> None:
    call_command("protocol", "--check")


def test_the_page_names_every_command_and_every_close_code() -> None:
    page = protocol.render_page()
    for kind in commands:
        assert f"### `{kind.__struct_config__.tag}`" in page
    for code in Close:
        assert f"| {code.value} | {code.name.lower()} |" in page
