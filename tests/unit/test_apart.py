"""A hostile file can at worst end the process that looks into it."""

import zipfile
from pathlib import Path

import pytest

from backoffice.domain.errors import Refused
from backoffice.domain.files import FileKind
from backoffice.storage import apart
from tests.support import samples


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "0123456789"


def test_answer_and_refusal_come_through_whole(path: Path) -> None:
    path.write_bytes(samples.pdf())
    found = apart.inspect(path, name="Atskaite ģ.pdf")
    assert (found.kind, found.name, found.pages) == (FileKind.PDF, "Atskaite ģ.pdf", 1)
    path.write_bytes(samples.EXE)
    with pytest.raises(Refused) as refused:
        apart.inspect(path, name="Atskaite ģ.pdf")
    assert (refused.value.code, refused.value.field) == ("file-executable", "files")
    assert "Atskaite ģ.pdf" in refused.value.message % refused.value.values


def test_picture_comes_back_written_anew(path: Path) -> None:
    path.write_bytes(samples.picture("PNG", (300, 200)))
    picture = apart.clean(path, name="logo.png", field="logo", max_edge=30)
    assert (picture.kind, picture.width, picture.height) == (FileKind.PNG, 30, 20)
    assert picture.content.startswith(b"\x89PNG")
    path.write_bytes(samples.svg())
    with pytest.raises(Refused) as refused:
        apart.clean(path, name="logo.png", field="logo")
    assert (refused.value.code, refused.value.field) == ("file-script", "logo")


@pytest.mark.parametrize(
    "fault",
    ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "raise ValueError", "print('no json') if 0 else None",
     "bytearray(8 << 30)", "import time; time.sleep(60)"],
    ids=["crash", "fault", "silence", "memory", "time"],
)
def test_child_that_falls_or_is_stopped_is_a_refusal(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    fake = tmp_path / "backoffice" / "storage"
    fake.mkdir(parents=True)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))"
    (fake / "apart.py").write_text(f"{limit}\n{fault}\n")
    monkeypatch.setattr(apart, "ROOT", tmp_path)
    monkeypatch.setattr(apart, "MAX_SECONDS", 2)
    path.write_bytes(samples.pdf())
    with pytest.raises(Refused) as refused:
        apart.inspect(path, name="report.pdf")
    assert refused.value.code == "file-bomb"


def test_child_knows_no_secret(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "backoffice" / "storage"
    fake.mkdir(parents=True)
    (fake / "apart.py").write_text(
        "import json, os\nprint(json.dumps({'refused': {'message': ' '.join(os.environ), 'code': 'x', 'values': {}}}))"
    )
    monkeypatch.setattr(apart, "ROOT", tmp_path)
    monkeypatch.setenv("SECRET_KEY", "x")
    monkeypatch.setenv("DATABASE_URL", "x")
    path.write_bytes(samples.pdf())
    with pytest.raises(Refused) as refused:
        apart.inspect(path, name="report.pdf")
    assert "TMPDIR" in refused.value.message
    assert not {"SECRET_KEY", "DATABASE_URL"} & set(refused.value.message.split())


def test_nothing_unpacked_stays_behind(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    path.write_bytes(samples.zipped({"a.pdf": samples.pdf(), "b.pdf": samples.EXE}))
    with pytest.raises(Refused):
        apart.inspect(path, name="all.zip")
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_case_9_60_mb_that_unpack_eightfold_are_taken_in_bounded_time(path: Path) -> None:
    """480 MB of statistics: read once, in pieces, well below the limits of the child."""
    line = b"2026-11-25;LV01;%07d;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0\r\n"
    piece = b"".join(line % (number * 7_919_001 % 9_999_991) for number in range(100_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(16):
            with archive.open(f"statistics-{number}.csv", "w") as part:
                for _ in range(6):
                    part.write(piece)
    assert path.stat().st_size > 40_000_000
    found = apart.inspect(path, name="statistics.zip")
    assert (found.kind, found.entries) == (FileKind.ZIP, 16)


@pytest.mark.slow
def test_archive_of_a_gigabyte_of_zeros_is_refused_at_once(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.txt", "w") as part:
        for _ in range(1100):
            part.write(bytes(1 << 20))
    with pytest.raises(Refused) as refused:
        apart.inspect(path, name="bomb.zip")
    assert refused.value.code == "file-bomb"
