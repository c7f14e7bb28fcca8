"""gunicorn by itself: pages and, through ServeStatic, files. Sockets are not what WSGI can carry."""

# Two a core: while one waits for the database another one works.
workers = 2
# Threads keep idle connections without a process each. The default (sync) has one request a process and no keep-alive.
worker_class = "gthread"
threads = 4
keepalive = 5
# Seconds until a worker that shows no life is killed. With threads that is the worker, not a single request.
timeout = 30
graceful_timeout = 20
max_requests = 5000
max_requests_jitter = 500
# Nobody stands in front, so nobody's X-Forwarded-* is believed.
forwarded_allow_ips = ""
# Where workers show that they live: memory, since a slow disk would kill them.
worker_tmp_dir = "/dev/shm"  # noqa: S108
limit_request_line = 8190
accesslog = None
