"""Settings as `startproject` writes them, for the bench's database and queue."""

from __future__ import annotations

from config import settings as portal

SECRET_KEY = portal.SECRET_KEY
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "config.bench.naive.urls"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
DATABASES = {
    "default": {
        **portal.DATABASES["default"],
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
CELERY_BROKER_URL = portal.CELERY_BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
LOGGING = portal.LOGGING
