from push.access import list_ended_devices
from push.models import PushDevice
from tasks.backend import task
from tasks.periodic import periodic

QUEUE_KEY = "push"
CHUNK_SIZE = 500  # devices


@task(max_tries=1_000, pauses=(5.0, 30.0))
def send_push_messages() -> None:
    """Sends what is due. If this process is sending already, that run takes it along."""
    from push.sender import run_sender  # with what it needs it takes 10 MB, and an idle worker needs none of it

    queued = send_push_messages.using(key=QUEUE_KEY)
    if next_due := run_sender(hand_over=queued.enqueue):
        queued.using(run_after=next_due).enqueue()


@periodic("41 3 * * *")
@task()
def delete_ended_devices() -> None:
    """Those that get no message are not looked at by the sender."""
    devices = PushDevice.objects.select_related("session", "user").iterator(chunk_size=CHUNK_SIZE)
    PushDevice.objects.filter(pk__in=list_ended_devices(devices)).delete()
