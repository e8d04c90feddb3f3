"""Stories of the demo company's desk: who asked what, how long ago, and what was done about it.

A step is `(hours after the opening, who, what, words)`. What is done is one of the words below,
the status with which an answer is sent, or what the customer thought of the solution. To snooze
has days as its words, to grant a feature. Without steps a ticket waits for its first answer.
"""

from dataclasses import dataclass

WRITES, NOTE, TAKEN, SNOOZES, GRANTS = "writes", "note", "taken", "snoozes", "grants"
OPEN, PENDING, ON_HOLD, SOLVED = "open", "pending", "on_hold", "solved"
GOOD, FAIR, BAD = "good", "fair", "bad"
MAKES_GOOD, ASKS, APPROVES, REJECTS = "makes good", "asks", "approves", "rejects"
PRIYA, BEN, CHIARA, DANIEL, ESRA, HIROSHI, MILAN = (
    "priya.nair",
    "ben.carter",
    "chiara.romano",
    "daniel.novak",
    "esra.yilmaz",
    "hiroshi.tanaka",
    "milan.horvat",
)
Step = tuple[float, str, str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket. `person` counts the tenant's people from 0."""

    hours_ago: float
    tenant: str
    person: int
    subject: str
    body: str
    category: str = "question"
    priority: str = "medium"
    channel: str = "web"
    tags: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


STORIES = (
    Story(
        1.2,
        "cascadia-box-works",
        3,
        "Quotes time out since this morning",
        "Every quote with more than 40 lines ends in a white page. Three of us see it.",
        category="problem",
        priority="urgent",
        channel="api",
        tags=("quotes",),
    ),
    Story(
        3.5,
        "lomond-board",
        2,
        "Why can I not open Custom Reports?",
        "My colleague shows me her report, but the menu entry is grey for me.",
        category="access",
    ),
    Story(
        26,
        "estuary-packaging",
        0,
        "Template with our letterhead",
        "Is there a way to print quotes on our own letterhead?",
        steps=(
            (1.5, PRIYA, TAKEN, ""),
            (
                2,
                PRIYA,
                PENDING,
                "Yes, by quote templates. Would you like to try them for two weeks?",
            ),
            (20, "", WRITES, "That would be great, thank you!"),
        ),
    ),
    Story(
        30,
        "oakline-containers",
        5,
        "Flute prices are a month old",
        "The board prices in the estimator are those of last month. Please load the new list.",
        category="problem",
        priority="high",
        channel="api",
        tags=("prices",),
        steps=(
            (0.4, BEN, TAKEN, ""),
            (0.5, BEN, NOTE, "The import stopped at row 812: a price with a comma. @priya.nair"),
            (0.8, BEN, OPEN, "Thank you for telling us. The import stopped; we are on it."),
            (5, "", WRITES, "Any news? Our sales people quote with the old prices."),
        ),
    ),
    Story(
        5.5,
        "bergamo-espositori",
        1,
        "Can a display have two colours of board?",
        "White outside and brown for the shelves. The estimator asks for one board only.",
        category="feature",
        channel="email",
        steps=((0.6, PRIYA, TAKEN, ""),),
    ),
    Story(
        29,
        "glacier-insulated",
        2,
        "Price of insulation per square metre",
        "Our supplier changed it on the first. Where do we enter it for all styles at once?",
        steps=(
            (1, PRIYA, TAKEN, ""),
            (1.5, PRIYA, PENDING, "At Costing, Materials, Insulation: one place for all styles."),
            (4, "", WRITES, "It asks for a date of validity. Does it change quotes we sent?"),
        ),
    ),
    Story(
        54,
        "emu-paperboard",
        0,
        "Try the link to our scales",
        "The pallet scale can send weights. May we try the API before we decide?",
        category="access",
        channel="api",
        tags=("api",),
        steps=(
            (1, PRIYA, TAKEN, ""),
            (1.2, PRIYA, GRANTS, "dedicated_support"),
            (1.4, PRIYA, PENDING, "Somebody of ours helps you with it for two weeks: just write."),
        ),
    ),
    Story(
        72,
        "coldwater-mailers",
        1,
        "Export for our tax adviser",
        "He comes on Friday in two weeks and wants all invoices as one file.",
        category="billing",
        priority="low",
        steps=(
            (2, PRIYA, TAKEN, ""),
            (2.5, PRIYA, OPEN, "It will be ready by then. I come back to you."),
            (3, PRIYA, SNOOZES, "9"),
        ),
    ),
    Story(
        96,
        "dune-karton",
        0,
        "Our bank rejects the direct debit",
        "They say the mandate has no date.",
        category="billing",
        steps=(
            (2, CHIARA, TAKEN, ""),
            (3, CHIARA, NOTE, "Felix asks the bank. @milan.horvat for your information."),
            (3.2, CHIARA, ON_HOLD, "We have asked the bank and tell you what they say."),
        ),
    ),
    Story(
        50,
        "iris-emballage",
        2,
        "Facture en double",
        "Nous avons reçu deux factures pour le mois dernier. Pouvez-vous vérifier ?",
        category="billing",
        tags=("invoice", "french"),
        steps=(
            (3, CHIARA, TAKEN, ""),
            (3.2, CHIARA, PENDING, "Bonjour, pouvez-vous nous envoyer les deux numéros ?"),
        ),
    ),
    Story(
        75,
        "maple-fold",
        1,
        "We would like to leave at the end of the month",
        "Box volume is down. How do we take our data with us?",
        category="billing",
        priority="high",
        tags=("churn",),
        steps=(
            (0.3, PRIYA, TAKEN, ""),
            (0.5, PRIYA, NOTE, "Plan ends in 24 days. @milan.horvat: shall we offer a quarter?"),
            (0.9, PRIYA, PENDING, "We are sorry to hear that. An export of everything is ready."),
            (26, "", WRITES, "Thank you. Is there a cheaper plan we could stay on?"),
            (28, MILAN, PENDING, "Basic may fit: it has all that you used this year."),
        ),
    ),
    Story(
        100,
        "delta-wellpappe",
        4,
        "Second factor on a new phone",
        "I have a new phone, and the old one is wiped. How do I get in again?",
        category="access",
        steps=(
            (0.5, DANIEL, TAKEN, ""),
            (0.6, DANIEL, SOLVED, "Use one of your backup codes, then set it up anew."),
        ),
    ),
    Story(
        130,
        "golden-mile-boxes",
        0,
        "How do we import our die library?",
        "We have 1,400 dies in a spreadsheet: number, size, ups, knife length.",
        category="feature",
        channel="phone",
        steps=(
            (2, PRIYA, TAKEN, ""),
            (4, PRIYA, PENDING, "Send us the sheet; we map its columns for you."),
            (30, "", WRITES, "It is on its way."),
            (33, PRIYA, SOLVED, "All 1,400 are in. Three had no size: see the list you got."),
        ),
    ),
    Story(
        170,
        "kaveri-corrugated",
        2,
        "Waste factor for five-ply",
        "Which waste factor do you use for five-ply? Our estimate is 4 % too low.",
        steps=(
            (5, BEN, TAKEN, ""),
            (6, BEN, SOLVED, "It is a setting of yours: Costing, Materials, Waste."),
            (20, "", WRITES, "Found it. But it counts twice for die-cut boxes, I think."),
            (24, BEN, NOTE, "True: trim waste is added before and after the nesting."),
            (27, BEN, OPEN, "You are right. We are correcting it this week."),
        ),
    ),
    Story(
        220,
        "rhone-cartonnage",
        0,
        "Two users more",
        "We hired two people. What do two more seats cost?",
        category="billing",
        steps=(
            (1, CHIARA, TAKEN, ""),
            (1.1, CHIARA, SOLVED, "Your plan has room for them already: just add them."),
        ),
    ),
    Story(
        300,
        "quayside-cases",
        0,
        "Rounding of pallets",
        "A quote of 1,001 boxes says 3 pallets, but 2 hold 1,008.",
        category="problem",
        steps=(
            (8, DANIEL, TAKEN, ""),
            (9, DANIEL, OPEN, "Thank you, we can see it. A fix comes on Thursday."),
            (70, DANIEL, SOLVED, "It is mended: 1,001 boxes are 2 pallets."),
            (80, "", GOOD, "Counted right ever since."),
        ),
    ),
    Story(
        430,
        "veld-packaging",
        1,
        "Link to our ERP",
        "Where is the description of your API?",
        category="feature",
        channel="api",
        steps=(
            (2, PRIYA, TAKEN, ""),
            (3, PRIYA, SOLVED, "At /api/openapi.json, and your access is open until spring."),
        ),
    ),
)
