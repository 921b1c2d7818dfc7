//! What every engine promises, as stories over `&dyn Storage`. Each engine runs all of them, each on
//! an empty database of its own: see [`contract_tests`].

pub(super) mod api_keys;
pub(super) mod audit;
pub(super) mod concurrency;
pub(super) mod erasure;
pub(super) mod events;
pub(super) mod idempotency;
pub(super) mod jobs;
pub(super) mod organizers;
pub(crate) mod samples;
pub(super) mod signing_keys;
pub(super) mod templates;
pub(super) mod ticket_changes;
pub(super) mod tickets;
pub(super) mod webhooks;

/// Makes a test of each story. `$with_storage` takes a story and runs it on an empty database.
macro_rules! contract_tests {
    ($with_storage:path) => {
        contract_tests! { $with_storage:
            organizers::a_new_organizer_has_keys_and_an_event,
            organizers::a_slug_is_taken_once,
            organizers::an_organizer_changes,
            organizers::a_data_key_is_replaced_only_if_it_is_the_known_one,
            organizers::the_default_template_is_the_organizers_own,
            signing_keys::keys_move_from_next_to_active_to_retired,
            signing_keys::a_retired_key_verifies_as_long_as_its_last_ticket,
            signing_keys::a_revoked_key_stays_revoked,
            signing_keys::delegations_only_go_forward,
            templates::blobs_are_kept_once,
            templates::versions_count_up_and_end_once,
            templates::only_ready_versions_are_put_in_use,
            templates::rolling_back_goes_back_step_by_step,
            templates::a_trial_ends_with_the_activation,
            events::an_event_reads_as_it_was_written,
            events::event_ids_are_taken_once_for_each_organizer,
            events::an_events_revisions_stay_readable,
            events::types_keep_their_numbers,
            events::only_open_events_number_types_by_use,
            events::events_are_listed_in_pages,
            events::serials_are_reserved_once,
            events::serials_end_at_the_last,
            events::bundles_are_numbered,
            tickets::a_ticket_reads_as_it_was_written,
            tickets::every_conflict_has_its_name,
            tickets::one_bad_ticket_leaves_no_trace_of_the_others,
            tickets::a_tickets_revisions_stay_readable,
            tickets::states_change_only_as_allowed,
            tickets::lists_filter_and_count,
            tickets::an_order_finds_its_tickets,
            tickets::acts_are_on_record,
            tickets::another_organizer_finds_nothing,
            ticket_changes::a_successor_takes_the_ticket_over,
            ticket_changes::many_tickets_are_revoked_in_one_act,
            ticket_changes::only_an_event_without_tickets_goes,
            api_keys::an_api_key_is_found_by_its_secret_alone,
            idempotency::a_key_is_claimed_by_one_request_at_a_time,
            idempotency::an_act_and_its_key_commit_together,
            idempotency::who_lost_its_claim_commits_nothing,
            idempotency::a_key_wanted_by_many_goes_to_one,
            erasure::an_erasure_reaches_every_revision,
            erasure::an_erasure_is_of_what_was_seen,
            erasure::one_of_two_holders_is_erased,
            erasure::events_that_are_over_are_looked_through,
            erasure::requests_are_forgotten_in_time,
            audit::seals_cover_what_no_earlier_one_covers,
            audit::the_record_is_read_in_pages,
            webhooks::an_endpoint_is_its_organizers_own,
            webhooks::an_endpoint_is_told_what_is_sealed_after_it_was_made,
            webhooks::a_delivery_is_tried_by_one_at_a_time,
            webhooks::dead_endpoints_are_disabled,
            webhooks::a_delivery_wanted_by_many_goes_to_one,
            jobs::a_job_is_worked_on_once_it_is_open,
            jobs::a_chunk_counts_once,
            jobs::a_chunk_is_stored_whole_or_not_at_all,
            jobs::urgent_jobs_go_first_and_none_starves,
            jobs::organizers_share_the_workers,
            jobs::jobs_are_paused_resumed_and_cancelled,
            jobs::failed_items_are_tried_again,
            jobs::a_chunk_that_failed_waits,
            jobs::files_follow_the_tickets,
            jobs::the_queue_has_bounds,
            jobs::a_job_is_its_organizers_own,
            jobs::chunks_wanted_by_many_go_to_one_each,
            concurrency::an_id_wanted_by_many_goes_to_one,
            concurrency::writers_at_once_lose_nothing,
            concurrency::a_failing_verb_does_not_hurt_its_neighbours,
            concurrency::a_supply_never_gives_a_serial_twice,
            concurrency::a_caller_that_goes_away_hurts_nobody,
        }
    };
    ($with_storage:path: $($subject:ident::$story:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                $with_storage(async |storage| {
                    $crate::storage::contract::$subject::$story(storage).await;
                })
                .await;
            }
        )*
    };
}
pub(super) use contract_tests;

use super::{Conflict, StorageError};

/// The conflict that a verb ran into.
pub(super) fn conflict<T: std::fmt::Debug>(result: Result<T, StorageError>) -> Conflict {
    match result {
        Err(StorageError::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, found {other:?}"),
    }
}
