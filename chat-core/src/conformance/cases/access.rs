//! The cases of who may do what, and who it is.

/// Makes a test of every policy case. `$fresh` is an `async fn() -> (Arc<dyn Policy>, T)`.
#[macro_export]
macro_rules! policy_conformance {
    ($fresh:ident) => {
        $crate::conformance_cases! { $fresh =>
            policy {
                every_question_is_answered,
                a_question_may_be_asked_again,
                a_retry_is_decided_as_the_send_was,
                a_question_may_be_dropped,
                many_may_ask_at_once,
                a_denial_has_a_reason_to_show,
            }
        }
    };
}

/// Makes a test of every case of an authenticator. `$issuer` is an `async fn() -> impl Issuer`: see
/// [`authenticator`](crate::conformance::authenticator).
#[macro_export]
macro_rules! authenticator_conformance {
    ($issuer:ident) => {
        $crate::authenticator_conformance! { $issuer =>
            a_token_tells_whose_it_is,
            an_expired_token_is_told,
            a_forged_token_is_refused,
            what_nobody_issued_is_refused,
            a_changed_token_is_refused,
            a_token_is_no_ticket,
            a_ticket_is_good_once,
            an_ended_session_is_refused_on_every_node,
            a_ticket_ends_with_its_session,
            nothing_is_said_of_a_credential,
        }
    };
    ($issuer:ident => $($case:ident,)*) => {
        mod authenticator {
            $(#[::tokio::test]
            async fn $case() {
                let issuer = super::$issuer().await;
                $crate::conformance::authenticator::$case(&issuer).await;
            })*
        }
    };
}
