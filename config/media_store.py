"""Where files are kept: on this machine's disk, or in an S3-compatible store when one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env

_SPOOL = 5 * 1024 * 1024  # bytes of a file in memory while it is read; beyond that on disk


def media_store(env: Env, data_dir: Path) -> dict[str, Any]:
    """Return the `default` of Django's STORAGES."""
    bucket = env.str("MEDIA_S3_BUCKET", default="")
    if not bucket:
        return {
            "BACKEND": "messaging.media.disk.WholeFiles",
            "OPTIONS": {"location": str(data_dir / "media")},
        }
    try:
        from botocore.config import Config  # noqa: PLC0415  # of the optional extra `s3`
    except ImportError as error:
        raise ImproperlyConfigured(
            "MEDIA_S3_BUCKET is set, and what it needs is not installed:"
            " .venv/bin/pip install 'django-storages[s3]'"
        ) from error

    endpoint = env.str("MEDIA_S3_ENDPOINT_URL", default="")
    return {
        "BACKEND": "messaging.media.s3.PrivateStore",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": endpoint or None,
            "region_name": env.str("MEDIA_S3_REGION", default="") or None,
            # Unset = from where boto3 finds them by itself, such as the machine's role.
            "access_key": env.str("MEDIA_S3_ACCESS_KEY_ID", default="") or None,
            "secret_key": env.str("MEDIA_S3_SECRET_ACCESS_KEY", default="") or None,
            "location": env.str("MEDIA_S3_PREFIX", default="").strip("/"),
            "client_config": Config(
                signature_version="s3v4",
                # Stores beside Amazon's seldom have a host name for each bucket, or its checksums.
                s3={"addressing_style": "path" if endpoint else "auto"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                connect_timeout=3,
                read_timeout=20,
                retries={"total_max_attempts": 2},
            ),
            "default_acl": "private",
            "querystring_auth": True,
            # A file fetched twice at once must not take the first one's place.
            "file_overwrite": False,
            "max_memory_size": _SPOOL,
        },
    }
