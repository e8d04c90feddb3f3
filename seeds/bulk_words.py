"""What tickets by the hundred thousand are about: plain sentences, some words rare, some not."""

from random import Random

from portal.support.words import Category

THINGS = (
    *("quote", "estimate", "die", "pallet", "flute", "liner", "board", "sleeve", "tray", "crate"),
    *("template", "letterhead", "report", "export", "invoice", "seat", "plan", "price list"),
    *("waste factor", "cutting plan", "stacking height", "print plate", "ink", "glue flap"),
    *("delivery note", "supplier", "currency", "VAT number", "unit", "rounding", "archive"),
)
PLACES = (
    *("Costing", "Materials", "Quotes", "Orders", "Reports", "Settings", "Customers", "Archive"),
    *("the estimator", "the mobile app", "the API", "the price import", "the second factor"),
)
SUBJECTS = {
    Category.QUESTION: ("How do we set up the {thing}?", "A question about the {thing}"),
    Category.PROBLEM: ("The {thing} is wrong", "{place} shows error E-{code}", "No {thing} today"),
    Category.ACCESS: ("I cannot open {place}", "A colleague needs the {thing}"),
    Category.BILLING: ("The invoice of last month", "What does one more {thing} cost?"),
    Category.FEATURE: ("A wish for {place}", "Could the {thing} be copied?"),
    Category.OTHER: ("About our {thing}", "Something else"),
}
ASKED = (
    "Since this morning the {thing} in {place} does not look right.",
    "We see error E-{code} whenever somebody opens {place}.",
    "Our {thing} of order {number} counts twice, and the total is off by {code} units.",
    "Three of us tried, on different machines, with the same result.",
    "Could you have a look at quote {number}, please?",
    "My colleague can do it, but the menu entry is grey for me.",
    "It worked last week, before we changed the {thing}.",
    "We need it by Friday, as a customer waits for the {thing}.",
    "I attach nothing, as the page says it all: E-{code}.",
    "Thank you, that helped. One thing is left: the {thing}.",
    "Is there a way to set the {thing} for all quotes at once?",
    "The numbers in {place} and those of the {thing} differ.",
)
ANSWERED = (
    "Thank you for telling us. We can see it in {place} and are on it.",
    "It is a setting of yours: open {place}, then choose the {thing}.",
    "We have corrected the {thing} of order {number}. Would you try again?",
    "Error E-{code} means that the {thing} has no unit. Give it one and save.",
    "A fix comes on Thursday. Until then, use the {thing} of the archive.",
    "Could you send us the number of the {thing}?",
    "It is mended: quote {number} adds up again.",
    "Your plan has room for it already. Just add the {thing}.",
)
NOTED = (
    "The import stopped at row {code}: a {thing} with a comma.",
    "Same as order {number}. Ask the people of {place}.",
    "They called, too. The {thing} matters most to them.",
)
TAGS = (
    *("quotes", "prices", "import", "export", "invoice", "login", "api", "mobile", "print"),
    *("vip", "churn", "training", "french", "german", "slow", "bug", "wish", "seats"),
)


def subject(category: Category, dice: Random) -> str:
    return _filled(dice.choice(SUBJECTS[category]), dice)


def text(sentences: tuple[str, ...], dice: Random) -> str:
    """One to four sentences, in one or two paragraphs."""
    count = 1 + int(dice.random() * dice.random() * 5)
    found = [_filled(dice.choice(sentences), dice) for _ in range(count)]
    return found[0] if count < 2 else f"{found[0]}\n\n{' '.join(found[1:])}"


def tags(dice: Random) -> list[str]:
    """Of a ticket: mostly none or one, the first of the list more often than the last."""
    count = (0, 0, 0, 1, 1, 2, 3)[int(dice.random() * 7)]
    found = [TAGS[int(dice.random() ** 2 * len(TAGS))] for _ in range(count)]
    return list(dict.fromkeys(found))


def _filled(sentence: str, dice: Random) -> str:
    return sentence.format(
        thing=THINGS[int(dice.random() ** 1.5 * len(THINGS))],
        place=PLACES[int(dice.random() * len(PLACES))],
        code=int(dice.random() * 990) + 10,
        number=int(dice.random() * 900_000) + 100_000,
    )
