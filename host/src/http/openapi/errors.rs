//! Every code of an error, with its status, for the description of the routes that answer it.

/// Code, status, and what it means.
pub const CODES: &[(&str, u16, &str)] = &[
    (
        "VALIDATION_ERROR",
        400,
        "the request does not say a valid thing; each detail names a field, the bound and the fix",
    ),
    ("UNAUTHORIZED", 401, "no token, or one that is not accepted"),
    (
        "INSUFFICIENT_PERMISSIONS",
        403,
        "the token lacks the permission, or names an organizer that is unknown",
    ),
    (
        "ADDRESS_NOT_ALLOWED",
        403,
        "the operator does not list this address in ALLOWED_IPS",
    ),
    ("TICKET_NOT_FOUND", 404, "there is no such ticket"),
    ("EVENT_NOT_FOUND", 404, "there is no such event"),
    (
        "ORDER_NOT_FOUND",
        404,
        "no ticket that could be printed belongs to this order",
    ),
    (
        "TEMPLATE_NOT_FOUND",
        404,
        "there is no such template or version",
    ),
    ("PAGE_NOT_FOUND", 404, "the ticket has no such page"),
    ("KEY_NOT_FOUND", 404, "there is no such key"),
    ("API_KEY_NOT_FOUND", 404, "there is no such API key"),
    ("WEBHOOK_NOT_FOUND", 404, "there is no such webhook"),
    ("DELIVERY_NOT_FOUND", 404, "the log has no such delivery"),
    ("JOB_NOT_FOUND", 404, "there is no such job"),
    (
        "ARTIFACT_NOT_FOUND",
        404,
        "there is no such file, or its link has expired",
    ),
    ("ORGANIZER_NOT_FOUND", 404, "there is no such organizer"),
    ("TICKET_EXISTS", 409, "a ticket with this id exists"),
    ("EVENT_EXISTS", 409, "an event with this id exists"),
    (
        "TOO_MANY_WEBHOOKS",
        409,
        "the organizer has as many webhooks as fit",
    ),
    ("EVENT_HAS_TICKETS", 409, "the event had a ticket"),
    ("BUILT_IN_EVENT", 409, "the event `default` stays"),
    (
        "ORDER_TOO_LARGE",
        409,
        "one file does not hold so many tickets",
    ),
    (
        "STATE_CONFLICT",
        409,
        "the step does not fit the present state",
    ),
    (
        "REVISION_CONFLICT",
        409,
        "it was changed in between; read it and try again",
    ),
    (
        "TYPE_NOT_DECLARED",
        409,
        "the event lists its types, and not this one",
    ),
    ("TOO_MANY_TYPES", 409, "the event has as many types as fit"),
    (
        "SERIALS_EXHAUSTED",
        409,
        "the event has as many tickets as fit",
    ),
    (
        "NO_TICKET_KEY",
        409,
        "every ticket key was revoked; make one at POST /api/keys",
    ),
    (
        "KEY_NOT_ACTIVE",
        409,
        "the key was changed in between; try again",
    ),
    (
        "TEMPLATE_NOT_READY",
        409,
        "the template has no version in use, or this one is not ready",
    ),
    (
        "TEMPLATE_SUSPENDED",
        409,
        "the version broke too often and is left alone for a while",
    ),
    ("NOTHING_TO_ROLL_BACK", 409, "no version was in use before"),
    ("KEY_EXISTS", 409, "there is a next key already"),
    ("NO_NEXT_KEY", 409, "there is no next key"),
    ("ROOT_KEY", 409, "a root key is not revoked here"),
    (
        "AMBIGUOUS_KEY",
        409,
        "several keys are called so; use the number of one",
    ),
    (
        "NO_DELEGATION",
        409,
        "the root key lives elsewhere and vouches for no bundle key now",
    ),
    (
        "ROOT_KEY_ELSEWHERE",
        409,
        "the root key lives elsewhere, and has to vouch there",
    ),
    (
        "BAD_DELEGATION",
        409,
        "what the root key signed does not fit",
    ),
    ("STALE_DELEGATION", 409, "a newer one is known"),
    (
        "ORGANIZER_EXISTS",
        409,
        "an organizer with this slug exists",
    ),
    (
        "IDEMPOTENCY_IN_PROGRESS",
        409,
        "a request with this Idempotency-Key is under way; wait as Retry-After says",
    ),
    (
        "PAYLOAD_TOO_LARGE",
        413,
        "the body is larger than the bound",
    ),
    (
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "the body is of another media type",
    ),
    (
        "IDEMPOTENCY_KEY_REUSED",
        422,
        "the Idempotency-Key was used for another request",
    ),
    (
        "TEMPLATE_REFUSED",
        422,
        "the template refused to draw this ticket",
    ),
    ("TEMPLATE_FAILED", 422, "the template failed"),
    ("TEMPLATE_TRAPPED", 422, "the template's code broke"),
    (
        "TEMPLATE_OUT_OF_FUEL",
        422,
        "the template computed for too long",
    ),
    (
        "TEMPLATE_OUT_OF_MEMORY",
        422,
        "the template took too much memory",
    ),
    (
        "TEMPLATE_BAD_LAYOUT",
        422,
        "the template's layout breaks a rule; details say where",
    ),
    (
        "TEMPLATE_REJECTED",
        422,
        "the upload was rejected; the report says why",
    ),
    (
        "QUOTA_EXCEEDED",
        429,
        "too many requests; wait as Retry-After says",
    ),
    (
        "INTERNAL_ERROR",
        500,
        "the host failed; its log has the reason under the request id",
    ),
    (
        "QUEUE_FULL",
        503,
        "more tickets wait than this host takes on; wait as Retry-After says",
    ),
    (
        "OVERLOADED",
        503,
        "the host has too much to do; wait as Retry-After says",
    ),
];

/// Codes that come together, by a name that handlers use.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "template",
        &[
            "TEMPLATE_REFUSED",
            "TEMPLATE_FAILED",
            "TEMPLATE_TRAPPED",
            "TEMPLATE_OUT_OF_FUEL",
            "TEMPLATE_OUT_OF_MEMORY",
            "TEMPLATE_BAD_LAYOUT",
            "TEMPLATE_SUSPENDED",
        ],
    ),
    (
        "issuing",
        &[
            "EVENT_NOT_FOUND",
            "TEMPLATE_NOT_FOUND",
            "TEMPLATE_NOT_READY",
            "TYPE_NOT_DECLARED",
            "TOO_MANY_TYPES",
            "SERIALS_EXHAUSTED",
            "NO_TICKET_KEY",
            "KEY_NOT_ACTIVE",
            "template",
        ],
    ),
    (
        "key change",
        &[
            "KEY_NOT_ACTIVE",
            "NO_NEXT_KEY",
            "NO_DELEGATION",
            "ROOT_KEY_ELSEWHERE",
            "BAD_DELEGATION",
            "STALE_DELEGATION",
        ],
    ),
];

/// The codes behind a name, which is one of a group or a code itself.
pub fn codes_of(name: &str) -> Vec<&str> {
    match GROUPS.iter().find(|(group, _)| *group == name) {
        Some((_, members)) => members.iter().flat_map(|member| codes_of(member)).collect(),
        None => vec![name],
    }
}

/// Status and meaning of a code.
pub fn known(code: &str) -> Option<(u16, &'static str)> {
    CODES
        .iter()
        .find(|(name, _, _)| *name == code)
        .map(|(_, status, meaning)| (*status, *meaning))
}
