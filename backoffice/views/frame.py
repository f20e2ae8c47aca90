"""What the frame of every page shows and the page itself does not know: menu, person, areas, agency, foot."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import get_locale, gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain import ticket_context
from backoffice.domain.errors import N_
from backoffice.domain.permissions import ROLE_WORDS, Actor, Permission, Role
from backoffice.models import Agency
from backoffice.queries import agencies, menu
from backoffice.theme.theme import Group, Link, Person, Shell
from backoffice.views.admin import needs_count
from backoffice.views.admin.base import Guarded


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A place of the side menu; `count` is the name of its number in `menu.Waiting`."""

    path: str
    label: str
    icon: str
    count: str = ""


# The order of the side menu. An entry is shown when a view stands at its path and is open to the person.
_MENU: tuple[tuple[str, tuple[_Entry, ...]], ...] = (
    ("", (
        _Entry(path="/admin", label=N_("Today"), icon="home"),
        _Entry(path="/admin/review", label=N_("Review"), icon="half", count="reviews"),
        _Entry(path="/admin/projects", label=N_("Projects"), icon="list"),
        _Entry(path="/admin/results", label=N_("Results"), icon="book"),
        _Entry(path="/admin/contacts", label=N_("Contacts"), icon="users"),
        _Entry(path="/admin/needs-data", label=N_("Needs data"), icon="tool", count="needs"),
        _Entry(path="/admin/figures", label=N_("Figures"), icon="chart"),
        _Entry(path="/admin/audit", label=N_("Audit trail"), icon="hist"),
    )),
    (N_("Helpdesk"), (
        _Entry(path="/admin/tickets", label=N_("Tickets"), icon="chat", count="tickets"),
        _Entry(path="/admin/lost-and-found", label=N_("Lost and found"), icon="inbox", count="lost_mails"),
    )),
    (N_("Agency"), (
        _Entry(path="/admin/agencies", label=N_("Agencies"), icon="globe"),
        _Entry(path="/admin/users", label=N_("Users"), icon="user"),
        _Entry(path="/admin/outbox", label=N_("Outbox"), icon="send", count="mails"),
        _Entry(path="/admin/import", label=N_("Import"), icon="ul"),
        _Entry(path="/admin/texts", label=N_("Texts"), icon="note"),
        _Entry(path="/admin/tokens", label=N_("Tokens"), icon="key"),
        _Entry(path="/admin/persons", label=N_("Erase a person"), icon="bin"),
        _Entry(path="/admin/permissions", label=N_("Who may what"), icon="shield"),
        _Entry(path="/admin/settings", label=N_("Settings"), icon="cog"),
    )),
)


def init_app(app: Flask) -> None:
    """After the theme's own, so that ours is the one that counts."""
    app.context_processor(lambda: {"shell": shell()})
    app.jinja_env.globals["public_base_url"] = app.config["SETTINGS"].public_base_url


def template() -> str:
    """The frame of the theme that an error page and the like extend in this area."""
    return f"theme/{area()}.html"


def bare() -> None:
    """No more questions to the database in this request: the frame is shown without what they would say."""
    g.shell = Shell(foot=_foot(None))


def of_agency(agency_id: int) -> None:
    """A page about something of one agency shows that agency's name, and its foot leads to that agency's texts."""
    g.agency_id = agency_id


def area() -> str:
    """Which of the three frames the page has: "staff", "coordinator" or "public"."""
    if not has_request_context():
        return "public"
    if "area" not in g:
        parts = request.path.split("/", 2)
        g.area = {"admin": "staff", "my": "coordinator"}.get(parts[1] if len(parts) > 1 else "", "public")
    return str(g.area)


def agency() -> Agency | None:
    """Whose page it is.

    The agency of the thing in view; else the own one of staff and coordinators in their areas; else the one that
    `?agency=CODE` names; else the first one. None before there is any.
    """
    rows = db.session.scalars(agencies.in_order()).all()
    by_id = {row.id: row for row in rows}
    found = by_id.get(_agency_id() or 0)
    if found is None and has_request_context():
        asked = request.args.get("agency", "").upper()
        found = next((row for row in rows if row.code == asked), None)
    return found or next(iter(rows), None)


def staff_home() -> str:
    """Where the back-office begins for the person: a platform admin has agencies and no day's work."""
    staff = auth.staff()
    return "/admin/" if staff is None or staff.can(Permission.DASHBOARD_READ) else "/admin/agencies/"


def agency_name(row: Agency) -> str:
    """In the language of the page."""
    return row.name_lv if str(get_locale()) == "lv" and row.name_lv else row.name


def shell() -> Shell:
    """Built once for each page."""
    if not has_request_context():
        return Shell()
    if "shell" not in g:
        g.shell = _shell()
    return g.shell  # type: ignore[no-any-return]


def _agency_id() -> int | None:
    if not has_request_context():
        return None
    if "agency_id" in g:
        return int(g.agency_id)
    who = auth.person()
    if who is None:
        return None
    if area() == "staff" and who.staff is not None:
        return who.staff.agency_id
    if area() == "coordinator" and who.project_ids:
        return db.session.scalar(agencies.of_project(min(who.project_ids)))
    return None


def _shell() -> Shell:
    who, where, row = auth.person(), area(), agency()
    staff = who.staff if who else None
    groups = _groups() if where == "staff" and staff is not None else ()
    return Shell(
        agency=agency_name(row) if row else "",
        agency_email=(row.helpdesk_address if row else "") or current_app.config["SETTINGS"].helpdesk_address,
        home_url={"staff": staff_home(), "coordinator": "/my/"}.get(where, "/"),
        menu=groups,
        nav=() if where == "staff" else tuple(_nav()),
        areas=_areas(),
        person=_person(),
        search_url=next((link.url for group in groups for link in group.links if link.icon == "list"), ""),
        foot=_foot(row),
    )


def _person() -> Person | None:
    who = auth.person()
    if who is None:
        return None
    role = who.staff.role if who.staff and area() != "coordinator" else Role.COORDINATOR
    return Person(
        name=who.name or who.email, email=who.email, role=gettext(ROLE_WORDS[role]), account_url="/account/"
    )


def _areas() -> tuple[Link, ...]:
    """Both, for a person who is coordinator and staff: the page names the one in use, rights never mix."""
    who = auth.person()
    if who is None or who.staff is None or who.coordinator is None:
        return ()
    return (
        Link(label=gettext("Back-office"), url=staff_home(), active=area() == "staff"),
        Link(label=gettext("My projects"), url="/my/", active=area() == "coordinator"),
    )


def _nav() -> Iterator[Link]:
    """The bar of public and coordinator's pages."""
    who = auth.person()
    if who is not None and (who.coordinator is not None or who.staff is None):
        yield _link(gettext("My projects"), "/my/")
    if who is not None and who.staff is not None and area() != "coordinator":
        yield _link(gettext("Back-office"), staff_home())
    yield _link(gettext("Projects"), "/projects/")
    yield _link(gettext("Guide"), "/guide")
    yield Link(label=gettext("Help"), url=help_url(), active=request.path.startswith("/help/"))


def help_url() -> str:
    """Help, which knows from which page it was asked for: a ticket from there says so."""
    here = ticket_context.page(request.path)
    return "/help/" + ("?" + urlencode({"page": here}) if here not in ("", "/") else "")


def _link(label: str, url: str) -> Link:
    return Link(label=label, url=url, active=request.path.startswith(url))


def _foot(row: Agency | None) -> tuple[Link, ...]:
    """Texts that the law asks for, of the agency whose page it is."""
    which = f"?agency={row.code}" if row and ("agency_id" in g or "agency" in request.args) else ""
    return (
        Link(label=gettext("All projects"), url="/projects/"),
        Link(label=gettext("Guide"), url="/guide"),
        Link(label=gettext("Help"), url=help_url()),
        Link(label=gettext("Terms of use"), url="/terms" + which),
        Link(label=gettext("Privacy"), url="/privacy" + which),
        Link(label=gettext("Accessibility"), url="/accessibility" + which),
    )


def _groups() -> tuple[Group, ...]:
    """The side menu: views that exist and are open to the person, in the order of the table; others at the end."""
    staff = auth.staff()
    open_views = {view.url.rstrip("/"): view for view in _open_views(staff)} if staff else {}
    numbers = menu.waiting(db.session(), agency_id=staff.agency_id) if staff and staff.agency_id else None
    active = _active([*open_views])
    groups = []
    for label, entries in _MENU:
        links = [
            Link(
                label=gettext(entry.label), url=_address(view), icon=entry.icon,
                active=view.url.rstrip("/") == active,
                count=_count(entry.count, numbers, staff=staff),
            )
            for entry in entries
            if (view := open_views.pop(_fitting(entry.path, [*open_views]), None)) is not None
        ]
        groups.append((label, links))
    groups[-1][1].extend(
        Link(label=view.name, url=_address(view), icon="right", active=path == active)
        for path, view in open_views.items()
    )
    return tuple(
        Group(label=gettext(label) if label else "", links=tuple(links)) for label, links in groups if links
    )


def _count(name: str, numbers: menu.Waiting | None, *, staff: Actor | None) -> int | None:
    """A number beside an entry; nothing for none."""
    if name == "needs" and staff is not None:
        return needs_count.current(staff) or None
    return (getattr(numbers, name) or None) if numbers and name else None


def _open_views(actor: Actor) -> Iterator[Guarded]:
    for site in current_app.extensions.get("admin", ()):
        for view in site._views:
            if isinstance(view, Guarded) and view.is_visible() and view.is_open_to(actor):
                yield view


def _address(view: Guarded) -> str:
    return url_for(f"{view.endpoint}.{view._default_view}")


def _fitting(path: str, paths: list[str]) -> str:
    """The view of an entry stands at its path or, as /admin/persons/erase does, below it."""
    return next((own for own in paths if own == path or (own.startswith(path + "/") and path != "/admin")), "")


def _active(paths: list[str]) -> str:
    """The view at whose path, or below it, the page stands; the start page only as itself."""
    here = request.path.rstrip("/")
    fitting = [path for path in paths if here == path or (path != "/admin" and here.startswith(path + "/"))]
    return max(fitting, key=len, default="")
