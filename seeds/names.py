"""Names of people that nobody has in particular, and how they look in an address."""

from unicodedata import normalize

FIRST_NAMES = (
    "Aino",
    "Bilal",
    "Carmen",
    "Dmitri",
    "Eleni",
    "Farah",
    "Goran",
    "Hana",
    "Ivo",
    "Jolanda",
    "Kofi",
    "Lotte",
    "Mateus",
    "Nadia",
    "Oskar",
    "Paloma",
    "Quentin",
    "Rosa",
    "Siddharth",
    "Tamar",
    "Uwe",
    "Vera",
    "Wen",
    "Ximena",
    "Yusuf",
    "Zoë",
)
LAST_NAMES = (
    "Anderssen",
    "Bianchi",
    "Cheung",
    "Dupuis",
    "Eriksson",
    "Ferrari",
    "Grabowski",
    "Holm",
    "Iyer",
    "Janssen",
    "Kovač",
    "Laurent",
    "Moreau",
    "Nakamura",
    "Okoye",
    "Pereira",
    "Rossi",
    "Silva",
    "Tremblay",
    "Vance",
    "Whitlock",
    "Zieliński",
)


def plain(text: str) -> str:
    """Lower case without accents, fit for an address."""
    letters = normalize("NFKD", text.casefold().replace("ı", "i").replace("ł", "l"))
    return "".join(letter for letter in letters if letter.isascii() and letter not in "'’")
