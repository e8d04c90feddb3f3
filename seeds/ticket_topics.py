"""What makers of boxes ask a desk for costing and quoting software, and what it answers.

Of one topic come several tickets, of other customers and with other numbers: `{n}`, `{flute}`,
`{style}` and `{quote}` are filled in.
"""

from dataclasses import dataclass

QUESTION, PROBLEM, ACCESS, BILLING, FEATURE = "question", "problem", "access", "billing", "feature"


@dataclass(frozen=True, slots=True)
class Topic:
    """`more` and `after` are what the customer writes in between, and what is answered then."""

    category: str
    subject: str
    body: str
    answer: str
    more: str = "Thank you, I will try that."
    after: str = "Good. Write again if anything is left."
    priority: str = "medium"
    tag: str = ""


TOPICS = (
    Topic(
        PROBLEM,
        "Wrong price for {flute} flute at {n} boxes",
        "Quote {quote} takes the price of the next smaller lot. We expected the one for {n}.",
        "The lot limits of your {flute} table began at one more than you meant. See Costing, Lots.",
        "That was it. Can the table be copied to our other board?",
        "Yes: open the table, then Copy. Both stand on their own from there.",
        tag="prices",
    ),
    Topic(
        PROBLEM,
        "PDF of {quote} shows the old address",
        "We moved in spring, but the quote still prints our old street.",
        "The address comes from the template. It is under Company; new quotes take it at once.",
        tag="pdf",
    ),
    Topic(
        QUESTION,
        "How is the knife length of style {style} found?",
        "Your number for {style} is {n} mm above what our die maker says.",
        "Glue flap and slots count with their radius. The sheet behind the style shows each part.",
        "I see it now. Our die maker leaves out the slots.",
        "Then set Slots to 0 for this style, and both agree.",
    ),
    Topic(
        ACCESS,
        "A colleague cannot sign in",
        "She gets no mail for her new password. We are {n} people and nobody else has this.",
        "Our mail was refused by your server: the mailbox was full. It went out again just now.",
        "It is here. Thank you!",
        priority="high",
    ),
    Topic(
        BILLING,
        "Invoice without our order number",
        "Our bookkeeping sends it back. The order number is PO-{n}.",
        "It is on the invoice now, and on the coming ones: Billing, Reference.",
        tag="invoice",
    ),
    Topic(
        BILLING,
        "Charged for {n} seats",
        "We are fewer. Two people left last month.",
        "They were still active. I deactivated both as you asked; the next invoice counts without.",
        tag="invoice",
    ),
    Topic(
        FEATURE,
        "Import of board prices from a spreadsheet",
        "Our mill sends {n} lines each month. Typing takes a day.",
        "Costing, Materials, Import takes it. Here is a sheet with the columns in order.",
        "Works, but the decimal comma is read as thousands.",
        "Choose the comma in step one; the preview shows what is read.",
    ),
    Topic(
        QUESTION,
        "Can a quote hold three board qualities?",
        "The buyer of {quote} wants to compare. Now I send three quotes.",
        "Use alternatives: one quote, a column each. It is part of Advanced Quotes.",
    ),
    Topic(
        PROBLEM,
        "Page stays white after saving {quote}",
        "Since yesterday, with {n} lines. Shorter quotes work.",
        "A line had neither quantity nor price. It is mended for you, and we say so from now on.",
        "Confirmed, it saves again.",
        priority="high",
        tag="quotes",
    ),
    Topic(
        PROBLEM,
        "Totals differ by a cent",
        "{quote} says one cent more than the sum of its lines.",
        "Lines are rounded, the total is not. Settings, Rounding can sum the rounded lines.",
        priority="low",
    ),
    Topic(
        FEATURE,
        "API: filter quotes by customer",
        "We read all quotes each night to find {n} of them.",
        "There is customer= since this month; with updated_after= you read only what changed.",
        "Down from an hour to a minute.",
        tag="api",
    ),
    Topic(
        ACCESS,
        "Who may see our margins?",
        "A new person in sales saw the margin of {quote}. They should not.",
        "Their role had Costing. I showed your admin how to take it away; they see prices alone.",
    ),
    Topic(
        ACCESS,
        "Quote Templates are grey for us",
        "Our neighbours at the fair had them. Do we need another plan?",
        "They are part of Professional. I can open them for 14 days, so that you can decide.",
        "Please do. We have a large tender next week.",
        "Done: open until two weeks from today. Good luck with it.",
    ),
    Topic(
        QUESTION,
        "Waste in die cutting, style {style}",
        "Which share do you take for {flute}? Ours is {n} %.",
        "None by itself: it is what stands at the machine. Costing, Machines, Waste.",
    ),
    Topic(
        PROBLEM,
        "Freight is added twice",
        "In {quote}, once by pallet and once by weight.",
        "Both rules were on for this customer. One is off now; past quotes stay as they were sent.",
        "Please tell us which quotes were wrong.",
        "These {n}: the list is attached to your account under Reports, Freight.",
        priority="high",
        tag="prices",
    ),
    Topic(
        QUESTION,
        "Inches and millimetres in one quote",
        "A customer overseas wants inches, our plant needs millimetres.",
        "Set inches at the customer: their PDF shows inches, the job ticket stays metric.",
    ),
    Topic(
        BILLING,
        "Monthly or yearly?",
        "What do we save if we pay for a year, and what of the {n} days that we paid already?",
        "Two months in twelve; what you paid is taken off the first yearly invoice.",
    ),
    Topic(
        FEATURE,
        "Own numbers for quotes",
        "We count by plant: A-{n}, B-{n}. Can you?",
        "Yes, by pattern: Settings, Numbers. The next number is shown before you save.",
        priority="low",
    ),
    Topic(
        PROBLEM,
        "Mail with {quote} did not arrive",
        "The customer looked into their spam as well.",
        "Their server asks senders to prove themselves. Your domain lacks one record: see below.",
        "Our provider added it. It arrives now.",
    ),
    Topic(
        QUESTION,
        "Strength of {flute} with recycled liner",
        "Does the estimate for stacking know recycled liners?",
        "It takes the edge crush value of the board. Enter the mill's value, and it counts.",
    ),
    Topic(
        PROBLEM,
        "Report of sales misses a week",
        "Week {n} is empty, but we sold.",
        "Those orders have a date of delivery only. The report can count by it: Columns, Date.",
        tag="reports",
    ),
    Topic(
        ACCESS,
        "Our accountant needs to read along",
        "Only reports, and only until the end of the year.",
        "A user with the role Reader does that. With an end date they cost no seat.",
    ),
    Topic(
        FEATURE,
        "Pallet patterns for small boxes",
        "For {style} there is room for one more layer.",
        "Height was limited to the truck's door. At Logistics, Limits you can set your own.",
    ),
    Topic(
        QUESTION,
        "Where do deleted parties go?",
        "I removed {n} by mistake.",
        "They rest for 30 days. Parties, Removed, tick them, Bring back.",
        priority="high",
    ),
    Topic(
        PROBLEM,
        "Slow since Monday",
        "Opening a quote takes {n} seconds. It used to be one.",
        "A job of ours ran at noon instead of at night. It is moved; please tell me how it is now.",
        "Much better.",
        priority="urgent",
        tag="speed",
    ),
    Topic(
        FEATURE,
        "Tubes and end caps",
        "We make both. Is there a style for them?",
        "As a style of your own, yes: a formula for each part. Here is one for tubes of {n} mm.",
        priority="low",
    ),
)
GOOD_WORDS = ("", "", "", "Quick and to the point.", "Solved in one go!", "Very friendly.")
FAIR_WORDS = ("", "It took a while.", "Two mails would have been enough.")
BAD_WORDS = ("I had to ask three times.", "We waited two days for an answer.")
NOTES = (
    "Looked at the account: nothing changed there this month. @milan.horvat",
    "Same as last month at another customer. Worth an article.",
    "Talked to engineering: known, mended with the next release.",
    "Their admin is away until Monday.",
)
