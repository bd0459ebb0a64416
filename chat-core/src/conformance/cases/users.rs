//! The cases of users who are kept by the host.

/// Makes a test of every case of users who are kept by the host. `$planted` is an
/// `async fn(Vec<Planted>) -> (Arc<dyn UserStore>, Vec<Option<UserId>>, T)`: see
/// [`hosted_users`](crate::conformance::hosted_users).
#[macro_export]
macro_rules! user_store_conformance {
    ($planted:ident) => {
        $crate::user_store_conformance! { $planted =>
            known_users_are_found_once,
            an_id_is_known_by_its_very_text,
            profiles_show_the_names,
            pages_list_everyone_once,
            the_order_is_stable,
            every_sign_means_itself,
            ascii_case_makes_no_difference,
            user_names_are_searched,
            a_foreign_cursor_does_no_harm,
            callers_at_once_get_the_same,
        }
    };
    ($planted:ident => $($case:ident,)*) => {
        mod hosted_users {
            $(#[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let users = $crate::conformance::hosted_users::population();
                let (users, ids, _alive) = super::$planted(users).await;
                $crate::conformance::hosted_users::$case(&(users, ids)).await;
            })*
        }
    };
}
