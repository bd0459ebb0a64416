//! Cookies of a host's own login.

use std::time::Duration;

use warp::reply::Response;

use crate::rest::cookies;

/// Which sites' pages have their browser send a cookie along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sites {
    /// Pages of the server's own site, and links to it: `SameSite=Lax`, over plain HTTP too.
    Own,
    /// Any site's pages, over HTTPS alone: `SameSite=None; Secure`, for a front end on another site. The Origin has to
    /// be looked at then: [`Request::refuse_other_sites`](super::Request::refuse_other_sites).
    Any,
}

/// Gives a browser a cookie that no script can read (RFC 6265bis), for all paths and so long; an empty `value` for no
/// time takes it away. What cannot stand in a cookie is not sent.
pub fn set_cookie(response: &mut Response, name: &str, value: &str, life: Duration, sites: Sites) {
    let sites = match sites {
        Sites::Own => "SameSite=Lax",
        Sites::Any => "SameSite=None; Secure",
    };
    cookies::write(response.headers_mut(), name, value, life.as_secs(), sites);
}
