from tasks.backend import task

QUEUE_KEY = "push"


@task(max_tries=1_000, pauses=(5.0, 30.0))
def send_push_messages() -> None:
    """Sends what is due. If this process is sending already, that run takes it along."""
    from push.sender import run_sender  # with what it needs it takes 10 MB, and an idle worker needs none of it

    queued = send_push_messages.using(key=QUEUE_KEY)
    if next_due := run_sender(hand_over=queued.enqueue):
        queued.using(run_after=next_due).enqueue()
