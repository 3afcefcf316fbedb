"""Trunkline's settings: one file; what differs between machines comes from the environment.

`.env.example` lists each variable with its meaning.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

from config import local
from config.media_store import media_store
from config.portal import UNFOLD_SYSTEM, UNFOLD_TENANT  # noqa: F401  # read by unfold

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DATA_DIR = local.data_dir()
DEBUG = env.bool("DEBUG", default=False)
PORT = env.int("PORT", default=8000)
_named_url = env.str("PUBLIC_URL", default="").rstrip("/")
PUBLIC_URL = _named_url or f"http://127.0.0.1:{PORT}"
EVENTS_PORT = env.int("EVENTS_PORT", default=PORT + 1)
# Where browsers reach the events process; empty = same host as the page, EVENTS_PORT.
EVENTS_URL = env.str("EVENTS_URL", default="").rstrip("/")
SIMULATOR_PORT = env.int("SIMULATOR_PORT", default=8009)

SECRET_KEY = env.str("SECRET_KEY", default="") or local.local_secret(
    DATA_DIR, "secret_key", length=48
)
# Keys from before: what they signed goes on until it ends by itself.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# The first key encrypts, all of them decrypt: put a new one in front to rotate.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[]) or [
    local.local_secret(DATA_DIR, "field_encryption_key")
]

_public = urlsplit(PUBLIC_URL)
HTTPS = _public.scheme == "https"
# A trial is reached by name, address or tunnel; who names a public address is reached by that one,
# or a forged Host header would end up in the links of password mails.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or (
    [str(_public.hostname), "localhost", "127.0.0.1", "[::1]"] if _named_url else ["*"]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, *env.list("CSRF_TRUSTED_ORIGINS", default=[])]

# --- Applications ---
SHARED_APPS = [
    "django_tenants",
    "config",
    "tenants",
    "providers",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "import_export",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "django_prometheus",
    "auditlog",
]
# In both: the trail of the platform's changes, and each tenant's own.
TENANT_APPS = ["django.contrib.admin.apps.SimpleAdminConfig", "auditlog", "messaging"]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
AUTH_USER_MODEL = "tenants.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "config.urls_tenant"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
WSGI_APPLICATION = "config.wsgi.application"

MIDDLEWARE = [
    "providers.webhooks.WebhookMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "tenants.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.actor.ActorMiddleware",
    "tenants.middleware.AccessMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "config.drop_downs.Renderer"

# --- Database and queue ---
EMBEDDED_DATABASE = not env.str("DATABASE_URL", default="")
EMBEDDED_REDIS = not env.str("REDIS_URL", default="")


def _database() -> dict[str, Any]:
    config: dict[str, Any] = (
        local.database_config(DATA_DIR) if EMBEDDED_DATABASE else env.db_url("DATABASE_URL")
    )
    # A server that went silent is given up within half a minute; a socket knows no such thing.
    options = {
        "connect_timeout": 2,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        **config.get("OPTIONS", {}),
    }
    return {
        **config,
        "ENGINE": "django_tenants.postgresql_backend",
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": _database()}
# Seconds after which the web process gives a statement up; 0 = never.
WEB_STATEMENT_TIMEOUT = env.float("WEB_STATEMENT_TIMEOUT", default=15.0)
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
TENANT_LIMIT_SET_CALLS = True
# Entries tell what a row was called at the time, and keep telling it when the row is gone.
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_FK_STRING_REPRESENTATION = True

REDIS_URL = local.redis_url(DATA_DIR) if EMBEDDED_REDIS else env.str("REDIS_URL")
# Valkey carries the tasks too unless a RabbitMQ is named.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or (
    local.broker_url(DATA_DIR) if EMBEDDED_REDIS else REDIS_URL
)

CACHES = {
    "default": {
        "BACKEND": "config.cache.SurvivingCache",
        "LOCATION": REDIS_URL,
        # unfold's search cache is keyed by user and term only: without the schema it leaks.
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 0.5},
    }
}
# Database sessions: a cache keyed by schema would sign people out at each tenant's door.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "trunkline_session"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "trunkline_csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# Browsers ignore the header on plain http, and complain of it on each page.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if HTTPS else None
# Browsers heed it on https only; a month, so that a lapse of TLS does not outlive it for long.
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=2_592_000 if HTTPS else 0)
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Or trails and rate limits know one address for everybody: the proxy's.
    MIDDLEWARE.insert(0, "config.proxy.ClientAddressMiddleware")
X_FRAME_OPTIONS = "DENY"
# Texts and pictures are nobody's business but this program's.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # what else is below the domain is not ours to say
    "security.W008",  # redirects to https are the proxy's business, and webhooks never get one
    "security.W021",  # nor are lists that browsers are shipped with
]

# --- Sign-in ---
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"  # absolute: a URL name would be looked up in the tenant's URLs
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "tenants.accounts.ClosedAccountAdapter"
ACCOUNT_FORMS = {
    "login": "tenants.sign_in.SignInForm",
    "reset_password": "tenants.sign_in.ForgotForm",
    "change_password": "tenants.sign_in.PasswordForm",
    "set_password": "tenants.sign_in.FirstPasswordForm",
    "reset_password_from_key": "tenants.sign_in.MailedPasswordForm",
    "reauthenticate": "tenants.sign_in.StillYouForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
USERSESSIONS_TRACK_ACTIVITY = False
USERSESSIONS_ADAPTER = "tenants.account_trail.TellingSessions"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_ADAPTER = "tenants.accounts.SecondFactors"
MFA_TOTP_ISSUER = "Trunkline"
# Phones' clocks go a little wrong: the code before and the one after count too.
MFA_TOTP_TOLERANCE = 1
# Who runs the platform opens every tenant: a password alone does not let them in.
REQUIRE_SYSTEM_ADMIN_MFA = local.is_on(env.str("REQUIRE_SYSTEM_ADMIN_MFA", default=""))

# --- Pages ---
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": media_store(env, DATA_DIR),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Without `collectstatic` (a checkout, the tests) files are served from where they lie.
WHITENOISE_USE_FINDERS = not (
    "collectstatic" in sys.argv or (STATIC_ROOT / "staticfiles.json").exists()
)
if WHITENOISE_USE_FINDERS:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

_SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [_SELF],
        "script-src": [_SELF],
        "style-src": [_SELF],
        "img-src": [_SELF, "data:", "blob:"],
        "font-src": [_SELF],
        "connect-src": [_SELF],
        "worker-src": [_SELF],
        "manifest-src": [_SELF],
        "object-src": ["'none'"],
        "base-uri": [_SELF],
        "form-action": [_SELF],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.api.authentication.ApiKeyAuthentication",
        "tenants.api.authentication.PortalSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api.permissions.Denied"],
    "DEFAULT_THROTTLE_CLASSES": ["tenants.api.throttle.KeyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "tenants.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "tenants.api.openapi.Described",
    "EXCEPTION_HANDLER": "tenants.api.errors.answer",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Of one key; 0 = as many as it likes.
API_REQUESTS_PER_MINUTE = max(0, env.int("API_REQUESTS_PER_MINUTE", default=3000))
SPECTACULAR_SETTINGS = {
    "TITLE": "Trunkline API",
    "DESCRIPTION": "Sign in with `Authorization: Bearer <key>` or the portal's session. Lists are"
    " `{count, next, previous, results}`; follow `next` for more. Wrong input is a 400 that names"
    " the field; a text that the rules forbid is a 422 `{code, detail}`. A key that asks too often"
    " gets a 429 with `Retry-After`. Secrets are taken, never told.",
    "VERSION": "1",
    "DEFAULT_GENERATOR_CLASS": "tenants.api.openapi.Description",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Celery ---
# Requests to carriers that one worker process has under way.
SENDING_THREADS = max(1, env.int("SENDING_THREADS", default=256))
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A queue that is down must not hold up a page or the carrier's webhook.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = local.broker_options(CELERY_BROKER_URL)
CELERY_BROKER_CONNECTION_TIMEOUT = 1.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- E-mail ---
# Unset = mail is written to DATA_DIR/mail, so that a trial shows what would be sent.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"trunkline@{_public.hostname}")

# --- Notifications (Web Push) ---
# By this key the push services know the platform. On the embedded database it is made once;
# elsewhere unset = push is off, and the pages say so.
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="") or (
    local.local_secret(DATA_DIR, "vapid_private_key") if EMBEDDED_DATABASE else ""
)
VAPID_CONTACT = local.push_contact(
    env.str("VAPID_CONTACT", default=""), public_url=PUBLIC_URL, mail_from=DEFAULT_FROM_EMAIL
)
# Only these are ever sent to; *. = any name below.
PUSH_ALLOWED_HOSTS = env.list("PUSH_ALLOWED_HOSTS", default=[]) or [
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
]

# --- Carriers ---
PROVIDERS = {"bandwidth": "providers.bandwidth.provider.BandwidthProvider"}
BANDWIDTH_MESSAGE_BASE_URL = (
    env.str("BANDWIDTH_MESSAGE_BASE_URL", default="").rstrip("/")
    or "https://messaging.bandwidth.com/api/v2"
)
BANDWIDTH_TOKEN_URL = (
    env.str("BANDWIDTH_TOKEN_URL", default="") or "https://api.bandwidth.com/api/v1/oauth2/token"
)
PROVIDER_OPTIONS = {
    "bandwidth": {"base_url": BANDWIDTH_MESSAGE_BASE_URL, "token_url": BANDWIDTH_TOKEN_URL}
}
BANDWIDTH_ACCOUNT_ID = env.str("BANDWIDTH_ACCOUNT_ID", default="")
BANDWIDTH_APPLICATION_ID = env.str("BANDWIDTH_APPLICATION_ID", default="")
BANDWIDTH_API_TOKEN = env.str("BANDWIDTH_API_TOKEN", default="")
BANDWIDTH_API_SECRET = env.str("BANDWIDTH_API_SECRET", default="")
BANDWIDTH_CLIENT_ID = env.str("BANDWIDTH_CLIENT_ID", default="")
BANDWIDTH_CLIENT_SECRET = env.str("BANDWIDTH_CLIENT_SECRET", default="")
# What Bandwidth agreed to for the platform's account; a new one has 1.
BANDWIDTH_SEGMENTS_PER_SECOND = max(0.1, env.float("BANDWIDTH_SEGMENTS_PER_SECOND", default=1.0))
BANDWIDTH_WEBHOOK_USERNAME = env.str("BANDWIDTH_WEBHOOK_USERNAME", default="")
BANDWIDTH_WEBHOOK_PASSWORD = env.str("BANDWIDTH_WEBHOOK_PASSWORD", default="")
WEBHOOK_BODY_LIMIT = 1024 * 1024
# Days that events of no tenant are kept; tenants say it for theirs, under Settings. A carrier
# repeats an event for a day, and what repeats one that is forgotten is taken for new.
WEBHOOK_EVENT_DAYS = max(7, env.int("WEBHOOK_EVENT_DAYS", default=90))
# Threads of the web process, as the server was told: how many may wait for slow bodies.
WEB_THREADS = max(1, env.int("WEB_THREADS", default=16))
# Seconds after which a carrier is told to come again, whatever the database does.
WEBHOOK_DEADLINE: float | None = 1.5

# --- Watching ---
# Who may read /metrics shows this; unset = there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
PROMETHEUS_EXPORT_MIGRATIONS = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "filters": {"without_keys": {"()": "config.log_filter.WithoutKeys"}},
    "loggers": {
        # Below that they tell whole addresses, of which some are secrets: a device's, for example.
        "urllib3": {"level": "INFO"},
        "django.request": {"filters": ["without_keys"]},
        "django.security.csrf": {"filters": ["without_keys"]},
    },
}
