//! The cases of a bus.

/// Makes a test of every bus case. `$fresh` is an `async fn() -> (Arc<dyn PresenceBus>, T)`.
#[macro_export]
macro_rules! bus_conformance {
    ($fresh:ident) => {
        $crate::conformance_cases! { $fresh =>
            bus {
                a_subscriber_hears_publications_in_order,
                topics_are_told_apart,
                nobody_hears_themselves,
                unsubscribing_ends_it,
                a_node_that_does_not_read_is_told_that_it_lagged,
                a_user_is_online_while_any_lease_is_held,
                payloads_are_carried_verbatim,
                a_stalled_node_holds_nobody_up,
                the_largest_payload_is_carried_and_a_larger_one_refused,
                every_topic_keeps_its_order_under_load,
                a_node_that_is_gone_is_forgotten,
                every_subscriber_hears_it,
                empty_and_needless_calls_do_no_harm,
                online_users_are_told_once_and_apart,
            }
        }
    };
}

/// Makes a test of every case of how leases end. `$fresh` is as for [`bus_conformance!`];
/// `$pass` is an `async fn(Duration)` that lets so much time pass for the bus: an `advance` of
/// tokio's paused clock, or a sleep where the time is kept elsewhere.
#[macro_export]
macro_rules! lease_conformance {
    ($fresh:ident, $pass:ident) => {
        $crate::lease_conformance! { $fresh, $pass =>
            a_lease_ends_when_it_is_not_renewed,
            a_renewed_lease_goes_on,
            a_user_stays_online_by_another_nodes_lease,
        }
    };
    ($fresh:ident, $pass:ident => $($case:ident,)*) => {
        mod leases {
            $(#[::tokio::test]
            async fn $case() {
                let (bus, _alive) = super::$fresh().await;
                let bus = $crate::conformance::borrow(&bus);
                $crate::conformance::leases::$case(bus, super::$pass).await;
            })*
        }
    };
}
