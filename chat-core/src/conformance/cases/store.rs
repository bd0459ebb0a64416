//! The cases of storage.

/// Makes a test of every storage case. `$fresh` is an `async fn() -> (Ports, T)` that makes a fresh,
/// empty backend and whatever must live as long as it does.
#[macro_export]
macro_rules! store_conformance {
    ($fresh:ident) => {
        $crate::conformance_cases! { $fresh =>
            users {
                users_are_found_once_and_strangers_left_out,
                a_profile_shows_the_names_and_nothing_private,
                pages_of_users_give_each_exactly_once,
                a_search_finds_parts_of_names_in_any_case,
                a_search_is_literal,
                disabled_users_are_found_and_not_listed,
                a_foreign_cursor_gives_some_page_and_no_error,
            }
            accounts {
                an_account_is_found_by_id_address_and_name,
                unknown_accounts_are_not_found,
                many_accounts_are_found_at_once,
                a_taken_name_or_address_is_told,
                an_update_changes_only_what_it_names,
                an_update_clears_optional_fields,
                updating_an_unknown_account_gives_none,
            }
            logins {
                a_login_is_found_until_it_expires,
                a_users_logins_are_listed_latest_first,
                the_login_unused_longest_goes_when_there_are_too_many,
                the_valid_generation_advances,
                the_parent_is_repeated_within_the_window,
                the_parent_after_the_window_ends_the_login,
                an_older_generation_ends_the_login_even_within_the_window,
                a_generation_ahead_is_refused_and_changes_nothing,
                an_expired_login_does_not_rotate,
                logins_end_one_by_one_or_together,
                of_many_logins_the_live_ones_are_told,
            }
            conversations {
                a_new_group_is_at_rev_one_with_its_owner,
                first_members_see_everything_and_have_read_nothing,
                a_group_may_begin_with_its_creator_alone,
                a_pair_has_one_direct_conversation,
                pairs_are_told_apart_however_their_ids_are_spelt,
                only_members_find_a_conversation,
                former_members_find_nothing,
                members_page_by_id_without_tombstones,
                a_group_of_three_hundred_is_whole,
                memberships_are_the_present_ones,
                who_shares_a_conversation_is_acquainted,
                who_left_is_no_longer_acquainted,
                acquaintance_is_asked_of_many_at_once,
            }
            membership {
                renaming_takes_a_rev,
                a_picture_is_set_and_taken_away,
                added_members_take_revs_in_order_and_see_from_now_on,
                adding_a_member_again_changes_nothing,
                a_removed_member_is_a_tombstone,
                who_comes_back_sees_nothing_of_before,
                owners_give_and_take_roles,
                what_the_rules_forbid_is_refused_and_takes_no_rev,
                a_direct_conversation_cannot_be_changed,
                a_group_is_full_at_its_limit,
                the_last_member_may_leave,
                a_former_member_marks_nothing,
                who_comes_back_has_nothing_of_before,
                who_comes_back_still_retries_safely,
            }
            joins {
                everybody_who_becomes_a_member_is_counted,
                what_makes_no_member_is_not_counted,
                who_never_was_a_member_has_no_count,
                hundreds_of_counts_are_one_question,
                an_erased_users_count_is_gone,
                joinings_at_once_are_all_counted,
                groups_made_in_opposite_orders_are_all_counted,
                a_pair_that_opens_at_once_is_counted_once,
                no_membership_is_seen_before_its_count,
            }
            heads {
                a_head_is_the_rev_of_now,
                an_unknown_conversation_has_no_head,
                hundreds_of_heads_are_one_question,
                a_head_is_not_behind_a_finished_write,
            }
            markers {
                reading_delivers_too,
                markers_only_grow,
                a_mark_past_the_head_is_refused,
                only_members_mark,
                sending_reads_up_to_ones_own_message,
                marks_take_no_rev,
                marks_of_one_batch_are_independent_and_in_order,
            }
            unreached {
                who_did_not_receive_a_message_is_unreached,
                only_members_are_unreached,
                the_unreached_are_paged_by_id,
            }
            inbox {
                the_inbox_is_newest_activity_first,
                a_row_shows_the_last_message_and_the_unread_count,
                a_direct_row_shows_the_other_side,
                a_new_members_row_hides_what_was_before,
                pages_of_the_inbox_give_each_row_once,
                the_inbox_is_ones_own,
            }
            append {
                seqs_start_at_one_and_have_no_gaps,
                each_conversation_numbers_its_own,
                a_message_takes_the_next_rev,
                a_message_is_stored_whole,
                text_is_kept_verbatim,
                a_repeated_client_id_gives_the_first_message,
                a_client_id_with_another_message_is_refused,
                client_ids_are_per_sender_and_conversation_and_exact,
                a_client_id_twice_in_one_batch_is_one_message,
                only_members_send,
                a_former_members_retry_is_refused,
                refused_drafts_leave_no_gap,
                a_batch_over_many_conversations_keeps_each_order,
                batches_may_be_large_or_empty,
                a_reply_is_to_a_visible_message_of_the_conversation,
                a_reply_may_be_to_the_same_batch,
                only_ones_own_uploads_are_attached,
                the_epoch_stays_the_same,
            }
            revisions {
                an_edit_replaces_the_text_and_takes_a_rev,
                only_the_sender_edits,
                a_deleted_message_is_a_tombstone,
                senders_and_those_who_preside_delete,
                nothing_is_done_to_a_deleted_message,
                what_changes_nothing_takes_no_rev,
                what_one_may_not_read_one_cannot_revise,
                a_revised_message_is_found_by_the_words_it_has_now,
                deleting_lets_go_what_no_other_message_holds,
                reactions_are_counted_and_the_first_named,
                kinds_of_reactions_are_limited,
                those_who_reacted_are_paged,
                reactions_that_look_alike_are_different,
                reactions_stay_when_their_users_leave,
                changes_tell_a_revised_message_once,
                a_revision_moves_no_marker_and_no_row_of_the_inbox,
            }
            history {
                the_latest_page_is_the_end_oldest_first,
                a_page_before_ends_right_below,
                a_page_after_begins_right_above,
                a_page_around_has_both_sides,
                pages_cover_the_history_in_both_directions,
                a_new_member_reads_from_joining_on,
                only_members_read,
                former_members_read_nothing,
                an_empty_conversation_has_an_empty_history,
            }
            changes {
                changes_are_all_rows_above_the_rev,
                a_row_that_changed_often_comes_once,
                new_and_revised_messages_come_once_and_in_order,
                settings_tell_their_own_rev,
                more_rows_than_the_limit_are_truncated,
                places_are_answered_in_order,
                a_rev_from_the_future_gives_nothing,
            }
            admin {
                an_erased_user_is_gone,
                an_erased_users_pictures_are_gone,
                erased_messages_keep_their_places,
                erasing_leaves_every_conversation,
                the_last_owner_who_is_erased_leaves_an_owner,
                erasing_again_finds_nothing,
                an_erased_users_reactions_are_taken_back,
                an_erased_users_tombstones_tell_nothing,
                everything_of_a_user_is_exported,
                every_reaction_of_a_user_is_exported,
                a_store_that_was_only_used_has_no_damage,
            }
            texts {
                a_sealed_text_is_found_by_the_words_given,
                a_sealed_edit_is_found_by_the_words_given,
                texts_come_newest_first_and_in_pages,
                another_form_of_a_text_is_no_edit,
                another_form_of_a_text_may_bring_another_digest,
                a_text_that_is_another_by_now_is_not_replaced,
                another_form_never_overwrites_an_edit_at_once,
            }
            schema {
                steps_are_numbered_and_taken,
                down_and_up_again_is_a_new_store,
                every_step_goes_up_and_down,
                files_go_with_the_step_that_brought_them,
                an_unknown_version_is_refused,
                forcing_a_version_runs_nothing,
                nodes_that_start_at_once_take_each_step_once,
            }
            search {
                a_message_is_found_if_it_has_every_word,
                case_and_accents_make_no_difference,
                signs_that_are_like_letters_are_found,
                a_search_for_signs_is_literal,
                only_what_a_member_may_read_is_found,
                only_the_conversations_asked_for_are_searched,
                pages_of_hits_give_each_once_newest_first,
            }
            uploads {
                an_unsent_upload_is_its_owners_alone,
                members_read_what_was_sent_to_them,
                uploads_follow_membership_and_visibility,
                everybody_reads_avatars,
                owned_uploads_come_in_the_order_asked,
                usage_adds_up,
                orphans_are_old_and_unsent,
                orphans_come_page_by_page,
                pictures_that_nobody_shows_are_orphans,
                only_uploads_that_no_message_holds_are_deleted,
                pictures_that_are_shown_are_not_deleted,
                where_an_upload_is_served_is_noted,
                uploads_of_every_type_are_kept_as_they_are,
                messages_of_every_kind_are_kept_with_their_files,
            }
            push {
                a_subscription_is_kept_whole,
                subscriptions_of_many_users_are_one_question,
                an_endpoint_is_one_subscription,
                the_oldest_subscription_goes_when_there_are_too_many,
                only_ones_own_subscription_is_ended,
                dead_endpoints_are_forgotten,
                an_erased_users_subscriptions_are_gone,
            }
            last_seen {
                the_last_moment_counts,
                one_user_may_come_twice,
                who_was_never_seen_is_not_found,
            }
            people {
                a_block_stands_until_it_is_ended,
                blocking_again_keeps_the_first_moment,
                whoever_blocks_as_many_as_allowed_blocks_no_more,
                those_who_are_blocked_are_listed_page_by_page,
                blocks_of_both_directions_are_told_at_once,
                hundreds_of_users_are_one_question_of_blocks,
                neither_side_sends_past_a_block,
                nothing_is_added_to_a_message_past_a_block,
                a_message_of_before_a_block_is_still_repeated,
                a_block_stops_nobody_in_a_group,
                the_history_stays_readable_past_a_block,
                a_conversation_knows_whether_it_is_barred,
                marks_tell_of_a_block,
                privacy_is_what_was_chosen_last,
                hundreds_of_users_are_one_question_of_privacy,
                users_who_look_alike_are_not_blocked,
                an_erased_users_decisions_are_gone,
            }
            people_races {
                no_message_follows_a_block,
                no_reaction_follows_a_block,
                a_pair_that_is_blocked_while_it_opens_sends_nothing,
                blocks_at_once_stand_once,
            }
            races {
                no_number_becomes_visible_after_a_higher_one,
                one_client_id_at_once_is_one_message,
                no_message_follows_its_senders_removal,
                a_pair_that_opens_at_once_gets_one_conversation,
                a_group_never_loses_its_last_owner,
                a_group_is_never_over_full,
                one_of_many_registrations_gets_the_name,
                one_of_many_rotations_advances,
                the_highest_of_many_marks_counts,
                an_upload_is_attached_or_deleted,
            }
            append_races {
                no_rev_becomes_visible_after_a_higher_one,
                each_writers_own_order_is_kept,
                batches_in_opposite_orders_all_finish,
                a_batch_repeated_at_once_is_stored_once,
                marks_and_sends_at_once_keep_the_markers_in_order,
                pages_backwards_are_stable_under_writes,
            }
            membership_races {
                owners_who_demote_each_other_leave_one,
                an_owner_who_leaves_while_promoting_leaves_an_owner,
                one_user_added_at_once_is_one_member,
                changes_at_once_take_a_rev_each,
                a_user_added_and_removed_at_once_is_in_or_out,
                a_new_member_sees_exactly_what_follows_the_joining,
                groups_made_at_once_are_all_there,
            }
            revision_races {
                deleting_wins_over_an_edit_at_once,
                no_message_has_a_kind_of_reaction_too_many,
                reactions_at_once_are_all_counted,
                an_upload_outlives_the_message_that_is_deleted,
                no_revision_follows_its_actors_removal,
            }
            account_races {
                one_of_many_registrations_gets_the_address,
                updates_of_different_fields_at_once_all_stay,
                logins_at_once_never_pass_the_limit,
                a_refresh_and_a_logout_at_once_leave_no_login,
                the_latest_of_many_moments_stays,
            }
            lookalikes {
                users_who_look_alike_are_different_members,
                new_members_come_back_in_the_order_of_their_bytes,
                users_who_look_alike_share_nothing,
                client_ids_that_look_alike_are_different,
                senders_who_look_alike_have_their_own_client_ids,
                the_longest_ids_work,
                names_are_kept_verbatim,
                accounts_and_logins_are_literal,
                users_who_look_alike_are_seen_apart,
            }
            bounds {
                a_limit_of_zero_gives_nothing,
                a_limit_beyond_everything_gives_everything,
                the_highest_seq_does_no_harm,
                hundreds_are_added_at_once_and_paged,
                hundreds_of_conversations_are_one_question,
                hundreds_of_ids_are_one_question,
                a_truncated_place_leaves_the_others_whole,
            }
            cancellation {
                a_dropped_append_can_be_repeated,
                a_dropped_change_can_be_repeated,
                a_dropped_creation_can_be_repeated,
                a_dropped_revision_can_be_repeated,
                a_dropped_refresh_can_be_repeated,
                a_dropped_registration_is_whole_or_absent,
            }
            model {
                random_histories_match_the_model,
            }
        }
    };
}

/// Makes a test of every case of a backend that keeps its data. `$place` is a
/// `fn() -> impl Place`: see [`durable`](crate::conformance::durable).
#[macro_export]
macro_rules! durable_conformance {
    ($place:ident) => {
        $crate::durable_conformance! { $place =>
            an_acknowledged_message_survives,
            an_acknowledged_message_survives_without_a_close,
            numbers_go_on_where_they_ended,
            client_ids_are_remembered,
            memberships_and_markers_survive,
            accounts_and_logins_survive,
            uploads_and_what_holds_them_survive,
            handles_see_what_the_others_finished,
            handles_at_once_are_one_store,
        }
    };
    ($place:ident => $($case:ident,)*) => {
        mod durable {
            $(#[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let place = super::$place();
                $crate::conformance::durable::$case(&place).await;
            })*
        }
    };
}
