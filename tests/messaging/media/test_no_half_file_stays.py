"""Of a file for which the disk has no room nothing stays, and others keep theirs."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from messaging.media.disk import WholeFiles


class TooMuch(ContentFile):  # type: ignore[type-arg]  # bytes
    """Content for whose second half there is no room."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the first half, then fail as a full disk does."""
        yield b"half"
        raise OSError(errno.ENOSPC, "No space left on device")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_half_a_file_is_removed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        WholeFiles(tmp_path).save("acme/ab/picture", TooMuch(b""))
    assert files(tmp_path) == {}


def test_another_file_of_the_name_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = WholeFiles(tmp_path)
    store.save("picture", ContentFile(b"whole"))
    # As when somebody writes it after the name was found free.
    monkeypatch.setattr(store, "exists", lambda name: False)
    names = iter(["picture", "picture_2"])
    monkeypatch.setattr(
        "django.core.files.storage.FileSystemStorage.get_available_name",
        lambda *_, **__: next(names),
    )
    with pytest.raises(OSError, match="No space"):
        store.save("picture", TooMuch(b""))
    assert files(tmp_path) == {"picture": b"whole"}
