import logging

import pytest
from django.test import Client


def test_a_name_that_is_not_this_site_s_is_refused_and_written_down_once(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "django.security"):
        answer = Client(headers={"Host": "elsewhere.example"}).get("/accounts/login/")
    assert answer.status_code == 400
    assert [each.getMessage().split(":")[0] for each in caplog.records] == ["Invalid HTTP_HOST header"]
