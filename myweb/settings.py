"""One settings file for every way of running; what differs comes from the environment (see .env.example)."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from myweb import env

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(BASE_DIR / ".env")

DEBUG = env.flag("MYWEB_DEBUG")
SECRET_KEY = env.text("MYWEB_SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured("MYWEB_SECRET_KEY is not set. bin/dev writes one to .env; elsewhere set it yourself.")
SECRET_KEY_FALLBACKS = env.listing("MYWEB_SECRET_KEY_FALLBACKS")

# Where people type the address: full origins, since a host alone would also admit other ports and schemes.
ORIGINS = env.listing("MYWEB_ORIGINS", "http://127.0.0.1:8000 http://localhost:8000")
for origin in ORIGINS:
    if urlsplit(origin).scheme not in {"http", "https"} or urlsplit(origin).path:
        raise ImproperlyConfigured(
            f"MYWEB_ORIGINS contains {origin!r}; use the format https://chat.example.com[:port]."
        )
ALLOWED_HOSTS = sorted({urlsplit(origin).hostname or "" for origin in ORIGINS})
CSRF_TRUSTED_ORIGINS = ORIGINS
SECURE = all(origin.startswith("https:") for origin in ORIGINS)

INSTALLED_APPS = [
    # First: it brings runserver with sockets. In production Twisted is loaded only where sockets are served.
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
    "chat",
    "monitor.metrics",
    "monitor.dashboards",
    "monitor.alerts",
    "monitor.checks",
    "monitor.status",
    "care",
    "allauth",  # after accounts, whose templates stand in for its own
    "allauth.account",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "myweb.headers.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.sessions.PersonMiddleware",
    "accounts.page_user.PageUserMiddleware",
    "myweb.limits.PostLimit",  # after the check for forgeries, so that those cost nobody anything
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
                "accounts.context.house",
            ],
            "builtins": [
                "accounts.templatetags.page_user",  # its csrf_token stands in for Django's
                "myweb.format_filters",
            ],
        },
    },
]

# Data. SQLite until DATABASE_HOST is set. Socket processes keep a few threads, each with one lasting connection.
DATABASES: dict[str, dict[str, Any]]
if env.text("DATABASE_HOST"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": env.text("DATABASE_HOST"),
            "PORT": env.number("DATABASE_PORT", 5432),
            "NAME": env.text("DATABASE_NAME", "myweb"),
            "USER": env.text("DATABASE_USER", "myweb"),
            "PASSWORD": env.text("DATABASE_PASSWORD"),
            "CONN_MAX_AGE": 300,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 3},
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": env.text("MYWEB_SQLITE", str(BASE_DIR / "var" / "myweb.sqlite3")),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Attempts to sign in are counted here, by all processes together, and the count outlives Redis.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "myweb_cache"}}

# The channel layer. Fields, never a URL: a password may hold #$%@/. The prefix keeps two sites on one Redis apart.
REDIS: dict[str, Any] | None = None
REDIS_PREFIX = env.text("REDIS_PREFIX", "myweb")
REDIS_SENTINELS = env.addresses("REDIS_SENTINELS")
if REDIS_SENTINELS or env.text("REDIS_HOST"):
    REDIS = {"host": env.text("REDIS_HOST"), "port": env.number("REDIS_PORT", 6379)}
    if REDIS_SENTINELS:  # they know which of several servers is the master; realtime/redis.py follows it
        REDIS = {
            "sentinels": REDIS_SENTINELS,
            "master_name": env.text("REDIS_SENTINEL_MASTER", "myweb"),
            "sentinel_kwargs": {
                "password": env.text("REDIS_SENTINEL_PASSWORD") or None,
                # They have nothing to do but to answer: who is silent is passed over for the next, at once.
                "socket_timeout": 0.5,
                "socket_connect_timeout": 0.5,
                "retry": None,
            },
        }
    REDIS |= {"username": env.text("REDIS_USERNAME") or None, "password": env.text("REDIS_PASSWORD") or None}
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                # redis-py 8 reads with a 5 s timeout unless told otherwise; a subscriber waits longer than that.
                "hosts": [{**REDIS, "socket_timeout": None, "socket_connect_timeout": 5, "socket_keepalive": True}],
                "prefix": REDIS_PREFIX,
            },
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# People.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "accounts.passwords.LongEnough",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
    )
]
OPEN_SIGNUP = env.flag("MYWEB_OPEN_SIGNUP")
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
# Counted in CACHES. accounts/login_limits.py applies those of failed sign-ins: wrong passwords close an account to
# their own network; many networks together slow strangers down, never a browser that has signed in to it before.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "",
    "login_network": "10/m/key",
    "login_account_network": "5/5m/key",
    "login_account": "40/10m/key",
    "login_known_browser": "10/5m/key",
    "reset_password": "5/m/ip,20/h/ip,3/h/key",
}

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 20  # seconds; for the thread that sends
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "myweb@localhost")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"

# Cookies and headers.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
CSRF_FAILURE_VIEW = "accounts.page_user.csrf_failure"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # nginx overwrites it
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^(health|ready)z$"]  # asked from inside, without TLS
X_FRAME_OPTIONS = "DENY"

# Language, time, files.
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "myweb" / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.text("TZ", "UTC")
STATIC_URL = "/static/"
STATIC_ROOT = env.text("MYWEB_STATIC_ROOT", str(BASE_DIR / "static-root"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "myweb.storage.ModuleManifestStorage"
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no tokens": {"()": "myweb.masking.MaskedPath"}},
    "formatters": {
        "text": {"()": "myweb.masking.Masked", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "myweb.masking.MaskedJson"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "stream": env.stream("MYWEB_LOG_FD"),
            "formatter": env.choice("MYWEB_LOG_FORMAT", ["text", "json"]),
        }
    },
    "root": {"handlers": ["console"], "level": env.text("MYWEB_LOG_LEVEL", "INFO")},
    "loggers": {
        "daphne.http_protocol": {"level": "WARNING"},
        "daphne.ws_protocol": {"level": "WARNING"},
        # runserver's own lines have a handler
        "django.channels.server": {"propagate": False, "filters": ["no tokens"]},
    },
}

# Limits: what a person may do in a second, and up to 5 s worth of it at once. See realtime/limits.py.
COMMANDS_PER_SECOND = env.number("MYWEB_COMMANDS_PER_SECOND", 20, least=1)  # on the sockets of a process
WATCHDOG_SECONDS = env.number("MYWEB_WATCHDOG_SECONDS", 30, least=0)  # 0: none. See realtime/watchdog.py
POSTS_PER_SECOND = env.number("MYWEB_POSTS_PER_SECOND", 10, least=1)  # by HTTP, forms too; strangers by address

# What the collector reads besides this machine, the database and Redis: an address, or the path of a unix socket.
WEB_STATS = env.text("MYWEB_WEB_STATS")
NGINX_STATUS = env.text("MYWEB_NGINX_STATUS")
FRONT = env.text("MYWEB_FRONT")  # where doctor asks nginx, if not at the first of the addresses
STATSD = env.address("MYWEB_STATSD")  # where it listens; whoever reaches that may say anything

# Checks and commands. May people's /probe reach private addresses; whom commands run as where the collector is root.
PROBE_PRIVATE = env.flag("MYWEB_PROBE_PRIVATE", default=DEBUG)
COMMANDS = env.flag("MYWEB_COMMANDS")  # may owners write commands, and anybody run them
COLLECTOR_COMPONENTS = [
    "monitor.dashboards.component.TickPublisher",
    "monitor.alerts.evaluation.Evaluation",
    "monitor.checks.component.Checks",
    "monitor.status.component.Judge",
    "monitor.metrics.processes.Top",
    "monitor.metrics.store.compaction.Keeper",
]
COMMAND_RUNNER = env.text("MYWEB_COMMAND_RUNNER")  # the socket of monitor/checks/runner.py; not set: run by this user
COMMAND_USER = env.text("MYWEB_COMMAND_USER", "nobody")
NGINX_REQUESTS = env.text("MYWEB_NGINX_REQUESTS")  # the path of the log that nginx keeps for it
METRICS_TOKEN = env.text("MYWEB_METRICS_TOKEN")  # opens /metrics for Prometheus; without it there is no such page
SERIES_ACTIVE_HOURS = env.number("MYWEB_SERIES_ACTIVE_HOURS", 24, least=3)  # a series unheard of for longer makes room
METRICS_MB = env.number("MYWEB_METRICS_MB", 1000, least=20)  # what is kept of it may take so much of the database

# Chat.
