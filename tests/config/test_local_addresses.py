from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from config import local


def test_the_data_folder_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", "here")
    assert local.data_dir() == tmp_path / "here"


def test_the_data_folder_is_in_the_repository_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "")
    assert local.data_dir() == Path(__file__).resolve().parents[2] / ".data"


def test_asking_for_addresses_creates_nothing(tmp_path: Path) -> None:
    local.database_config(tmp_path / "data")
    local.redis_url(tmp_path / "data")
    local.broker_url(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


@dataclass(frozen=True, slots=True, kw_only=True)
class Awkward:
    label: str
    path: str


AWKWARD = [
    Awkward(label="long", path="/srv/" + "x" * 90),
    Awkward(label="space", path="/srv/my data"),
    Awkward(label="comma", path="/srv/a,b"),
    Awkward(label="percent", path="/srv/100%"),
    Awkward(label="not ASCII", path="/srv/données"),
]


@pytest.mark.parametrize("case", AWKWARD, ids=lambda case: case.label)
def test_sockets_of_an_awkward_path_are_in_a_short_folder(case: Awkward) -> None:
    folder = local.run_dir(Path(case.path))
    assert str(folder).startswith(f"/tmp/trunkline-{os.geteuid()}-")
    assert folder == local.run_dir(Path(case.path))
    assert folder != local.run_dir(Path(case.path + "2"))


def test_sockets_of_a_plain_path_are_in_the_data_folder() -> None:
    assert local.run_dir(Path("/srv/portal")) == Path("/srv/portal/run")


def test_a_secret_is_made_once_and_stays(tmp_path: Path) -> None:
    first = local.local_secret(tmp_path / "data", "key")
    assert local.local_secret(tmp_path / "data", "key") == first
    assert local.local_secret(tmp_path / "data", "other") != first


def test_a_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    local.local_secret(tmp_path, "key")
    assert stat.S_IMODE((tmp_path / "secrets" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_secret_is_a_valid_encryption_key(tmp_path: Path) -> None:
    cipher = Fernet(local.local_secret(tmp_path, "key"))
    assert cipher.decrypt(cipher.encrypt(b"text")) == b"text"


def test_half_a_secret_left_by_a_crash_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / ".key.new").write_text("half")
    assert len(local.local_secret(tmp_path, "key")) == 44
