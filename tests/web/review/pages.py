"""The review pages as a person uses them: what stands there is read, buttons are pressed with what their form holds."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

from tests.support.client import Client


class Desk:
    """One person's browser at one project."""

    def __init__(self, client: Client, code: str) -> None:
        self.client, self.code = client, code
        self.base = f"/admin/review/{code}/"

    def get(self, path: str = "", *, status: int = 200) -> BeautifulSoup:
        answer = self.client.get(self.base + path)
        assert answer.status_code == status, (answer.status_code, told(answer))
        return soup(answer)

    def post(self, path: str, data: dict[str, Any] | None = None, *, htmx: bool = False) -> TestResponse:
        headers = {"HX-Request": "true"} if htmx else {}
        return self.client.post(self.base + path, data=data or {}, headers=headers)

    def claim(self) -> None:
        assert self.post("claim").status_code == 302

    def form(self, path: str) -> dict[str, Any]:
        """What the confirm page's form would send."""
        form = self.get(path).select_one("#decision")
        assert form is not None
        return values(form)

    def judge(self, place: str, verdict: str, comment: str = "", *, htmx: bool = False) -> TestResponse:
        """Press Save at the item `r1`, `summary` … as the page has it."""
        form = self.get().select_one(f"#judge-{place}")
        assert form is not None
        return self.post("judge", values(form) | {"verdict": verdict, "comment": comment}, htmx=htmx)

    def accept_all(self) -> None:
        for form in self.get().select("form[data-judge]"):
            assert self.post("judge", values(form) | {"verdict": "accepted"}).status_code == 302


def values(form: Tag) -> dict[str, Any]:
    """The fields of a form as a browser sends them."""
    found: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
            continue
        text = field.get_text().removeprefix("\n") if field.name == "textarea" else str(field.get("value", ""))
        name = str(field["name"])
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), text]
        else:
            found[name] = text
    found.pop("csrf_token", None)
    return found


def soup(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def told(answer: TestResponse) -> str:
    """The words of the page's main part."""
    main = soup(answer).select_one("main")
    return " ".join((main or soup(answer)).get_text(" ").split())


def errors(answer: TestResponse) -> set[str]:
    return {str(tag["data-error"]) for tag in soup(answer).select("[data-error]")}
