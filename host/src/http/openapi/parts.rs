//! What many operations have in common: parts of paths, headers, and the error envelope.

use serde_json::{Value, json};

/// The `{parts}` of paths, each described once.
pub fn path_parameters() -> Value {
    let part = |name: &str, description: &str, schema: Value, example: Value| {
        json!({
            "name": name, "in": "path", "required": true,
            "description": description, "schema": schema, "example": example,
        })
    };
    let text = |name: &str, description: &str, example: &str| {
        let schema = json!({ "type": "string", "minLength": 1 });
        part(name, description, schema, json!(example))
    };
    json!({
        "ticketId": text("ticketId", "The caller's own id of the ticket, or Guichet's UUID.", "order-17-1"),
        "eventId": text("eventId", "The caller's own id of the event; `default` always exists.", "gala-2027"),
        "orderId": text("orderId", "The `orderId` of tickets.", "order-17"),
        "capability": text("capability", "The last part of a ticket's `publicUrl`.", "AQAAAAEAAAAB"),
        "name": text("name", "Name of a template; `default` is the organizer's default.", "classic"),
        "version": part("version", "Number of a version, from 1.", json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }), json!(1)),
        "key": text("key", "The kid of a signing key, hexadecimal, or its number in this host.", "2"),
        "id": text("id", "Number of an API key or of a webhook.", "1"),
        "jobId": text("jobId", "The `jobId` of a job.", "6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11"),
        "fileId": part("fileId", "The `id` of a file of a job.", json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }), json!(1)),
        "fileLink": text("fileLink", "The last part of a file's `url`.", "AAAAAQAAAAAAAAAH"),
        "deliveryId": text("deliveryId", "Number of a delivery in the log of its webhook.", "1"),
        "slug": text("slug", "Slug of an organizer.", "demo"),
    })
}

/// Headers of requests.
pub fn header_parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A new one for each act. For 24 hours the same key with the same request acts once and is answered alike.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*[!-~][ -~]*$" },
        },
        "RequestId": {
            "name": "X-Request-Id", "in": "header", "required": false,
            "description": "Names the request in both logs: 1 to 64 of `A-Z a-z 0-9 - _ .`; in the place of another, the host makes one.",
            "schema": { "type": "string" },
        },
        "IfNoneMatch": {
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "An ETag of before: if it still holds, the answer is 304 without a body.",
            "schema": { "type": "string" },
        },
    })
}

/// Headers of answers.
pub fn headers() -> Value {
    let whole = |description: &str| {
        json!({
            "description": description,
            "schema": { "type": "integer", "minimum": 0 },
        })
    };
    json!({
        "RequestId": {
            "description": "Names the request in the host's log.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 64 },
        },
        "RateLimitLimit": whole("How many requests of this kind fit in the emptier bucket of address and caller; absent where the operator sets no limit."),
        "RateLimitRemaining": whole("How many are left in it."),
        "RateLimitReset": whole("Seconds until it is full again."),
        "IdempotentReplayed": {
            "description": "`true` where the act was done when the key came first, and is only told again.",
            "schema": { "type": "string", "enum": ["true"] },
        },
        "ETag": {
            "description": "Of the bytes; to be sent as If-None-Match.",
            "schema": { "type": "string", "pattern": "^\"[0-9a-f]+\"$" },
        },
        "ContentDisposition": {
            "description": "The name under which to save the file.",
            "schema": { "type": "string" },
        },
        "RetryAfter": whole("Seconds after which the same request may succeed."),
    })
}

/// The error envelope.
pub fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "Every answer that is no success.",
        "required": ["success", "error"],
        "properties": {
            "success": { "type": "boolean", "enum": [false] },
            "error": {
                "type": "object",
                "required": ["code", "message", "details", "requestId"],
                "properties": {
                    "code": { "type": "string", "description": "Stable, for programs." },
                    "message": { "type": "string", "description": "For people." },
                    "details": {
                        "type": "array",
                        "description": "What to mend.",
                        "items": {
                            "type": "object",
                            "required": ["field", "message"],
                            "properties": {
                                "field": { "type": "string", "description": "Path of the field, such as `ticketData.attendeeName`; `body` for the whole body." },
                                "message": { "type": "string", "description": "The bound that was broken, and the fix." },
                            },
                        },
                    },
                    "requestId": { "type": "string" },
                    "templateId": { "type": "string", "description": "With TEMPLATE_REJECTED: name and number of the stored version." },
                    "version": { "type": "integer", "minimum": 1, "description": "With TEMPLATE_REJECTED: its number." },
                    "report": { "description": "With TEMPLATE_REJECTED: why.", "anyOf": [{ "$ref": "#/components/schemas/ReportJson" }] },
                },
            },
        },
    })
}

/// The kinds of routes, in the order in which a reader meets them.
pub fn tags() -> Value {
    json!([
        { "name": "Tickets", "description": "Issue, read, print, change and revoke tickets." },
        { "name": "Events", "description": "What is said of an event, and its ticket types." },
        { "name": "Templates", "description": "An organizer's layouts: upload, try out, put in use, roll back." },
        { "name": "Verifier", "description": "What gates fetch to check codes offline." },
        { "name": "Keys", "description": "Keys that sign tickets and bundles." },
        { "name": "API keys", "description": "Keys that programs send as bearer tokens." },
        { "name": "Jobs", "description": "Batches of tickets, and the queue they wait in." },
        { "name": "Webhooks", "description": "Endpoints that are told what was done." },
        { "name": "Audit", "description": "The record of what was done." },
        { "name": "Organizers", "description": "Who sells on this host." },
        { "name": "Service", "description": "The host itself." },
    ])
}
