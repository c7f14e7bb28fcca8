"""gunicorn alone: pages and, by ServeStatic, static files. WSGI has no WebSockets."""

# Two per core: while one waits for the database, another one works.
workers = 2
# Threads keep idle connections without a process each. The default (sync) has one request per process, no keep-alive.
worker_class = "gthread"
threads = 4
keepalive = 5
# Seconds until a worker without a heartbeat is killed. With threads this covers the worker, not single requests.
timeout = 30
graceful_timeout = 20
max_requests = 5000
max_requests_jitter = 500
# There is no proxy, so X-Forwarded-* is not trusted.
forwarded_allow_ips = ""
# Heartbeat files are in memory, because a slow disk would let workers be killed.
worker_tmp_dir = "/dev/shm"  # noqa: S108
limit_request_line = 8190
accesslog = None
