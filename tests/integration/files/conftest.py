from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def files_root(settings: Settings, tmp_path: Path) -> Path:
    """The folder of files of this test."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    return tmp_path / "files"
