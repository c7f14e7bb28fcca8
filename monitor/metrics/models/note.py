"""Stores the last state of something in the collector that is not a series."""

from django.db import models


class Note(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    at = models.FloatField()  # seconds since 1970
    body = models.JSONField()

    def __str__(self) -> str:
        return self.name
