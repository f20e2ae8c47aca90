"""Mails taken apart: letters, structure, files, nature (cases of incoming mail)."""

import base64
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from backoffice.domain.inbound import Letter, Nature
from backoffice.mail.inbound import apart, letters
from tests.support.letters import mail, picture, report

pytestmark = pytest.mark.one_engine


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def read(made: EmailMessage | bytes) -> Letter:
        return letters.read(made if isinstance(made, bytes) else made.as_bytes(), folder=tmp_path)

    return read


def raw(head: str, body: str | bytes = "Hello") -> bytes:
    content = body if isinstance(body, bytes) else body.encode()
    return f"From: anna@school.example\nTo: help@agency.example\nMIME-Version: 1.0\n{head}\n\n".encode() + content


def test_ids_are_found_in_a_phrase_without_brackets_and_in_square_ones(read):
    found = read(raw(
        'Message-ID: bare.id@host.example\n'
        'In-Reply-To: Your message of "Mon, 3 Nov" <one@host.example> and two@host.example\n'
        "References: <[three@host.example]>\n <four@host.example> <one@host.example>"
    ))
    assert found.message_id == "bare.id@host.example"
    assert found.named_ids == ("one@host.example", "two@host.example", "four@host.example", "three@host.example")


def test_a_subject_of_plain_letters_and_encoded_words_is_read(read):
    head = "Subject: Ekrānšāviņš =?utf-8?B?xZM=?= =?utf-8?Q?a=C4?= =?utf-8?Q?=81?= un =?iso-8859-13?Q?=E2?=."
    assert read(raw(head)).subject == "Ekrānšāviņš œaā un ā."


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("said", ["utf-16", "us-ascii"])
def test_utf_16_without_a_mark_is_read(read, order, said):
    body = base64.b64encode("Labdien!\nAugšupielāde apstājas.".encode(order))
    found = read(raw(f"Content-Type: text/plain; charset={said}\nContent-Transfer-Encoding: base64", body))
    assert found.text == "Labdien!\nAugšupielāde apstājas."


def test_cyrillic_utf_16_without_a_mark_is_read(read):
    body = base64.b64encode("Привет, мир".encode("utf-16-be"))
    head = "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64"
    assert read(raw(head, body)).text == "Привет, мир"


def test_bytes_that_are_no_letters_become_replacement_signs(read):
    head = "Subject: a\x00b =?utf-8?Q?=ED=A0=BD?=\nContent-Type: text/plain; charset=utf-8"
    found = read(raw(head, b"one \xed\xa0\xbd two \x00 \xff"))
    assert "\x00" not in found.text + found.subject
    assert found.text.startswith("one ���")
    found.text.encode()
    found.subject.encode()


@pytest.mark.parametrize(("said", "coding"), [("x-unknown", "cp1257"), ("", "utf-8"), ("iso-8859-4711", "cp1257")])
def test_an_unknown_character_set_is_guessed(read, said, coding):
    head = f"Content-Type: text/plain; charset={said}\nContent-Transfer-Encoding: 8bit"
    found = read(raw(head, "Šķiņķis".encode(coding)))
    assert found.text == "Šķiņķis"


def test_a_boundary_of_one_character_tells_text_and_files_apart(read):
    body = (
        "--x\nContent-Type: text/plain\n\nSee the picture\n"
        "--x\nContent-Type: image/png; name=shot.png\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--x--\n"
    )
    found = read(raw("Content-Type: multipart/mixed; boundary=x", body))
    assert (found.text, [part.name for part in found.parts]) == ("See the picture", ["shot.png"])


def test_thousands_of_blank_lines_take_no_time(tmp_path):
    source, folder = tmp_path / "mail", tmp_path / "files"
    folder.mkdir()
    for content in (b"\n" * 50_000 + mail().as_bytes(), raw("Subject: x", "\n" * 200_000 + "Hello\n" + "\n" * 9)):
        source.write_bytes(content)
        begun = time.monotonic()
        assert "Hello" in apart.parse(source, folder=folder).text
        assert time.monotonic() - begun < 3  # the start of a process included; alone it takes a few milliseconds
    begun = time.monotonic()
    letters.read(raw("Subject: x", "\n" * 200_000 + "Hello"), folder=folder)
    assert time.monotonic() - begun < 1


def test_a_pointer_to_a_file_elsewhere_is_shown_and_not_fetched(read):
    body = (
        "--b\nContent-Type: text/plain\n\nHere it is\n"
        '--b\nContent-Type: message/external-body; access-type=URL;\n URL="https://files.example/a b.zip"\n\n'
        "Content-Type: application/zip\nContent-ID: <1@x>\n\n\n--b--\n"
    )
    found = read(raw("Content-Type: multipart/mixed; boundary=b", body))
    assert "https://files.example/" in found.text
    assert not found.parts


def test_a_uuencoded_file_is_taken_and_the_words_around_it_stay(read):
    text = "before\n\nbegin 644 notes.txt\n+:&5L;&\\@=V]R;&0\n`\nend\nafter"
    found = read(raw("Subject: x", text))
    assert found.text == "before\n\n[notes.txt]\nafter"
    assert [(part.name, part.size) for part in found.parts] == [("notes.txt", 11)]


def test_what_only_looks_uuencoded_stays_in_the_text(read):
    text = "begin 644 notes.txt\nthis is only a sentence about it, with ~ signs\nend"
    assert read(raw("Subject: x", text)).text == text


def test_a_picture_named_thrice_and_without_cid_is_stored_once(read, tmp_path):
    made = mail()
    made.add_alternative(
        '<p>One <img src="cid:shot@x"> two <img src="shot@x"> three <img src="shot.png"> '
        '<img src="https://spy.example/pixel.gif" alt="pixel"></p>', subtype="html",
    )
    html_part = made.get_payload()[1]  # type: ignore[index]
    for _ in range(2):
        html_part.add_related(picture(), maintype="image", subtype="png", cid="<shot@x>", filename="shot.png")
    found = read(made)
    assert found.html.count('src="cid:shot@x"') == 3
    assert "spy.example" not in found.html
    assert [part.content_id for part in found.parts] == ["shot@x"]
    assert len(list(tmp_path.iterdir())) == 1


def test_html_is_cleaned(read):
    made = mail()
    made.add_alternative(
        '<style>p{color:red}</style><p onclick="x()" style="background:url(https://spy.example)">Hi <script>x</script>'
        '<a href="javascript:x()">a</a><a href="https://ok.example">b</a><form action="/x"><input name=q></form></p>'
        '<iframe src="https://spy.example"></iframe><base href="https://spy.example">', subtype="html",
    )
    html = read(made).html
    assert "https://ok.example" in html
    for gone in ("spy.example", "script", "onclick", "style", "<form", "<input", "<base", "iframe"):
        assert gone not in html


def test_a_mail_of_html_alone_has_its_words_with_quotes_marked(read):
    made = EmailMessage()
    made["From"], made["Subject"] = "a@b.example", "x"
    quote = "<blockquote><p>Try again</p></blockquote>"
    made.set_content(f"<p>Thank you!</p><p>On Monday 3.11. you wrote:</p>{quote}", "html")
    assert read(made).text == "Thank you!\n\nOn Monday 3.11. you wrote:\n\n> Try again"


def test_a_signed_mail_is_read_and_its_signature_is_no_file(read):
    body = (
        "--b\nContent-Type: text/plain\n\nSigned words\n"
        "--b\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n"
        "Content-Disposition: attachment; filename=smime.p7s\n\nMIIB\n--b--\n"
    )
    found = read(raw("Content-Type: multipart/signed; protocol=x; boundary=b", body))
    assert (found.text, found.parts, found.is_encrypted) == ("Signed words", (), False)


@pytest.mark.parametrize("made", [
    raw('Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
        "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
        "--b\nContent-Type: application/octet-stream\n\nx\n--b--\n"),
    raw("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n"
        "Content-Transfer-Encoding: base64", "MIIB"),
])
def test_an_encrypted_mail_is_known_as_one(read, made):
    assert read(made).is_encrypted


def test_a_mail_within_a_mail_is_read_and_its_files_are_taken(read):
    about = "Project 2023-1-LV01-KA220-SCH-000000001"
    inner = mail(sender="Chief <chief@school.example>", subject="Help her", text=about)
    inner.add_attachment(picture(), maintype="image", subtype="png", filename="shot.png")
    outer = mail(text="Please see below")
    outer.add_attachment(inner)
    found = read(outer)
    assert found.text.startswith("Please see below\n")
    assert "> Project 2023-1-LV01-KA220-SCH-000000001" in found.text
    assert [part.name for part in found.parts] == ["Help her.eml", "shot.png"]


def test_the_files_of_a_winmail_dat_are_taken(read):
    def attribute(level: int, number: int, kind: int, value: bytes) -> bytes:
        return bytes([level]) + number.to_bytes(2, "little") + kind.to_bytes(2, "little") + (
            len(value).to_bytes(4, "little") + value + (sum(value) & 0xFFFF).to_bytes(2, "little")
        )

    name = "Ekrānšāviņš.png".encode("utf-16-le") + b"\0\0"
    padded = name + b"\0" * (-len(name) % 4)
    properties = (1).to_bytes(4, "little") + (0x1F).to_bytes(2, "little") + (0x3707).to_bytes(2, "little") + (
        (1).to_bytes(4, "little") + len(name).to_bytes(4, "little") + padded
    )
    content = (0x223E9F78).to_bytes(4, "little") + b"\1\0" + (
        attribute(2, 0x9002, 6, b"\1\0" * 7) + attribute(2, 0x8010, 1, b"EKRNSV~1.PNG\0")
        + attribute(2, 0x800F, 6, picture()) + attribute(2, 0x9005, 6, properties)
    )
    made = mail()
    made.add_attachment(content, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    assert [(part.name, part.size) for part in read(made).parts] == [("Ekrānšāviņš.png", len(picture()))]
    broken = mail()
    broken.add_attachment(content[:60], maintype="application", subtype="ms-tnef", filename="winmail.dat")
    assert [part.name for part in read(broken).parts] == ["winmail.dat"]


@pytest.mark.parametrize(("headers", "nature"), [
    ({}, Nature.PERSON),
    ({"Auto-Submitted": "no"}, Nature.PERSON),
    ({"Auto-Submitted": "auto-generated"}, Nature.AUTOMATIC),
    ({"Auto-Submitted": "auto-replied"}, Nature.AUTO_REPLY),
    ({"X-Autoreply": "yes"}, Nature.AUTO_REPLY),
    ({"Precedence": "auto_reply"}, Nature.AUTO_REPLY),
    ({"Precedence": "bulk"}, Nature.LIST),
    ({"List-Unsubscribe": "<https://list.example>"}, Nature.LIST),
    ({"Return-Path": "<>"}, Nature.AUTOMATIC),
])
def test_who_wrote_it_is_told_by_its_headers(read, headers, nature):
    assert read(mail(**headers)).nature is nature


@pytest.mark.parametrize("subject", ["Automatic reply: x", "Automātiskā atbilde: x", "Out of Office: x", "Prombūtne"])
def test_an_absence_note_without_headers_is_told_by_its_subject(read, subject):
    assert read(mail(subject=subject)).nature is Nature.AUTO_REPLY


def test_a_report_of_a_mail_server_is_read(read):
    bounce = read(report(of="<outbox.7.0123456789ab@agency.example>", recipient="Gone@School.example")).bounce
    assert bounce is not None
    assert (bounce.recipient, bounce.status, bounce.is_address) == ("gone@school.example", "5.1.1", True)
    assert bounce.words == "550 5.1.1 no such person here"
    assert bounce.original_ids == ("outbox.7.0123456789ab@agency.example",)
    late = read(report(of="<x@y>", recipient="a@b.example", status="4.4.1", action="delayed")).bounce
    assert late is not None
    assert not late.is_final


def test_a_note_that_a_mail_was_read_is_no_letter(read):
    body = "--b\nContent-Type: text/plain\n\nYour mail was read.\n--b--\n"
    head = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b"
    assert read(raw(head, body)).nature is Nature.AUTO_REPLY


def test_an_old_bounce_without_form_is_known_by_our_id_in_it(read):
    text = "Hi. This is the qmail-send program.\n<x@y.example>: 5.1.1\n\n"
    text += "Message-ID: <outbox.7.0123456789ab@agency.example>"
    found = read(mail(sender="MAILER-DAEMON@post.example", subject="failure notice", text=text))
    assert found.nature is Nature.BOUNCE
    assert found.bounce is not None
    assert found.bounce.original_ids == ("outbox.7.0123456789ab@agency.example",)


def test_a_hostile_mail_ends_with_what_its_head_says(tmp_path):
    deep = b"From: anna@school.example\nSubject: Deep\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(3_000)
    )
    path, folder = tmp_path / "mail", tmp_path / "files"
    folder.mkdir()
    path.write_bytes(deep)
    found = apart.parse(path, folder=folder)
    assert (found.sender, found.subject, found.fault) == ("anna@school.example", "Deep", "parser")


@pytest.mark.parametrize("content", [
    b"", b"\x00" * 1_000, b"From\n", b"Content-Type: multipart/mixed\n\nx", b"From: <<<>>>\nSubject: =?=?=\n\n",
    b"Content-Type: text/plain; charset*=utf-8''%ff\n\n\xff", b"From: a@b\nContent-Type: ;;;\n\nx",
    b"Message-ID: <[\nFrom: =?utf-8?B?////?= <a@b.example>\nContent-Transfer-Encoding: base64\n\n%%%%",
    b"From: a@b.example\nContent-Type: message/rfc822\n\n",
    b"From: a@b\nContent-Type: text/html\n\n" + b"<div>" * 5_000,
])
def test_nonsense_is_read_without_an_error(read, content):
    found = read(content)
    assert "\x00" not in found.text + found.subject + found.sender_name


def test_the_same_mail_has_one_digest_whatever_servers_wrote_above(read):
    one = mail(message_id="<a@b>").as_bytes()
    other = b"Received: from x by y\nDelivered-To: help2@agency.example\n" + one.replace(b"\n", b"\r\n")
    assert read(one).digest == read(other).digest
    assert read(one).digest != read(mail(message_id="<a@b>", text="Something else")).digest
