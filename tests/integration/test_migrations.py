"""The migrations make the schema of the models, on both engines, and can be taken back."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import ClauseElement, Engine, create_engine, func, inspect, select

from backoffice.db import WRITING, Base, db
from backoffice.factory import create_app
from backoffice.models import Partner
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.conftest import settings
from tests.support import postgres

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "migrations"


@pytest.fixture
def fresh(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on an empty database of its own."""
    if engine == "sqlite":
        app = create_app(settings(database_url=f"sqlite:///{tmp_path}/fresh.db", var=tmp_path))
        yield from _kept(app)
    else:
        with postgres.database(request.getfixturevalue("postgresql")) as url:
            yield from _kept(create_app(settings(database_url=url, var=tmp_path)))


def _kept(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_head_is_what_the_models_say(fresh: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrated_and_created_schema_look_the_same(fresh: Flask, engine: str, tmp_path: Path) -> None:
    """Alembic's own comparison does not see a changed CHECK, a new value of an enum for instance."""
    upgrade()
    migrated = picture(db.engine)
    if engine == "sqlite":
        other = create_engine(f"sqlite:///{tmp_path}/created.db")
        Base.metadata.create_all(other)
        created = picture(other)
        other.dispose()
    else:
        with db.engine.connect().execution_options(**WRITING) as connection, connection.begin():
            Base.metadata.drop_all(connection)
            Base.metadata.create_all(connection)
        created = picture(db.engine)
    assert migrated.pop("alembic_version")
    created.pop("alembic_version", None)
    assert migrated == created


def test_every_migration_goes_down_and_up_again(fresh: Flask) -> None:
    upgrade()
    first = picture(db.engine)
    for revision in [script.down_revision or "base" for script in scripts().walk_revisions()]:
        downgrade(revision=revision)
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    upgrade()
    assert picture(db.engine) == first


def test_there_is_one_line_of_migrations_without_gaps() -> None:
    numbers = sorted(script.revision for script in scripts().walk_revisions())
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert len(scripts().get_heads()) == 1


REBUILD = """
from alembic import op

revision, down_revision = "9999", "{head}"


def upgrade() -> None:
    with op.batch_alter_table("project") as batch:
        batch.drop_column("is_success_story")
{after}

def downgrade() -> None:
    pass
"""


@pytest.fixture
def later(tmp_path: Path) -> Callable[[str], str]:
    """The folder of the migrations with one more that rebuilds a table to which others refer."""

    def write(after: str) -> str:
        folder = tmp_path / "migrations"
        shutil.copytree(FOLDER, folder)
        text = REBUILD.format(head=scripts().get_current_head(), after=after)
        (folder / "versions" / "9999_rebuild.py").write_text(text)
        return str(folder)

    return write


def test_a_rebuilt_table_keeps_the_rows_that_refer_to_it(fresh: Flask, later: Callable[[str], str]) -> None:
    """SQLite rebuilds a table by dropping it: with foreign keys on, ON DELETE CASCADE would empty its children."""
    upgrade()
    partner()
    upgrade(directory=later(""))
    assert "is_success_story" not in picture(db.engine)["project"]["columns"]
    assert db.session.scalar(select(func.count()).select_from(Partner)) == 1


def test_a_failed_migration_leaves_everything_as_it_was(fresh: Flask, later: Callable[[str], str]) -> None:
    upgrade()
    partner()
    before = picture(db.engine)
    with pytest.raises(ZeroDivisionError):
        upgrade(directory=later("    1 / 0\n"))
    assert picture(db.engine) == before
    assert db.session.scalar(select(func.count()).select_from(Partner)) == 1


def partner() -> None:
    project_id = factories.project(agency_id=factories.agency())
    with unit_of_work() as uow:
        uow.session.add(Partner(project_id=project_id, position=1, name="A school"))


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


def picture(engine: Engine) -> dict[str, Any]:
    """Everything the database itself says about its tables."""
    found = inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in found.get_columns(table)
            },
            "primary key": found.get_pk_constraint(table),
            "checks": _by_name(found.get_check_constraints(table)),
            "uniques": _by_name(found.get_unique_constraints(table)),
            "indexes": _by_name(found.get_indexes(table)),
            "foreign keys": _by_name(found.get_foreign_keys(table)),
        }
        for table in sorted(found.get_table_names())
    }


def _by_name(items: list[Any]) -> list[tuple[str, str]]:
    return sorted((str(item["name"]), repr(_plain(item))) for item in items)


def _plain(value: Any) -> Any:
    """Conditions of indexes as text, so that two of them can be compared."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in sorted(value.items())}
    return str(value) if isinstance(value, ClauseElement) else value


def test_order_is_that_of_the_sort_key_whatever_language_the_database_was_made_for(postgresql: str) -> None:
    with postgres.database(postgresql) as url:
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        columns = {
            name: column["type"].collation  # type: ignore[attr-defined]
            for name in inspect(engine).get_table_names()
            for column in inspect(engine).get_columns(name)
            if column["name"] == "sort_key"
        }
        engine.dispose()
    assert columns
    assert set(columns.values()) == {"C"}
