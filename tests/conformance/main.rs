//! What every engine has to do, tried on each: one function a case, over an engine and data of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

mod batches;
mod bed;
mod changes;
mod commits;
mod leases;
mod nodes;
mod ranges;
mod rows;
#[path = "../desk/world.rs"]
mod world;

use bed::{Bed, Folder, InMemory};

/// `cases!(over: module::case, …)`: each case as a test over one engine.
macro_rules! cases {
    ($name:ident over $bed:ty: $($module:ident: $($case:ident),*;)*) => {
        mod $name {
            use super::*;

            $($(#[tokio::test]
            async fn $case() {
                $module::$case(<$bed>::new()).await;
            })*)*
        }
    };
}

/// The cases of all engines.
macro_rules! conformance {
    ($($name:ident over $bed:ty;)*) => {
        $(cases! { $name over $bed:
            ranges: tables_read_by_ranges_in_the_order_of_their_values, indexes_lead_to_rows_in_the_order_of_their_values,
                what_is_meant_is_found_in_the_order_asked_for, values_of_any_length_come_back_whole;
            changes: entries_of_indexes_follow_their_rows, sums_add_up_from_nothing, sums_go_by_their_names, records_of_sums_add_up, what_was_raised_is_never_lowered,
                what_people_wrote_is_redacted_through_a_time, answers_go_by_their_time, a_row_goes_with_its_parts;
            batches: a_batch_is_written_whole_or_not_at_all, a_look_sees_what_the_last_batch_left,
                one_alone_has_the_right_to_write, each_batch_is_told_once_and_in_order, a_stop_and_a_start_change_nothing,
                what_was_read_and_settled_is_durable;
            commits: what_holds_no_more_is_stale_in_the_same_batch_and_in_another, a_changed_comment_drops_its_segment_of_the_index;
        })*
    };
}

conformance! {
    in_memory over InMemory;
    sled over Folder;
}

cases! { faults_in_memory over InMemory:
    batches: what_came_of_a_write_is_as_told, nodes_share_data_and_batches, batches_of_long_ago_are_gone;
    commits: a_batch_is_looked_at_and_laid_out_again;
}
