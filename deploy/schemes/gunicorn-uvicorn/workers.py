"""gunicorn that watches uvicorn workers: pages and sockets in the same processes."""

import os

# Without Redis processes hear of each other by reading the database; with it, one a core.
workers = 2 if os.environ.get("REDIS_HOST") else 1
worker_class = "uvicorn_worker.UvicornWorker"
# Sockets last: a worker that has to go sends its browsers away first.
timeout = 60
graceful_timeout = 10
# Nobody stands in front, so nobody's X-Forwarded-* is believed.
forwarded_allow_ips = ""
worker_tmp_dir = "/dev/shm"  # noqa: S108
accesslog = None
# A worker with sockets must not be replaced for having answered many requests: max_requests stays away.
