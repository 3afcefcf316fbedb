"""Files in an S3-compatible store: private, and only ever read through our own pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage


class PrivateStore(S3Storage):  # type: ignore[misc]  # no types
    """Store whose troubles are an OSError, as a disk's are."""

    def url(self, name: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: an address at the store would go past every check of who may see a file."""
        raise NotImplementedError("Files are served by the portal only.")

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file.

        Raises OSError.
        """
        with _as_disk():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        """Delete the file, if it is there.

        Raises OSError.
        """
        with _as_disk():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Name the folders and the files in a folder.

        Raises OSError.
        """
        with _as_disk():
            folders, files = super().listdir(path)
        return list(folders), list(files)

    def size(self, name: str) -> int:
        """Return the file's length.

        Raises OSError.
        """
        with _as_disk():
            return int(super().size(name))

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _as_disk():
            # Read at once, so that it fails here or not at all: half an answer cannot be mended.
            return super()._open(name, mode).open(mode)

    def _save(self, name: str, content: Any) -> str:
        with _as_disk():
            return str(super()._save(name, content))


@contextmanager
def _as_disk() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        # Its words may hold the bucket's name, never a key.
        raise OSError(f"The store of files did not answer as it should: {error}") from error
