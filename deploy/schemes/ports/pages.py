"""gunicorn for one of the ports: one process behind nginx, which protects it from slow clients."""

workers = 1
# A thread for each busy keep-alive connection of nginx; the default (sync) has no keep-alive.
worker_class = "gthread"
threads = 4
keepalive = 75
timeout = 30
max_requests = 5000
max_requests_jitter = 500
# nginx is the only client, and sets these headers itself.
forwarded_allow_ips = "127.0.0.1"
# nginx writes the access log.
accesslog = None
