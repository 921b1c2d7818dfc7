"""A check of our own, and how bodies of rows are sent.

A schema does not say all that a request has to fulfil: one of several members is needed, two have to agree, a
text has to be a date or the name of a time zone. So schemathesis' `positive_data_acceptance`, by which whatever
fits the schema is taken, does not hold; this is what does.
"""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson", "text/csv")
def rows(ctx, value):
    """Text as it is; what is no text as JSON."""
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode(errors="replace")


@schemathesis.check
def what_fits_is_taken_or_told_what_to_change(ctx, response, case):
    """A request that fits its schema and is bad all the same is told each field that is wrong, and why."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code != 400:
        return
    problems = json.loads(response.content)["error"]["details"]
    assert problems, "refused without a reason"
    for problem in problems:
        assert problem["field"] and problem["message"], f"a reason without a field or words: {problem}"
