"""Orders to uWSGI's master."""

import os
from pathlib import Path

import pytest

from deploy.uwsgi_reload import write_command


def test_an_order_that_nobody_reads_is_an_error_and_no_wait(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(OSError, match="No such device"):
        write_command(fifo, "c")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    write_command(fifo, "c")
    assert os.read(reader, 10) == b"c"
    os.close(reader)
