from tests.web.review.pages import Desk


def test_specialist_reads_everything_on_one_page(desk: Desk) -> None:
    page = desk.get()
    print(page.select_one("main").get_text(" ", strip=True))


def test_all_confirm(desk: Desk) -> None:
    desk.claim()
    desk.accept_all()
    for act in ("approve", "return", "unlock"):
        print(desk.get(act).select_one("main").get_text(" ", strip=True))
    a = desk.client.get("/admin/review/")
    print(a.get_data(as_text=True)[-6000:])
