"""More of the demo: finished projects that fill the public catalogue, and submissions that wait in the queue."""

from backoffice.domain.results import ResultType
from backoffice.services.demo_stories import DemoResult, Stage, Story

COORDINATOR, NAME = "partner@demo.example", "Ieva Paraudziņa"


def _approved(
    number: int, action: str, title: str, summary: str, organisation: str, partner: tuple[str, str], *, year: int,
    ended: int, results: tuple[DemoResult, ...],
) -> Story:
    """Submitted three weeks after the end, approved a month later."""
    return Story(
        code=f"{year}-1-LV01-{action}-{number:09}", title=title, summary=summary, organisation=organisation,
        start=ended - 730, end=ended, stage=Stage.APPROVED, submitted=ended + 21, decided=ended + 50,
        handed_in=ended + 25, final_summary=summary, results=results, coordinator=COORDINATOR, partners=(partner,),
    )


def _waiting(
    number: int, action: str, title: str, summary: str, organisation: str, partner: tuple[str, str], *,
    submitted: int, responsible: str, results: tuple[DemoResult, ...],
) -> Story:
    """Ended two months ago and submitted so many days ago."""
    return Story(
        code=f"2023-1-LV01-{action}-{number:09}", title=title, summary=summary, organisation=organisation, start=-790,
        end=-62, stage=Stage.UNDER_REVIEW, submitted=submitted, handed_in=submitted - 1, final_summary=summary,
        results=results, coordinator=COORDINATOR, responsible=responsible, partners=(partner,),
    )


def _one(
    title: str, what: ResultType, description: str, *files: str, languages: tuple[str, ...] = ("en",)
) -> DemoResult:
    return DemoResult(title=title, type=what, description=description, languages=languages, files=files)


SHELF = (
    _approved(
        101, "KA220-ADU", "Valodu kafejnīca: Language Cafés for Adults",
        "Adults who moved to a new country practise its language at set tables with volunteers; the tables, the "
        "themes and the rules are described so that any library can begin next week.",
        "Valmieras integrētā bibliotēka", ("Folkuniversitetet Umeå", "SE"), year=2022, ended=-160,
        results=(
            _one("Forty evenings of talk", ResultType.HANDBOOK, "Themes, picture cards and rules for forty evenings "
                 "at a language table, with what to do when one person talks and the others do not.",
                 "facilitator-guide.pdf", languages=("en", "lv", "sv")),
            _one("Volunteer's first day", ResultType.CURRICULUM, "A half-day course for people who want to help at a "
                 "language table and have never taught: eight short exercises with notes.", "mentor-curriculum.docx"),
        ),
    ),
    _approved(
        102, "KA210-SCH", "Small School, Big Orchestra",
        "Three schools with fewer than ninety pupils each play together over the network and twice a year in one "
        "hall. What works, what it costs and which pieces survive a bad line is written down.",
        "Alsungas pamatskola", ("Saaremaa Muusikakool", "EE"), year=2022, ended=-210,
        results=(
            _one("Pieces that survive a bad line", ResultType.ELEARNING, "Eleven arrangements for small groups that "
                 "play over the network, with recordings of each part to practise with.", "field-recording.wav"),
        ),
    ),
    _approved(
        103, "KA220-VET", "Zaļais galdnieks: Repair before Replace in Joinery Training",
        "Apprentices in joinery learn to repair windows and furniture of the last century instead of replacing "
        "them, with a catalogue of joints and an exam that employers helped to write.",
        "Kuldīgas Tehnoloģiju tehnikums", ("Stadin ammattiopisto", "FI"), year=2021, ended=-420,
        results=(
            _one("Catalogue of joints", ResultType.HANDBOOK, "Sixty joints found in windows and furniture between "
                 "1890 and 1960, drawn and photographed, with the repair that each of them allows.",
                 "maritime-pattern-book.pdf", languages=("en", "lv", "fi")),
            _one("Exam of repair", ResultType.CURRICULUM, "Tasks, time and marks of a practical exam in the repair of "
                 "wooden windows, as tried with four classes and changed after each.", "teaching-cases.docx"),
        ),
    ),
    _approved(
        104, "KA220-HED", "Numbers that Nurses Trust",
        "Nursing students meet statistics through the charts of their own ward. Cases, data and a report on what "
        "helped are free for other schools of nursing.",
        "Daugavpils Medicīnas koledža", ("Tartu Tervishoiu Kõrgkool", "EE"), year=2022, ended=-260,
        results=(
            _one("Ward data for teaching", ResultType.STATISTICAL, "Made-up yet realistic figures of a ward over one "
                 "year, with exercises from counting to a chart with limits.", "exercise-data.csv",
                 "exercise-set.xlsx"),
            _one("What helped", ResultType.SCIENTIFIC, "Results of a test before and after the course in three "
                 "schools of nursing, with the questionnaire and what we would do otherwise.",
                 "statistical-report.pdf"),
        ),
    ),
    _approved(
        105, "KA220-SCH", "Kas dzīvo pagalmā: Wildlife of the School Yard",
        "Pupils map plants, birds and insects of their school yard over two years and report what changed after a "
        "corner was left unmown.",
        "Saldus pamatskola", ("Naturschule Freiburg", "DE"), year=2021, ended=-500,
        results=(
            _one("Yard diary", ResultType.CURRICULUM, "Tables and tasks for two school years of observation, by "
                 "season, for pupils from eight to twelve.", "weather-diary.ods", languages=("en", "lv", "de")),
            _one("Pictures from eleven yards", ResultType.PHOTO, "Photographs of the same corner in each season, free "
                 "for lessons and posters.", "bog-in-autumn.jpg"),
        ),
    ),
    _approved(
        106, "KA220-YOU", "Night Bus: Youth Work Where Nothing Runs",
        "A bus with a kitchen and four instruments visits villages without a youth centre. The project tells how to "
        "equip it, whom to ask and what to do on the first evening.",
        "Jaunatnes centrs „Kāpa” (paraugs)", ("Nuorisokeskus Anjala", "FI"), year=2022, ended=-180,
        results=(
            _one("How to run a youth bus", ResultType.HANDBOOK, "Costs, permissions, equipment and twelve evenings, "
                 "with the mistakes of two winters.", "youth-exchange-toolkit.pdf"),
            _one("A film of one evening", ResultType.VIDEO, "A short film without words that shows an evening from "
                 "the arrival of the bus to the last song.", "deciding-together.mp4"),
        ),
    ),
    _approved(
        107, "KA210-ADU", "Reading Aloud in Care Homes",
        "Volunteers read to residents of care homes and learn to choose texts, to pause and to listen to what comes "
        "back.",
        "Madonas novada fonds (paraugs)", ("Kauno biblioteka", "LT"), year=2023, ended=-95,
        results=(
            _one("Texts to read aloud", ResultType.ELEARNING, "Thirty short texts in three languages with notes on "
                 "length, tone and the questions that start a talk.", "interview-guide.txt",
                 languages=("en", "lv", "lt")),
        ),
    ),
    _approved(
        108, "KA220-VET", "Ūdens amati: Water Trades for Young Technicians",
        "Training for technicians who keep small waterworks running: pumps, samples, figures and the words to "
        "explain a bill.",
        "Jelgavas tehnikums", ("Aarhus Tech", "DK"), year=2022, ended=-140,
        results=(
            _one("Six lessons at the pump", ResultType.CURRICULUM, "Lesson plans for six practical days with safety "
                 "rules, tasks and answers.", "lesson-plans.zip"),
            _one("Slides for the first day", ResultType.PRESENTATION, "Slides with notes for the teacher, in two "
                 "formats.", "workshop-slides.pptx", "workshop-slides.odp"),
        ),
    ),
    _waiting(
        121, "KA220-SCH", "Šūnu skola: Bees as Teachers of Mathematics",
        "Pupils keep hives, weigh them and learn functions, samples and doubt from the figures.",
        "Ogres 1. vidusskola (paraugs)", ("Panevėžio gimnazija", "LT"), submitted=-17,
        responsible="specialist@demo.example",
        results=(
            _one("Hive figures of two summers", ResultType.STATISTICAL, "Weights and temperatures of six hives with "
                 "tasks from averages to a model of the swarm.", "survey-data.xls"),
            _one("Twelve lessons", ResultType.CURRICULUM, "Twelve lessons in mathematics with the hive as the "
                 "example, each with a sheet for pupils and answers.", "teaching-cases.pdf"),
        ),
    ),
    _waiting(
        122, "KA220-ADU", "Vectēva telefons: Digital Help by Neighbours",
        "Neighbours help older people with their telephones at the kitchen table; the project trains the helpers.",
        "Pieaugušo skola „Tilts” (paraugs)", ("Seniorinet Oulu", "FI"), submitted=-11,
        responsible="specialist@demo.example",
        results=(
            _one("Helper's guide", ResultType.HANDBOOK, "How to help without taking the telephone out of the hand: "
                 "twenty situations, what to say and what to leave alone.", "facilitator-guide.epub"),
        ),
    ),
    _waiting(
        123, "KA210-VET", "Maizes ceļš: Rye from Field to Oven",
        "Young bakers follow one grain of rye from the field to the oven and write down what each hand did.",
        "Smiltenes tehnikums (paraugs)", ("Võrumaa Kutsehariduskeskus", "EE"), submitted=-3,
        responsible="specialist2@demo.example",
        results=(
            _one("From field to oven", ResultType.HANDBOOK, "Recipes, temperatures and the words of bakers in Latvian "
                 "and Estonian, for a school bakery with one oven.", "facilitator-guide.pdf",
                 languages=("en", "lv", "et")),
            _one("Voices of bakers", ResultType.PHOTO, "Photographs of hands and ovens that may be used in lessons.",
                 "class-at-work.webp"),
        ),
    ),
    _waiting(
        124, "KA220-HED", "Ledus un dati: Open Data of Frozen Lakes",
        "Universities around the Baltic put a hundred years of ice figures into one open table and teach with it.",
        "Vidzemes Augstskola (paraugs)", ("Uppsala universitet", "SE"), submitted=-1, responsible="",
        results=(
            _one("Table of ice", ResultType.STATISTICAL, "First and last day of ice on forty lakes since 1920, with "
                 "sources and the doubt about each figure.", "exercise-data.csv"),
        ),
    ),
)
