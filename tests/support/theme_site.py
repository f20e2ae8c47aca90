"""A tiny application that knows the theme and nothing else, for the tests of the theme."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from flask import Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import Admin, AdminIndexView, expose
from flask_admin.model import BaseModelView
from flask_babel import Babel
from flask_wtf import FlaskForm
from jinja2 import StrictUndefined
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import fields as f
from wtforms import validators as v
from wtforms import widgets as w

from backoffice.theme import theme
from backoffice.views.requests import Request

ROOT = Path(__file__).parents[2]
FRAMES = ("public", "coordinator", "staff")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class TooBig(str):
    code = "file-too-big"


def too_big(form: FlaskForm, field: f.Field) -> None:
    raise v.ValidationError(TooBig("The file is too big"))


class Gallery(FlaskForm):
    version = f.HiddenField(default="7")
    title = f.StringField("Title", [v.DataRequired(), v.Length(max=250)])
    description = f.TextAreaField("Description in English")
    kind = f.SelectField("Type", choices=[("book", "Handbook"), ("film", "Video")])
    password = f.PasswordField("Password")
    day = f.DateField("Due date", [v.Optional()])
    files = f.MultipleFileField("Files", [too_big])
    accept = f.BooleanField("I accept the terms", [v.DataRequired()])
    public = f.BooleanField("Public")
    basis = f.RadioField(
        "Basis", choices=[("ticket", "Ticket"), ("consent", "Consent")], validators=[v.InputRequired()]
    )
    languages = f.SelectMultipleField(
        "Languages",
        choices=[("lv", "Latvian"), ("en", "English")],
        widget=w.ListWidget(prefix_label=False),
        option_widget=w.CheckboxInput(),
    )


class SignIn(FlaskForm):
    email = f.EmailField("Email", [v.InputRequired()])
    remember = f.BooleanField("Remember")


@dataclass
class Row:
    id: int
    title: str
    year: int

    def __str__(self) -> str:
        return self.title


class RowForm(FlaskForm):
    title = f.StringField("Title", [v.InputRequired()])
    year = f.IntegerField("Year", [v.Optional()])


class Rows(BaseModelView):
    """Flask-Admin's own pages over a list in memory: what the stock views hand to our templates."""

    list_template, details_template = "theme/list.html", "theme/details.html"
    edit_template = create_template = "theme/form.html"
    form = RowForm
    column_list = column_details_list = ("title", "year")
    can_view_details = True
    column_display_actions = False
    column_sortable_list = ()
    rows = (Row(1, "Jūrmala <b>Reads</b> Aloud", 2024), Row(2, "Māla skola", 2023))
    saved: ClassVar[list[str]] = []

    def opens(self, endpoint: str) -> bool:
        return endpoint != "action_view"

    def as_file(self, kind: str) -> str:
        return f"/admin/rows/?format={kind}"

    def get_pk_value(self, model: Row) -> int:
        return model.id

    def get_list(self, page, sort_field, sort_desc, search, filters, page_size=None):  # type: ignore[no-untyped-def]
        self._template_args["pages"] = {"previous": None, "next": "/admin/rows/?at=x"}
        rows = [row for row in self.rows if request.args.get("q", "") in row.title]
        return None, rows

    def get_one(self, id: str) -> Row:
        return self.rows[int(id) - 1]

    def create_form(self, obj=None):  # type: ignore[no-untyped-def]
        return RowForm()

    def edit_form(self, obj=None):  # type: ignore[no-untyped-def]
        return RowForm(obj=obj)

    def create_model(self, form: RowForm) -> Row:
        self.saved.append(form.title.data)
        return self.rows[0]

    def update_model(self, form: RowForm, model: Row) -> bool:
        self.saved.append(form.title.data)
        return True

    @expose("/<id>/approve/", methods=("GET", "POST"))
    def approve_view(self, id: str) -> str:
        form = RowForm(obj=self.get_one(id))
        form.validate_on_submit()
        return str(self.render("theme/confirm.html", form=form, button="Approve", heading="Row", back="/admin/rows/"))

    def scaffold_list_columns(self) -> list[str]:
        return ["title", "year"]

    def scaffold_sortable_columns(self) -> dict[str, str]:
        return {}

    def init_search(self) -> bool:
        return False

    def scaffold_form(self) -> type[FlaskForm]:
        return RowForm

    def scaffold_list_form(self, widget=None, validators=None):  # type: ignore[no-untyped-def]
        return RowForm


def shell() -> theme.Shell:
    person = theme.Person(name="Zane Izdomāta", email="zane@agency.example", role="Specialist", account_url="/account/")
    return theme.Shell(
        agency="National Agency (demo)",
        agency_email="results@agency.example",
        menu=(
            theme.Group(
                links=(
                    theme.Link(label="Review", url="/admin/review/", icon="half", count=14, active=True),
                    theme.Link(label="Projects", url="/admin/projects/", icon="list"),
                )
            ),
            theme.Group(label="Helpdesk", links=(theme.Link(label="Tickets", url="/admin/tickets/", icon="chat"),)),
        ),
        nav=(
            theme.Link(label="My projects", url="/my/", active=True),
            theme.Link(label="Guide", url="/guide"),
        ),
        areas=(
            theme.Link(label="Coordinator", url="/my/"),
            theme.Link(label="Agency", url="/admin/", active=True),
        ),
        person=None if request.args.get("stranger") else person,
        search_url="/admin/search",
        foot=(theme.Link(label="Privacy", url="/privacy"),),
        keys_url="/account/#keys",
        scheme=request.args.get("scheme", ""),
    )


def make_site() -> Flask:
    """The theme alone: every macro on one page, a list, an upload, in each frame."""
    site = Flask("theme_test", template_folder=str(ROOT / "tests/support/theme"))
    site.request_class = Request
    site.config.update(SECRET_KEY="k" * 40, WTF_CSRF_ENABLED=False, TESTING=True, RECEIVED=[])
    site.jinja_env.undefined = StrictUndefined
    Babel(site, locale_selector=lambda: request.args.get("lang", "en"))
    theme.init_app(site, translations=ROOT / "backoffice" / "translations")

    index = AdminIndexView(template="list.html")
    index.static_folder = None
    admin = Admin(site, theme=theme.ADMIN, index_view=index)
    admin.add_view(Rows(Row, name="Rows", endpoint="rows", url="/admin/rows"))

    @site.get("/bare/<frame>")
    def bare(frame: str) -> str:
        return render_template("fields.html", form=SignIn())

    @site.route("/<frame>", methods=["GET", "POST"])
    def gallery(frame: str) -> str:
        flash("The website is public now", "good")
        flash("The project was not saved", "error")
        form = Gallery(MultiDict({"description": "Rokasgrāmata", "languages": "lv", "kind": "book"}))
        form.validate()
        with_shell = {} if request.args.get("bare") else {"shell": shell()}
        return render_template("gallery.html", frame=f"theme/{frame}.html", form=form, **with_shell)

    @site.get("/list")
    def rows() -> str:
        return render_template("list.html", shell=shell())

    @site.route("/upload", methods=["GET", "POST"])
    def upload() -> ResponseReturnValue:
        if request.method == "GET":
            return render_template("upload.html", received=site.config["RECEIVED"], errors=[])
        if request.form["note"] == "break":
            return "no", 503
        if request.form["note"] == "wrong":
            errors = [("file", "Files: this is no picture")]
            return render_template("upload.html", received=[], errors=errors), 422
        if request.form["note"] == "stranger":
            return redirect("/login?next=/upload")
        if request.form["note"] == "slow":
            time.sleep(6)  # longer than the scripts remember a submit
        if request.form["note"] == "twice":
            time.sleep(1)  # both clicks fall into it
        site.config["RECEIVED"].append((request.form["note"], len(request.files["file"].read())))
        flash("The file has arrived", "good")
        return redirect(url_for("upload"), code=303)

    @site.after_request
    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return site
