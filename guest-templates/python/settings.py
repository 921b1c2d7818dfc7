"""What an organizer may choose, as JSON: `{ "accent": "#1d5c4a", "heading": "Admit one" }`."""

import json
import re
from dataclasses import dataclass
from typing import Any

from componentize_py_types import Err
from wit_world.exports import plugin as wit
from wit_world.exports.plugin import ProblemKind

MOST_HEADING_CHARACTERS = 40

DEFAULTS = {"accent": "#1d5c4a", "heading": "Ticket"}

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "accent": {
            "type": "string",
            "title": "Colour of the bar",
            "pattern": "^#[0-9A-Fa-f]{6}$",
            "default": DEFAULTS["accent"],
        },
        "heading": {
            "type": "string",
            "title": "Words in the bar",
            "maxLength": MOST_HEADING_CHARACTERS,
            "default": DEFAULTS["heading"],
        },
    },
}
"""The settings as a JSON Schema, of which a host makes a form."""


@dataclass(frozen=True)
class Settings:
    """The organizer's choices."""

    accent: wit.Rgb
    heading: str


def read_settings(settings: bytes) -> Settings:
    """Reads the settings, and goes on after a mistake: who wrote them learns of all in one go.

    Empty bytes stand for the defaults. Raises `Err`, which is how a `result` of the contract says "error".
    """
    given = parse_object(settings)
    problems = [
        wit.Problem(ProblemKind.UNKNOWN, pointer(name), f"no such setting; there are: {', '.join(DEFAULTS)}")
        for name in given
        if name not in DEFAULTS
    ]
    accent = given.get("accent", DEFAULTS["accent"])
    if not isinstance(accent, str) or not re.fullmatch("#[0-9A-Fa-f]{6}", accent):
        found = json.dumps(accent)
        problems.append(
            wit.Problem(ProblemKind.MALFORMED, "/accent", f'must be a colour like "#1d5c4a", found {found}')
        )
    heading = given.get("heading", DEFAULTS["heading"])
    if not isinstance(heading, str):
        found = json.dumps(heading)
        problems.append(wit.Problem(ProblemKind.MALFORMED, "/heading", f"must be a text, found {found}"))
    elif not heading.strip() or len(heading) > MOST_HEADING_CHARACTERS:
        message = f"must have 1 to {MOST_HEADING_CHARACTERS} characters"
        problems.append(wit.Problem(ProblemKind.OUT_OF_RANGE, "/heading", message))
    if problems:
        raise Err(problems)
    return Settings(wit.Rgb(*bytes.fromhex(accent[1:])), heading)


def parse_object(settings: bytes) -> dict[str, Any]:
    """The outermost object of the settings."""
    try:
        value = json.loads(settings.decode()) if settings else {}
    except (ValueError, RecursionError) as error:
        raise Err([wit.Problem(ProblemKind.UNREADABLE, "", f"settings must be JSON in UTF-8: {error}")]) from error
    if not isinstance(value, dict):
        raise Err([wit.Problem(ProblemKind.UNREADABLE, "", "settings must be one JSON object")])
    return value


def pointer(name: str) -> str:
    """A JSON Pointer (RFC 6901) to a member of the outermost object."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
