//! One pass through the API in an order that works from an empty host, for a collection that can be
//! run. Each operation of the document is told once at least, but for uploads: a
//! file would have to be sent.

use serde_json::{Value, json};

/// One request: an operation with its documented example.
pub struct Step {
    /// The `operationId`.
    pub operation: &'static str,
    /// Another body than the documented example.
    pub body: Option<Value>,
    /// The status that it is answered with, where that is not its success.
    pub status: Option<u16>,
    /// Variables that later requests use, and where the answer has them.
    pub keeps: &'static [(&'static str, &'static str)],
    /// Who asks.
    pub asker: Asker,
}

/// Whose token a request carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// An organizer's admin.
    Admin,
    /// The host's operator.
    Operator,
}

/// The requests.
pub fn story() -> Vec<Step> {
    let step = |operation| Step {
        operation,
        body: None,
        status: None,
        keeps: &[],
        asker: Asker::Admin,
    };
    let keeping = |operation, keeps| Step {
        keeps,
        ..step(operation)
    };
    let of_operator = |operation| Step {
        asker: Asker::Operator,
        ..step(operation)
    };
    vec![
        step("read_liveness"),
        step("read_health"),
        step("read_readiness"),
        step("read_detailed_health"),
        step("read_ticket_health"),
        step("read_openapi"),
        step("read_docs"),
        step("service_info"),
        // An event, and tickets of it.
        keeping("create_event", &[("eventId", "data.id")]),
        step("read_event"),
        step("list_events"),
        keeping(
            "generate_ticket",
            &[
                ("ticketId", "data.ticketId"),
                ("qrText", "data.qrText"),
                ("capability", "data.publicUrl"),
            ],
        ),
        step("read_ticket"),
        step("download_ticket"),
        step("draw_qrcode"),
        step("open_link"),
        step("validate_ticket"),
        step("generate_qr"),
        step("generate_pdf"),
        step("list_event_tickets"),
        step("read_event_stats"),
        keeping("patch_ticket", &[("orderId", "data.orderId")]),
        step("download_order"),
        // Many at once.
        step("create_batch"),
        keeping("create_batch_pdf", &[("jobId", "data.jobId")]),
        step("stream_events"),
        step("retry_job"),
        step("stream_events"),
        keeping("create_full_batch", &[("jobId", "data.jobId")]),
        step("stream_events"),
        keeping(
            "read_result",
            &[
                ("fileId", "data.files.0.id"),
                ("fileLink", "data.files.0.url"),
            ],
        ),
        step("download_file"),
        step("open_file_link"),
        keeping("create_job", &[("jobId", "data.jobId")]),
        step("process_job"),
        step("stream_events"),
        step("read_job"),
        step("list_items"),
        keeping("create_job", &[("jobId", "data.jobId")]),
        step("pause_job"),
        step("resume_job"),
        step("cancel_job"),
        step("list_jobs"),
        step("read_queue_stats"),
        step("clean_queue"),
        step("suspend_ticket"),
        step("reinstate_ticket"),
        step("regenerate_ticket"),
        step("revise_event"),
        // The organizer's layouts.
        keeping("list_templates", &[("name", "data.templates.0.name")]),
        step("read_template"),
        keeping("list_versions", &[("version", "data.versions.0.version")]),
        step("read_report"),
        step("preview_template"),
        step("activate_template"),
        step("set_canary"),
        Step {
            // The template has one version.
            status: Some(409),
            ..step("roll_back_template")
        },
        // What gates fetch.
        step("read_root_key"),
        step("list_verifier_keys"),
        step("read_bundle"),
        step("read_status_list"),
        // Who may call.
        keeping("create_api_key", &[("id", "data.id")]),
        step("list_api_keys"),
        step("revoke_api_key"),
        // Who is told of it.
        keeping("create_webhook", &[("id", "data.id")]),
        step("list_webhooks"),
        step("read_webhook"),
        step("change_webhook"),
        keeping("test_webhook", &[("deliveryId", "data.id")]),
        step("list_deliveries"),
        step("replay_delivery"),
        step("rotate_webhook_secret"),
        step("delete_webhook"),
        step("list_audit"),
        of_operator("list_organizers"),
        of_operator("create_organizer"),
        step("read_organizer"),
        step("change_organizer"),
        // What is known of holders.
        step("erase_person"),
        step("erase_holder"),
        // The end: of tickets, of an event without any, of keys.
        step("revoke_ticket"),
        step("revoke_tickets"),
        Step {
            body: Some(json!({ "id": "open-day", "title": "Open day" })),
            keeps: &[("eventId", "data.id")],
            ..step("create_event")
        },
        step("delete_event"),
        step("list_keys"),
        keeping("create_key", &[("key", "data.key")]),
        step("rotate_key"),
        step("revoke_key"),
        keeping("rotate_key", &[("key", "data.key")]),
        step("delete_key"),
    ]
}
