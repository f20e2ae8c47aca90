"""PDF: scripts and what acts by itself are refused, links and a first page are taken (DOMAIN §4)."""

from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from backoffice.domain.files import FileKind
from tests.support import samples
from tests.support.sniffing import Inspect, attach, code, words


def opening(make: Callable[[], Dictionary]) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        pdf.Root.OpenAction = make()

    return change


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def names_tree(pdf: Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["x", pdf.make_indirect(script())])))


def button(pdf: Pdf) -> None:
    pdf.pages[0].Annots = Array([pdf.make_indirect(Dictionary(Type=Name.Annot, A=script()))])


def deep(pdf: Pdf) -> None:
    pdf.Root.X = Dictionary(A=Array([Dictionary(B=Dictionary(C=Array([script()])))]))


def launch(pdf: Pdf) -> None:
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, A=Dictionary(S=Name.Launch, F="cmd.exe"))])


def page_open(pdf: Pdf) -> None:
    pdf.pages[0].AA = Dictionary(O=Dictionary(S=Name.URI, URI="https://evil.example"))


def chained(pdf: Pdf) -> None:
    target = Dictionary(S=Name.SubmitForm, F="https://evil.example")
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D="x", Next=Array([Dictionary(S=Name.Named, Next=target)]))


def form_script(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(XFA=Array(["template", pdf.make_stream(b"<template><script>x</script></template>")]))


@pytest.mark.parametrize(
    "change",
    [names_tree, button, deep, launch, page_open, chained, form_script, opening(script),
     opening(lambda: Dictionary(S=Name.URI, URI="https://evil.example")),
     opening(lambda: Dictionary(S=Name.Launch, F="x"))],
)
@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_pdf_that_acts_is_refused_wherever_the_script_hides(
    inspect: Inspect, change: Callable[[Pdf], None], mode: pikepdf.ObjectStreamMode
) -> None:
    content = samples.pdf(change, object_stream_mode=mode)
    assert code(inspect, content, "report.pdf") == "file-script"
    assert "Save as PDF" in words(inspect, content, "report.pdf")


def test_pdf_script_spelt_with_escapes_is_refused(inspect: Inspect) -> None:
    content = samples.pdf(names_tree, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert b"/JavaScript" in content
    escaped = content.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/#4aS")
    assert code(inspect, escaped, "report.pdf") == "file-script"


def harmless(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    pdf.Root.OpenAction = Array([page, Name.Fit])
    pdf.pages[0].AA = Dictionary(O=Dictionary(S=Name.GoTo, D=Array([page, Name.Fit])))
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, A=Dictionary(S=Name.URI, URI="https://ok.example"))])
    pdf.docinfo[Name.Title] = "How /JavaScript and /JS work"


def test_pdf_with_links_and_a_first_page_is_taken(inspect: Inspect) -> None:
    assert inspect(samples.pdf(harmless), "report.pdf").kind is FileKind.PDF


def test_pdf_with_a_password_is_refused(inspect: Inspect) -> None:
    locked = samples.pdf(encryption=pikepdf.Encryption(owner="o", user="u"))
    assert code(inspect, locked, "report.pdf") == "file-encrypted"


def test_pdf_that_anyone_can_open_but_not_change_is_taken_and_looked_into(inspect: Inspect) -> None:
    lock = pikepdf.Encryption(owner="o", user="")
    assert inspect(samples.pdf(encryption=lock), "report.pdf").kind is FileKind.PDF
    assert code(inspect, samples.pdf(names_tree, encryption=lock), "report.pdf") == "file-script"


def test_pdf_of_too_many_objects_is_refused(inspect: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.storage.pdf.MAX_OBJECTS", 3)
    assert code(inspect, samples.pdf(attach(one_csv=b"a")), "report.pdf") == "file-bomb"
