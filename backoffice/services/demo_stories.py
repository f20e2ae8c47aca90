"""What the demo shows (CONTRACT, Demo): agencies, people, and a project in each state. Days count from the day of
loading, else the demo ages."""

from dataclasses import dataclass
from enum import StrEnum

from backoffice.domain.permissions import StaffRole
from backoffice.domain.results import ResultType


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAgency:
    code: str
    name: str
    name_lv: str
    time_zone: str
    language: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    email: str
    name: str
    role: StaffRole | None = None
    agency: str = ""
    phone: str = ""


class Stage(StrEnum):
    """How far the story of a project goes."""

    OPEN = "open"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    APPROVED = "approved"
    UNLOCKED = "unlocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    title: str
    description: str
    type: ResultType
    languages: tuple[str, ...]
    files: tuple[str, ...]  # under demo/files/
    do_not_publish_reason: str = ""
    comment: str = ""  # what the agency asks for, where the story is returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    code: str
    title: str
    summary: str
    organisation: str
    start: int  # days from today
    end: int
    stage: Stage = Stage.OPEN
    results: tuple[DemoResult, ...] = ()
    final_summary: str = ""
    website: str = ""
    logo: str = ""
    country: str = "LV"
    partners: tuple[tuple[str, str], ...] = ()  # name, country
    coordinator: str = "coordinator@demo.example"
    responsible: str = "specialist@demo.example"
    also: str = ""  # to whom the coordinator gives access as well
    submitted: int = 0  # days from today
    decided: int = 0
    unlocked: int = 0
    terminated: int = 0
    handed_in: int = 0


AGENCIES = (
    DemoAgency(code="LV01", name="National Agency (demo)", name_lv="Nacionālā aģentūra (paraugs)",
               time_zone="Europe/Riga", language="lv", domain="agency.demo.example"),
    DemoAgency(code="LV02", name="Youth programme agency (demo)", name_lv="Jaunatnes programmu aģentūra (paraugs)",
               time_zone="Europe/Riga", language="lv", domain="youth.demo.example"),
    DemoAgency(code="LI01", name="Agency for International Education Affairs (demo)",
               name_lv="Starptautiskās izglītības aģentūra (paraugs)", time_zone="Europe/Vaduz", language="en",
               domain="agency.other.example"),
)

ACCOUNTS = (
    Account(email="coordinator@demo.example", name="Anna Ozola"),
    Account(email="second@demo.example", name="Jānis Kalniņš"),
    Account(email="both@demo.example", name="Līga Bērziņa", role=StaffRole.SPECIALIST, agency="LV01",
            phone="+371 6700 0003"),
    Account(email="specialist@demo.example", name="Māris Zariņš", role=StaffRole.SPECIALIST, agency="LV01",
            phone="+371 6700 0001"),
    Account(email="specialist2@demo.example", name="Elīna Krūmiņa", role=StaffRole.SPECIALIST, agency="LV01",
            phone="+371 6700 0002"),
    Account(email="helpdesk@demo.example", name="Kārlis Sīlis", role=StaffRole.HELPDESK, agency="LV01",
            phone="+371 6700 0010"),
    Account(email="admin@demo.example", name="Anna Paraudziņa", role=StaffRole.AGENCY_ADMIN, agency="LV01",
            phone="+371 6700 0020"),
    Account(email="platform@demo.example", name="Zane Liepa", role=StaffRole.PLATFORM_ADMIN),
    Account(email="specialist@other.example", name="Nora Frick", role=StaffRole.SPECIALIST, agency="LI01",
            phone="+423 230 0001"),
    Account(email="coordinator@other.example", name="Luis Marxer"),
)

STORIES = (
    Story(
        code="2023-1-LV01-KA220-SCH-000000001", title="Mežs kā klase: Outdoor Lessons in All Weather",
        summary="Schools in three countries move one lesson a week into the forest and write down what works: which "
                "lessons, which clothes, which rules, and what parents say about it.",
        organisation="Siguldas Meža skola", start=-300, end=400, logo="logo-forest.png",
        partners=(("Tartu Loodusmaja", "EE"), ("Skogskolan Umeå", "SE")),
        results=(
            DemoResult(
                title="Forest classroom handbook", type=ResultType.HANDBOOK, languages=("en", "lv"),
                description="A handbook for class teachers: twelve outdoor lessons of ninety minutes each, with what "
                            "to bring, what to ask and what pupils take home.",
                files=("forest-classroom-handbook.pdf", "forest-classroom-handbook.odt"),
            ),
            DemoResult(
                title="Weather diary", type=ResultType.CURRICULUM, languages=("en",),
                description="A table for a school year in which pupils note temperature and rain, with the formulas "
                            "that turn their own figures into diagrams.",
                files=("weather-diary.xlsx", "weather-diary.ods"),
            ),
        ),
    ),
    Story(
        code="2023-1-LV01-KA220-SCH-000000002", title="OpenBog: Open Teaching Cases on Peatland Restoration",
        summary="Teachers, foresters and hydrologists write cases from real bogs, so that pupils can decide for "
                "themselves which ditch to close first.",
        organisation="Ķemeru dabas skola", start=-740, end=-10, also="second@demo.example",
        website="https://openbog.example.org", partners=(("Universität Greifswald", "DE"),),
        final_summary="Twelve teaching cases were written, tried in nineteen classes and revised. Field recordings "
                      "and photographs can be used freely in lessons.",
        results=(
            DemoResult(
                title="Twelve teaching cases", type=ResultType.ELEARNING, languages=("en", "lv", "de"),
                description="Twelve cases from bogs in Latvia and Germany. Each tells what happened, who decided and "
                            "what it cost, and stops before the end, so that the class can discuss.",
                files=("teaching-cases.docx", "teaching-cases.pdf"),
            ),
            DemoResult(
                title="Sounds and pictures of a bog", type=ResultType.PHOTO, languages=("en",),
                description="A recording of a bog at dawn and a photograph of the same place in autumn, to begin a "
                            "lesson with; both may be used and changed freely.",
                files=("field-recording.wav", "bog-in-autumn.jpg"),
            ),
        ),
    ),
    Story(
        code="2023-1-LV01-KA220-SCH-000000003", title="Lauku bibliotēka kā darbnīca: The Rural Library as a Workshop",
        summary="Village libraries lend tools and evenings instead of books alone. The project gathers what six of "
                "them learned.",
        organisation="Rēzeknes novada bibliotēka", start=-790, end=-60, stage=Stage.UNDER_REVIEW, submitted=-6,
        also="both@demo.example", responsible="specialist2@demo.example", handed_in=-7,
        partners=(("Panevėžio biblioteka", "LT"),),
        final_summary="Six libraries held forty-one evenings. A guide and slides let any library with one room begin.",
        results=(
            DemoResult(
                title="Facilitator's guide", type=ResultType.HANDBOOK, languages=("en", "lt"),
                description="How to prepare an evening in a library with one room: six plans with what to borrow, "
                            "whom to ask and what to do when nobody comes.",
                files=("facilitator-guide.pdf", "facilitator-guide.epub"),
            ),
            DemoResult(
                title="Workshop slides", type=ResultType.PRESENTATION, languages=("en",),
                description="Slides for the first evening, in two formats, with notes for the person who shows them "
                            "and blank ones for the pictures of your own village.",
                files=("workshop-slides.pptx", "workshop-slides.odp"),
            ),
        ),
    ),
    Story(
        code="2023-1-LV01-KA220-SCH-000000004", title="Skolēnu pašpārvalde laukos: Peer Mentoring and Shared Decisions",
        summary="Pupils of small schools mentor each other and decide together about a part of the school's budget.",
        organisation="Cēsu pamatskola", start=-800, end=-70, stage=Stage.RETURNED, submitted=-20, decided=-4,
        website="https://mentoring.example.org", handed_in=-18, partners=(("Pärnu Kool", "EE"),),
        final_summary="Mentors met two hundred times. What they decided about was carried out in every school.",
        results=(
            DemoResult(
                title="Mentor curriculum", type=ResultType.CURRICULUM, languages=("en", "et"),
                description="Eight meetings in which older pupils learn to listen, to ask and to decide together "
                            "with younger ones, each with a page for the mentor.",
                files=("mentor-curriculum.docx",),
                comment="Please say in the description for which age the eight meetings are meant.",
            ),
            DemoResult(
                title="Deciding together: a short film", type=ResultType.VIDEO, languages=("en",),
                description="A film without words, made by pupils: how a class moved its money from a trip to a "
                            "library corner, and how everybody came round to it.",
                files=("deciding-together.mp4",),
            ),
        ),
    ),
    Story(
        code="2023-1-LV01-KA220-SCH-000000005", title="Drošās ostas: Maritime Crafts for School Workshops",
        summary="Old hands of three harbours teach knots, nets and boat repair in school workshops.",
        organisation="Liepājas Jūrniecības vidusskola", start=-900, end=-120, stage=Stage.APPROVED, submitted=-50,
        decided=-30, website="https://harbours.example.org", logo="logo-harbours.png", handed_in=-55,
        partners=(("Klaipėdos laivadirbių mokykla", "LT"), ("Pärnu Merekool", "EE")),
        final_summary="A pattern book, tried in eleven school workshops, passes on knots, nets and repairs that were "
                      "known to few. Interviews with those who taught us are kept for research.",
        results=(
            DemoResult(
                title="Pattern book of maritime crafts", type=ResultType.HANDBOOK, languages=("en", "lv", "lt"),
                description="Knots, nets and small repairs, drawn step by step for a school workshop, with the "
                            "names that they have in Latvian, Lithuanian and Estonian.",
                files=("maritime-pattern-book.pdf", "three-knots.png"),
            ),
            DemoResult(
                title="Interviews with craftspeople", type=ResultType.SCIENTIFIC, languages=("lv",),
                description="An excerpt from the interviews with nine craftspeople, and the guide by which they were "
                            "asked, for those who want to ask in their own harbour.",
                files=("interview-excerpt.mp3", "interview-guide.txt"),
                do_not_publish_reason="The people interviewed agreed to research only, not to publication.",
            ),
        ),
    ),
    Story(
        code="2023-1-LV01-KA220-SCH-000000006", title="Dati manā klasē: Data Literacy for Vocational Teachers",
        summary="Vocational teachers learn to read, to doubt and to draw figures from their own classes.",
        organisation="Rīgas Tehniskā koledža", start=-1000, end=-200, stage=Stage.UNLOCKED, submitted=-120, decided=-90,
        unlocked=-3, responsible="specialist2@demo.example", handed_in=-150,
        partners=(("Turku Ammatti-instituutti", "FI"),),
        final_summary="Four hundred and twelve teachers took part; exercises and the report on what helped are free.",
        results=(
            DemoResult(
                title="Exercise set with data", type=ResultType.ELEARNING, languages=("en", "fi"),
                description="Ten exercises with the figures of a real class, first by hand and then in a "
                            "spreadsheet, with answers and the mistakes that most people make.",
                files=("exercise-set.xlsx", "exercise-data.csv"),
            ),
            DemoResult(
                title="What helped: a statistical report", type=ResultType.STATISTICAL, languages=("en",),
                description="What teachers could do before and after, in two rounds and four countries, and which "
                            "part of the course made the difference.",
                files=("statistical-report.pdf",),
            ),
        ),
    ),
    Story(
        code="2023-1-LV01-KA122-VET-000000007", title="Darbnīcu prakse: Work Practice for Joiners",
        summary="Twelve apprentices work for three weeks in joineries in Finland and Germany.",
        organisation="Jūrmalas Profesionālā vidusskola", start=-400, end=-20,
    ),
    Story(
        code="2022-1-LV01-KA220-ADU-000000008", title="Robots in the Village School",
        summary="Adults and children build robots together in the evenings. The project was ended early, when a "
                "partner closed.",
        organisation="Ķekavas Pieaugušo izglītības centrs", start=-600, end=130, terminated=-15,
        results=(
            DemoResult(
                title="Lesson plans for six evenings", type=ResultType.CURRICULUM, languages=("en",),
                description="Six evenings in which adults and children build a robot from a kit, change one thing, "
                            "and find out together why it does something else now.",
                files=("lesson-plans.zip",),
            ),
            DemoResult(
                title="Pictures of a class at work", type=ResultType.PHOTO, languages=("en",),
                description="A photograph of an evening and a moving drawing of the robot's arm, for the posters "
                            "with which others invite to such evenings.",
                files=("class-at-work.webp", "robot-arm.gif"),
            ),
        ),
    ),
    Story(
        code="2023-1-LI01-KA220-YOU-000000009", title="Alpine Youth Exchange Toolkit", country="LI",
        summary="Youth workers from four Alpine countries gather games and rules for exchanges without a common "
                "language.",
        organisation="Verein Offene Jugendarbeit Schaan", start=-700, end=-40, stage=Stage.UNDER_REVIEW, submitted=-2,
        coordinator="coordinator@other.example", responsible="specialist@other.example", handed_in=-3,
        partners=(("Jugendzentrum Chur", "CH"), ("Giovani Trento", "IT")),
        final_summary="A toolkit of thirty games, tried in nine exchanges, with the figures of who stayed in touch.",
        results=(
            DemoResult(
                title="Youth exchange toolkit", type=ResultType.HANDBOOK, languages=("en", "de", "it"),
                description="Thirty games and rules for exchanges of young people who share no language, with what "
                            "to do on the first evening and in the year after.",
                files=("youth-exchange-toolkit.pdf",),
            ),
            DemoResult(
                title="Who stayed in touch", type=ResultType.STATISTICAL, languages=("en",),
                description="Answers of seven groups before their exchange and a year after it, as a table that "
                            "others can compare with their own groups.",
                files=("survey-data.xls",),
            ),
        ),
    ),
)
