"""What a schema does not say of a request: rules across members, and texts with a form of their own.

Whatever fits the schema must be taken, but for these. The check stands in for schemathesis' own
`positive_data_acceptance`, which knows no exceptions.
"""

import json
import re

import schemathesis

# Unknown or used ids and tokens, states that do not allow it, an Idempotency-Key that another request had (422),
# and what has not changed (304).
NO_MATTER_OF_FORM = {304, 401, 403, 404, 409, 422, 429}

RULES = [
    re.compile(rule)
    for rule in (
        # One of several members is needed.
        r"names nothing to change",
        r"say which tickets: eventId, orderId or ticketIds",
        r"is empty: name what the key may do, or a role",
        r"is required, or \w+( for a new ticket)?",
        r"is required: the text of the code",
        # An event that comes along with a ticket may leave its id out; one that is made by itself may not.
        r"id: is required",
        # A member has several spellings, of which one may be given.
        r"is given twice; give it once",
        r"is the same as \w+; give one of them",
        r"cannot stand beside \w+; give one of them",
        # Two members have to agree.
        r"must be later than from",
        r"differs from the eventId of the ticket",
        r"differs from the event in the path; ids do not change",
        r"two have the same file name; give each a name of its own",
        r"each asset needs a file name, by which the template asks for it",
        r"must be 1: an item is one ticket",
        r"names one ticket; leave it out, or order a quantity of 1",
        r"the dark colour must be much darker than the light one",
        r"must lie in the future",
        r"a price needs a currency",
        # An integer is written as one: JSON Schema takes 660.0 for it too.
        r"is floating point `-?\d+\.0`",
        r"must be an integer in the smallest unit of the currency",
        r"must be a whole number, \d+ to \d+",
        r"has more than 18 digits; send it as text",
        # Ids that only the host gives.
        r"an id in the shape of a UUID is reserved",
        r"this word is part of the API's routes; choose another id",
        # Texts whose form a pattern would not make clearer: dates, time zones, currencies, languages.
        r"must be a URL such as",
        r"is not an? ",
        r"holds the control character",
        r"each gate has 1 to 32 printable bytes",
        # A table or a list of lines may be any text.
        r"body: has no tickets",
        r"body: is empty; the first row holds the names of the columns",
        # A body that may be left out is not null.
        r"body: is null; must be an object",
    )
]


@schemathesis.serializer("application/x-ndjson", "text/csv")
def rows(ctx, value):
    """Text as it is; what is no text, and so does not fit, as JSON."""
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode(errors="replace")


@schemathesis.check
def what_fits_is_taken(ctx, response, case):
    """Fails if a request that fits its schema was refused, unless each complaint is one of the rules."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    status = response.status_code
    if status < 300 or status in NO_MATTER_OF_FORM:
        return
    try:
        problems = json.loads(response.content)["error"]["details"]
    except (ValueError, KeyError, TypeError):
        problems = []
    complaints = [f"{problem['field']}: {problem['message']}" for problem in problems]
    unknown = [text for text in complaints if not any(rule.search(text) for rule in RULES)]
    if unknown or not complaints:
        raise AssertionError(f"refused with {status} though it fits the schema: {unknown}")
