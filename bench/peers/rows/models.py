from django.conf import settings
from django.db import models


class Room(models.Model):
    objects: models.Manager["Room"]

    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    objects: models.Manager["Message"]

    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    client_id = models.UUIDField(unique=True)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.client_id)
