"""One settings file for every way of running; what differs comes from the environment (see .env.example)."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from myweb import env

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_env_file(BASE_DIR / ".env")

DEBUG = env.read_flag("MYWEB_DEBUG")
SECRET_KEY = env.read_text("MYWEB_SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured("MYWEB_SECRET_KEY is not set. bin/dev writes one to .env; elsewhere set it yourself.")
SECRET_KEY_FALLBACKS = env.read_list("MYWEB_SECRET_KEY_FALLBACKS")

# Full origins of the site: a host alone would also allow other ports and schemes.
ORIGINS = env.read_list("MYWEB_ORIGINS", "http://127.0.0.1:8000 http://localhost:8000")
for origin in ORIGINS:
    if urlsplit(origin).scheme not in {"http", "https"} or urlsplit(origin).path:
        raise ImproperlyConfigured(
            f"MYWEB_ORIGINS contains {origin!r}; use the format https://chat.example.com[:port]."
        )
ALLOWED_HOSTS = sorted({urlsplit(origin).hostname or "" for origin in ORIGINS})
CSRF_TRUSTED_ORIGINS = ORIGINS
SECURE = all(origin.startswith("https:") for origin in ORIGINS)

INSTALLED_APPS = [
    # First, since it replaces runserver by one with sockets. In production only socket servers load Twisted.
    *(["daphne"] if DEBUG else []),
    "accounts",  # before django.contrib.auth, whose changepassword it replaces
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "myweb",
    "realtime",
    "tasks",
    "push",
    "chat",
    "files",
    "link_previews",
    "monitor.metrics",
    "monitor.dashboards",
    "monitor.oncall",
    "monitor.alerts",
    "monitor.checks",
    "monitor.status",
    "ops",
    "allauth",  # after accounts, whose templates override its own
    "allauth.account",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "myweb.headers.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.language.WorkspaceLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "myweb.csrf.CsrfCookieMiddleware",
    "accounts.sessions.SessionUserMiddleware",
    "accounts.page_user.PageUserMiddleware",
    "myweb.post_limits.PostLimitMiddleware",  # after the CSRF check: forged requests do not count
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "myweb.error_pages.MethodNotAllowedMiddleware",
    "myweb.error_pages.RecoveryMiddleware",
]

ROOT_URLCONF = "myweb.urls"
WSGI_APPLICATION = "myweb.wsgi.application"
ASGI_APPLICATION = "myweb.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.add_workspace",
                "chat.context_processors.add_shell",
                "myweb.theme.read_theme",
            ],
            "builtins": [
                "accounts.templatetags.page_user",  # replaces Django's csrf_token
                "myweb.format_filters",
            ],
        },
    },
]

# Database: SQLite unless DATABASE_HOST is set. Each thread of a socket process keeps one connection.
DATABASES: dict[str, dict[str, Any]]
if env.read_text("DATABASE_HOST"):
    DATABASES = {
        "default": {
            "ENGINE": "myweb.postgresql",
            "HOST": env.read_text("DATABASE_HOST"),
            "PORT": env.read_number("DATABASE_PORT", 5432),
            "NAME": env.read_text("DATABASE_NAME", "myweb"),
            "USER": env.read_text("DATABASE_USER", "myweb"),
            "PASSWORD": env.read_text("DATABASE_PASSWORD"),
            "CONN_MAX_AGE": 300,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 3},
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": env.read_text("MYWEB_SQLITE", str(BASE_DIR / "var" / "myweb.sqlite3")),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
# Folders for a backup each night; see docs/deploy.md.
BACKUPS = env.read_text("MYWEB_BACKUPS")
BACKUPS_COPY = env.read_text("MYWEB_BACKUPS_COPY")
BACKUPS_S3 = env.read_text("MYWEB_BACKUPS_S3")
BACKUPS_S3_ACCESS_KEY = env.read_text("MYWEB_BACKUPS_S3_ACCESS_KEY")
BACKUPS_S3_SECRET_KEY = env.read_text("MYWEB_BACKUPS_S3_SECRET_KEY")
BACKUPS_S3_REGION = env.read_text("MYWEB_BACKUPS_S3_REGION", "us-east-1")
BACKUP_FILES = env.read_flag("MYWEB_BACKUP_FILES", default=True)  # whether archives have the files of messages
BACKUP_DAYS = env.read_number("MYWEB_BACKUP_DAYS", 14)

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Counts sign-in attempts for all processes; the counts survive a restart of Redis.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "myweb_cache"}}

# The channel layer. Fields, never a URL: a password may hold #$%@/. The prefix keeps two sites on one Redis apart.
REDIS: dict[str, Any] | None = None
REDIS_PREFIX = env.read_text("REDIS_PREFIX", "myweb")
REDIS_SENTINELS = env.read_addresses("REDIS_SENTINELS")
if REDIS_SENTINELS or env.read_text("REDIS_HOST"):
    REDIS = {"host": env.read_text("REDIS_HOST"), "port": env.read_number("REDIS_PORT", 6379)}
    if REDIS_SENTINELS:  # they know the current master; realtime/redis.py follows it
        REDIS = {
            "sentinels": REDIS_SENTINELS,
            "master_name": env.read_text("REDIS_SENTINEL_MASTER", "myweb"),
            "sentinel_kwargs": {
                "password": env.read_text("REDIS_SENTINEL_PASSWORD") or None,
                # Sentinels answer quickly: after this timeout the next one is tried.
                "socket_timeout": 0.5,
                "socket_connect_timeout": 0.5,
                "retry": None,
            },
        }
    REDIS |= {"username": env.read_text("REDIS_USERNAME") or None, "password": env.read_text("REDIS_PASSWORD") or None}
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                # redis-py 8 has a default read timeout of 5 s; a subscriber waits longer.
                "hosts": [{**REDIS, "socket_timeout": None, "socket_connect_timeout": 5, "socket_keepalive": True}],
                "prefix": REDIS_PREFIX,
            },
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# Background tasks, run by manage.py worker.
TASKS = {"default": {"BACKEND": "tasks.backend.DatabaseBackend"}}

# Web Push.
PUSH_PRIVATE = env.read_flag("MYWEB_PUSH_PRIVATE")  # whether push services may have private addresses and no TLS

# Link previews.
PREVIEW_PRIVATE = env.read_flag("MYWEB_PREVIEW_PRIVATE")  # whether links to private addresses are fetched

# Users.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # seconds; the mail says "three days" (accounts/reset_mail.py)
MIN_PASSWORD_LENGTH = 8  # PASSWORD_RULE of accounts/password_validators.py and account/new_password.html say it
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.password_validators.LengthValidator", "OPTIONS": {"min_length": MIN_PASSWORD_LENGTH}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
OPEN_SIGNUP = env.read_flag("MYWEB_OPEN_SIGNUP")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "signup": "accounts.forms.SignupForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.reset_tokens.ResetTokenGenerator"  # noqa: S105 - no secret
# Counted in CACHES. The limits of failed sign-ins are in accounts/login_limits.py.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "",
    "reset_password": "5/m/ip,20/h/ip,3/h/key",
}

EMAIL_HOST = env.read_text("EMAIL_HOST")
EMAIL_PORT = env.read_number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.read_text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.read_text("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 20  # seconds
EMAIL_USE_TLS = env.read_flag("EMAIL_USE_TLS", default=True)
DEFAULT_FROM_EMAIL = env.read_text("EMAIL_FROM", "myweb@localhost")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"

# Cookies and headers.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
# Seconds since the sign-in. Visits do not extend it: SESSION_SAVE_EVERY_REQUEST is off. A change of the session does.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
CSRF_FAILURE_VIEW = "accounts.page_user.csrf_failure"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # nginx overwrites it
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^(health|ready|collector)z$"]  # requested from inside, without TLS
X_FRAME_OPTIONS = "DENY"

# Languages, files.
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "myweb" / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"  # pages show times in the reader's zone
STATIC_URL = "/static/"
STATIC_ROOT = env.read_text("MYWEB_STATIC_ROOT", str(BASE_DIR / "static-root"))
# Files that users send. nginx reads them from the same folder.
MEDIA_ROOT = env.read_text("MYWEB_FILES_ROOT", str(BASE_DIR / "var" / "files"))
FILE_MB = env.read_number("MYWEB_FILE_MB", 75, minimum=1)  # limit of one file
USER_FILES_MB = env.read_number("MYWEB_USER_FILES_MB", 5000, minimum=1)  # limit of all files of a user
FILES_MB = env.read_number("MYWEB_FILES_MB", 50000, minimum=1)  # limit of all files of the workspace
# A bucket for them, https://SERVICE/BUCKET or https://SERVICE/BUCKET/FOLDER. Then the folder has only what is being
# uploaded or processed.
FILES_S3 = env.read_bucket("MYWEB_FILES_S3")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "files": {"BACKEND": "files.bucket_storage.BucketStorage", "OPTIONS": {"bucket": FILES_S3}}
    if FILES_S3
    else {"BACKEND": "files.storage.DiskStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "myweb.storage.ModuleManifestStorage"
    },
}

# The service worker, which myweb/service_worker.py joins from static files: classic scripts, each in a function.
SERVICE_WORKER = env.read_flag("MYWEB_SERVICE_WORKER", default=True)  # no: browsers remove theirs
SERVICE_WORKER_PARTS = [
    "myweb/offline_worker.js",
    "push/push_worker.js",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no tokens": {"()": "myweb.masking.MaskingPathFilter"},
        "once a minute": {"()": "myweb.error_pages.UnavailableFilter"},
        "unknown host": {"()": "myweb.log_filters.UnknownHostFilter"},
    },
    "formatters": {
        "text": {"()": "myweb.masking.MaskingFormatter", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "myweb.masking.MaskingJsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "stream": env.open_stream("MYWEB_LOG_FD"),
            "formatter": env.read_choice("MYWEB_LOG_FORMAT", ["text", "json"]),
        }
    },
    "root": {"handlers": ["console"], "level": env.read_text("MYWEB_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"filters": ["once a minute"]},
        "daphne.http_protocol": {"level": "WARNING"},
        "daphne.ws_protocol": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},  # below, it has each address with its signature or token
        "django.security.DisallowedHost": {"filters": ["unknown host"]},
        # runserver has its own handler
        "django.channels.server": {"propagate": False, "filters": ["no tokens"]},
    },
}

# Rate limits per user and second, with bursts of 5 seconds' worth. See realtime/rate_limits.py.
COMMANDS_PER_SECOND = env.read_number("MYWEB_COMMANDS_PER_SECOND", 20, minimum=1)  # on all sockets in a process
WATCHDOG_SECONDS = env.read_number("MYWEB_WATCHDOG_SECONDS", 30, minimum=0)  # 0: disabled. See realtime/watchdog.py
POSTS_PER_SECOND = env.read_number("MYWEB_POSTS_PER_SECOND", 10, minimum=1)  # HTTP; visitors by address

# Further sources of the collector: an address, or the path of a unix socket.
WEB_STATS = env.read_text("MYWEB_WEB_STATS")
NGINX_STATUS = env.read_text("MYWEB_NGINX_STATUS")
FRONT = env.read_text("MYWEB_FRONT")  # address of nginx for manage.py doctor; default: the first origin
CERTIFICATE = env.read_text(
    "MYWEB_CERTIFICATE"
)  # path of nginx's certificate, which doctor compares with the served one
STATSD = env.read_address("MYWEB_STATSD")  # UDP address of statsd; without authentication

# Checks and commands.
PROBE_PRIVATE = env.read_flag("MYWEB_PROBE_PRIVATE", default=DEBUG)  # whether /probe may connect to private addresses
COMMANDS = env.read_flag("MYWEB_COMMANDS")  # whether owners can define commands that members run
COLLECTOR_JOBS = [
    "monitor.dashboards.collector_job.TickPublisher",
    "monitor.alerts.collector_job.Evaluation",
    "monitor.checks.collector_job.Checks",
    "monitor.status.collector_job.StatusEvaluator",
    "monitor.alerts.outage_notices.OutageNotices",
    "monitor.metrics.outgoing_heartbeat.OutgoingHeartbeat",
    "monitor.metrics.processes.TopProcesses",
    "monitor.metrics.store.compaction.Compaction",
]
HEARTBEAT_URL = env.read_text("MYWEB_HEARTBEAT_URL")  # the collector requests it each minute
COMMAND_RUNNER = env.read_text("MYWEB_COMMAND_RUNNER")  # socket of monitor/checks/runner.py; empty: same user
COMMAND_USER = env.read_text("MYWEB_COMMAND_USER", "nobody")  # runs commands if the collector is root
NGINX_REQUESTS = env.read_text("MYWEB_NGINX_REQUESTS")  # path of the log that nginx writes for the collector
METRICS_TOKEN = env.read_text("MYWEB_METRICS_TOKEN")  # for /metrics; without a token there is no such page
SERIES_ACTIVE_HOURS = env.read_number("MYWEB_SERIES_ACTIVE_HOURS", 24, minimum=3)  # then others may replace it
METRICS_MB = env.read_number("MYWEB_METRICS_MB", 1000, minimum=20)  # limit for stored metrics in the database

# Chat.
