"""The base of every back-office page: what is not opened has no route (DESIGN §4)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import abort, g, request
from flask_admin import Admin, AdminIndexView, expose
from flask_admin.base import BaseView
from flask_admin.contrib.sqla import ModelView
from sqlalchemy import ColumnElement, Select, func, select

from backoffice import auth
from backoffice.db import db
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.signin import own_path
from backoffice.forms.base import Form
from backoffice.queries import keyset
from backoffice.storage.sheets import Format
from backoffice.views import drafts, exporting
from backoffice.views.exporting import Sheet

STOCK_ARGS = frozenset({"page", "page_size", "sort", "desc", "search"})
CAME_FROM = "list"  # the address of the list from which a row was opened: its filters, its order and its page
LISTS = frozenset({".index_view", ".index"})


class Guarded(BaseView):
    """Only the functions named in `permissions` get a route; each asks for its permission on every request."""

    permissions: ClassVar[Mapping[str, Permission]] = {}

    def create_blueprint(self, admin: Admin) -> Any:
        self._urls: list[Any] = [url for url in self._urls if url[1] in self.permissions]
        return super().create_blueprint(admin)

    @property
    def actor(self) -> Actor:
        """The member of staff who asks; `_handle_view` let nobody else through."""
        return auth.staff() or abort(404)

    def opens(self, endpoint: str) -> bool:
        """May the actor use this function of the view? Templates ask this before they show a button."""
        actor = auth.staff()
        return actor is not None and self._lets(actor, endpoint)

    def _lets(self, actor: Actor, endpoint: str) -> bool:
        return endpoint in self.permissions and actor.can(self.permissions[endpoint])

    def is_open_to(self, actor: Actor) -> bool:
        """May the actor open its first page? The menu asks this of every view."""
        return self._lets(actor, self._default_view)

    def is_accessible(self) -> bool:
        return self.opens(self._default_view)

    def get_url(self, endpoint: str, **kwargs: Any) -> str:
        """An address of this view. From a narrowed list on, each page of a row takes the list's address along, so that
        every way back – saved, cancelled, refused, signed in again in between – leads to the same filters and page."""
        came_from = self.came_from()
        if came_from and endpoint in LISTS and not kwargs:
            return came_from
        if came_from and endpoint.startswith(".") and endpoint not in LISTS and endpoint != ".file_view":
            kwargs.setdefault(CAME_FROM, came_from)
        return str(super().get_url(endpoint, **kwargs))

    def came_from(self) -> str:
        """The narrowed list in view, or the one from which the page in view was reached; empty for the plain one."""
        if request.blueprint != self.endpoint:
            return ""
        if request.endpoint in {f"{self.endpoint}{name}" for name in LISTS}:
            query = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "lang"])
            here = f"{request.path}?{query}" if query and request.method == "GET" else ""
            return own_path(here)
        asked = own_path(request.args.get(CAME_FROM, ""))
        return asked if asked.startswith("/admin/") else ""

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        if auth.person() is None:
            rescued = drafts.rescue() if request.method == "POST" else None
            return rescued or auth.sign_in_first()
        if not self.opens(name):
            abort(403 if any(map(self.opens, self.permissions)) else 404)
        g.area = "staff"
        return None

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # The stock one swallows the TypeErrors of views.
        return fn(self, *args, **kwargs)


class IndexView(Guarded, AdminIndexView):
    permissions = {"index": Permission.DASHBOARD_READ}

    def __init__(self) -> None:
        super().__init__(template="admin/index.html")
        self.static_folder = None  # 21 MB of the stock look stay off the site


class RecordView(Guarded, ModelView):
    """One table, scoped to the actor in list, details, edit, action, select and export alike."""

    form_base_class = Form
    list_template = "theme/list.html"
    details_template = "theme/details.html"
    edit_template = create_template = "theme/form.html"
    can_view_details = can_edit = can_create = can_delete = can_export = True  # `permissions` decides
    column_display_actions = False
    column_sortable_list = ()
    page_size = 25
    list_order: ClassVar[keyset.Keys]
    list_descending: ClassVar[bool] = False

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        """The rows of the actor; the aggregate's own function in `queries/`."""
        raise NotImplementedError

    def listed(self, actor: Actor) -> Select[Any]:
        """The rows of the list: scope, search and filters of the address bar."""
        raise NotImplementedError

    def sheet(self) -> Sheet:
        """What the list says as a file; the module `sheets` has one for each."""
        raise NotImplementedError

    @expose("/")
    def index_view(self) -> Any:
        """The list as a page or, with `format=`, all its pages as a file: same rows, same order, same permission."""
        kind = exporting.asked()
        return super().index_view() if kind is None else self.export(kind)

    def export(self, kind: Format) -> Any:
        keys, descending = self.order()
        batches = keyset.batches(db.session(), self.listed(self.actor), keys=keys, descending=descending)
        return exporting.of_list(kind, name=self.endpoint, sheet=self.sheet(), batches=batches)

    def as_file(self, kind: str) -> str:
        """The address of the list in view as a file."""
        return str(self.get_url(".index_view", **self.kept(exporting.ARGUMENT), format=kind))

    def get_query(self) -> Any:
        return db.session.query(self.model).filter(self.scope(self.actor))

    def get_count_query(self) -> Any:
        return db.session.query(func.count("*")).select_from(self.model).filter(self.scope(self.actor))

    def get_one(self, id: str) -> Any:
        """A row within the scope; else 404, as for one that does not exist."""
        if not (id.isascii() and id.isdecimal() and len(id) < 16):
            abort(404)
        query = select(self.model).where(self.scope(self.actor), self.model.id == int(id))
        return db.session.scalar(query) or abort(404)

    def get_list(
        self, page: Any, sort_field: Any, sort_desc: Any, search: Any, filters: Any, page_size: int | None = None
    ) -> Any:
        """A keyset page without a count of all."""
        keys, descending = self.order()
        try:
            found = keyset.page(
                db.session(), self.listed(self.actor), keys=keys, size=page_size or self.page_size,
                cursor=request.args.get("at"), descending=descending,
            )
        except keyset.BadCursor:
            abort(404)
        self._template_args.update({
            "pages": {
                "next": found.next and self._at(found.next),
                "previous": found.previous and self._at(found.previous),
            },
            "q": request.args.get("q", ""),
            **self.around(found.rows),
        })
        return None, found.rows

    def order(self) -> tuple[keyset.Keys, bool]:
        """The keys of the list, and whether it goes down them; another one for each saved view where that helps."""
        return self.list_order, self.list_descending

    def around(self, rows: Sequence[Any]) -> dict[str, Any]:
        """What the list's template needs beside its rows: sentence, views, chips, choices of the filters."""
        return {}

    def kept(self, *without: str) -> dict[str, Any]:
        """The arguments of the address bar, less some: for tabs, chips and sort links; always from page one."""
        args = request.args.to_dict(flat=False)
        return {name: values for name, values in args.items() if name not in {"at", "lang", *without}}

    def tab(self, name: str, label: Any, *, count: int | None = None, argument: str = "view") -> dict[str, Any]:
        """A saved view of the list. It starts afresh: other filters are dropped."""
        return {
            "label": label,
            "url": self.get_url(".index_view", **{argument: name}),
            "active": self.chosen(argument) == name,
            "count": count,
        }

    views: ClassVar[Sequence[str]] = ()  # names of the saved views; the first is the default

    def chosen(self, argument: str = "view") -> str:
        """The saved view in use; with a search and without a view, the widest one, which is the last."""
        asked = request.args.get(argument, "")
        if asked in self.views:
            return asked
        if not self.views:
            return ""
        return self.views[-1] if set(self.kept()) - {argument} else self.views[0]

    def chip(self, label: Any, argument: str, value: str) -> tuple[Any, str]:
        """A filter that is on, and the address without it."""
        rest = self.kept(argument)
        others = [other for other in request.args.getlist(argument) if other != value]
        return label, self.get_url(".index_view", **rest, **({argument: others} if others else {}))

    def _at(self, cursor: str) -> str:
        return str(self.get_url(".index_view", **{**request.args.to_dict(flat=False), "at": cursor}))

    def _get_list_extra_args(self) -> Any:
        """Our filters are plain, repeatable arguments; a new search or sort starts on page one."""
        view_args = super()._get_list_extra_args()
        view_args.extra_args = {
            name: values
            for name, values in request.args.to_dict(flat=False).items()
            if name not in {*STOCK_ARGS, "at"}
        }
        return view_args

    def create_model(self, form: Any) -> Any:
        raise NotImplementedError

    def update_model(self, form: Any, model: Any) -> bool:
        raise NotImplementedError

    def delete_model(self, model: Any) -> bool:
        raise NotImplementedError

    def handle_view_exception(self, exc: Exception) -> bool:
        raise exc
