"""gunicorn with uvicorn workers: pages and sockets in the same processes."""

import os

# Without Redis processes notice each other's writes by reading the database; with it, use one per core.
workers = 2 if os.environ.get("REDIS_HOST") else 1
worker_class = "uvicorn_worker.UvicornWorker"
# A worker that stops disconnects its sockets first.
timeout = 60
graceful_timeout = 10
# There is no proxy, so X-Forwarded-* is not trusted.
forwarded_allow_ips = ""
worker_tmp_dir = "/dev/shm"  # noqa: S108
accesslog = None
# No max_requests: a worker with sockets must not be replaced after many requests.
