"""gunicorn for one of the ports: one process, which nginx in front of it protects from slow clients."""

workers = 1
# A thread for each of nginx's kept connections that is busy; with the default (sync) nothing could be kept open.
worker_class = "gthread"
threads = 4
keepalive = 75
timeout = 30
max_requests = 5000
max_requests_jitter = 500
# nginx is the only client, and it writes these headers itself.
forwarded_allow_ips = "127.0.0.1"
# It is nginx that logs.
accesslog = None
