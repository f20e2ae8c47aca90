import io
import itertools

from flask import current_app
from PIL import Image

from backoffice.domain import text
from backoffice.domain.files import FileCheck, FilePurpose
from backoffice.domain.results import ResultType
from backoffice.models import Project, Result, StoredFile
from backoffice.services.uow import unit_of_work
from backoffice.storage.stores import open_store

_numbers = itertools.count(1)
DESCRIPTION = (
    "A handbook for teachers that explains, step by step and with examples from five schools, how pupils can plan, "
    "run and evaluate a small project of their own during one school year."
)


def result(
    *,
    project_id: int,
    title: str | None = None,
    description: str = DESCRIPTION,
    link: str = "",
    do_not_publish: bool = False,
    has_file: bool = True,
) -> int:
    """A complete result: with everything that the checklist asks for, and one clean file."""
    number = next(_numbers)
    title = title or f"Result {number}"
    with unit_of_work() as uow:
        row = Result(
            project_id=project_id,
            position=number,
            title=title,
            description=description,
            type=ResultType.HANDBOOK,
            languages=("en", "lv"),
            link=link,
            do_not_publish=do_not_publish,
            do_not_publish_reason="The authors keep their rights." if do_not_publish else "",
            created_at=uow.now,
            changed_at=uow.now,
            search_key=text.search_key(title),
            sort_key=text.sort_key(title),
        )
        uow.session.add(row)
        uow.session.flush()
        result_id = row.id
    if has_file:
        file(project_id=project_id, result_id=result_id)
    return result_id


def file(
    *,
    project_id: int,
    result_id: int,
    name: str | None = None,
    content: bytes | None = None,
    check: FileCheck = FileCheck.CLEAN,
) -> int:
    """A text file of a result, with its bytes in the store."""
    number = next(_numbers)
    return _stored(
        project_id=project_id,
        result_id=result_id,
        name=name or f"text-{number}.txt",
        content=content or f"Text number {number}.\n".encode(),
        media_type="text/plain",
        check=check,
    )


def screenshot(*, name: str | None = None) -> int:
    """A picture for a message of a ticket."""
    return _stored(
        project_id=None, result_id=None, name=name or f"screenshot-{next(_numbers)}.png",
        content=_picture((320, 200), "seagreen"), media_type="image/png", check=FileCheck.NOT_SCANNED,
        purpose=FilePurpose.SCREENSHOT,
    )


def _picture(size: tuple[int, int], colour: str) -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", size, colour).save(picture, "PNG")
    return picture.getvalue()


def logo(*, project_id: int) -> int:
    """The project's logo: a small picture."""
    file_id = _stored(
        project_id=project_id,
        result_id=None,
        name="logo.png",
        content=_picture((40, 30), "navy"),
        media_type="image/png",
        check=FileCheck.CLEAN,
        purpose=FilePurpose.LOGO,
    )
    with unit_of_work() as uow:
        uow.session.get_one(Project, project_id).logo_file_id = file_id
    return file_id


def _stored(
    *,
    project_id: int | None,
    result_id: int | None,
    name: str,
    content: bytes,
    media_type: str,
    check: FileCheck,
    purpose: FilePurpose = FilePurpose.RESULT,
) -> int:
    stored = open_store(current_app.config["SETTINGS"].storage_url).put(io.BytesIO(content), name=name)
    with unit_of_work() as uow:
        row = StoredFile(
            project_id=project_id,
            result_id=result_id,
            purpose=purpose,
            name=name,
            storage_key=stored.key,
            size=stored.size,
            sha256=stored.sha256,
            media_type=media_type,
            kind=name.rpartition(".")[2],
            position=next(_numbers),
            check_state=check,
            checked_at=uow.now,
            due_at=uow.now,
            uploaded_at=uow.now,
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id
