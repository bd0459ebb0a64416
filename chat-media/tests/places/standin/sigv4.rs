//! AWS Signature Version 4, as "Create a signed AWS API request" and "Authenticating Requests: Using Query
//! Parameters" document it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hmac::{Hmac, Mac as _};
use http::Request;
use sha2::{Digest as _, Sha256};

use super::s3::{KEY, REGION, SECRET};

/// Whether a request is signed with our secret, in its headers or in its query.
pub(super) fn is_signed(request: &Request<Bytes>) -> bool {
    let pairs = pairs(request);
    let of = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| decoded(value))
    };
    if of("X-Amz-Signature").is_some() {
        return presigned(request, &pairs, of);
    }
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let Some(said) =
        header("authorization").and_then(|said| said.strip_prefix("AWS4-HMAC-SHA256 "))
    else {
        return false;
    };
    let field = |name: &str| {
        let mut fields = said.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    let (Some(credential), Some(signed), Some(signature)) = (
        field("Credential"),
        field("SignedHeaders"),
        field("Signature"),
    ) else {
        return false;
    };
    let (Some(payload), Some(date)) = (header("x-amz-content-sha256"), header("x-amz-date")) else {
        return false;
    };
    let is_payload =
        payload == "UNSIGNED-PAYLOAD" || payload == hex(&Sha256::digest(request.body()));
    is_payload && signature == expected(request, &pairs, (credential, signed, payload, date))
}

fn presigned(
    request: &Request<Bytes>,
    pairs: &[(String, String)],
    of: impl Fn(&str) -> Option<String>,
) -> bool {
    let unsigned: Vec<_> = pairs
        .iter()
        .filter(|(key, _)| key != "X-Amz-Signature")
        .cloned()
        .collect();
    let fields = [
        "X-Amz-Credential",
        "X-Amz-SignedHeaders",
        "X-Amz-Date",
        "X-Amz-Signature",
        "X-Amz-Expires",
    ];
    let [
        Some(credential),
        Some(signed),
        Some(date),
        Some(signature),
        Some(expires),
    ] = fields.map(of)
    else {
        return false;
    };
    let lives: u64 = expires.parse().unwrap_or(u64::MAX);
    let asked = (&*credential, &*signed, "UNSIGNED-PAYLOAD", &*date);
    lives <= 300 && is_fresh(&date) && signature == expected(request, &unsigned, asked)
}

/// Whether a date like `20261121T150000Z` is of today or yesterday: nothing here takes longer.
fn is_fresh(date: &str) -> bool {
    let now = SystemTime::now();
    let days = [now, now - Duration::from_secs(86_400)];
    days.iter().any(|day| date.starts_with(&yyyymmdd(*day)))
}

/// The date in UTC (Howard Hinnant's `civil_from_days`).
fn yyyymmdd(time: SystemTime) -> String {
    let seconds = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let days = i64::try_from(seconds / 86_400).unwrap() + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}")
}

fn expected(
    request: &Request<Bytes>,
    pairs: &[(String, String)],
    (credential, signed, payload, date): (&str, &str, &str, &str),
) -> String {
    let day = date.get(..8).unwrap_or_default();
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    if credential != format!("{KEY}/{scope}") {
        return "nobody signs so".to_owned();
    }
    let mut sorted = pairs.to_vec();
    sorted.sort();
    let query: Vec<String> = sorted
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let headers: String = signed
        .split(';')
        .map(|name| {
            let values = request.headers().get_all(name);
            let values: Vec<_> = values
                .iter()
                .map(|value| value.to_str().unwrap().trim())
                .collect();
            format!("{name}:{}\n", values.join(","))
        })
        .collect();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{signed}\n{payload}",
        request.method(),
        request.uri().path(),
        query.join("&"),
    );
    let digest = hex(&Sha256::digest(canonical));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}");
    let mut key = hmac(format!("AWS4{SECRET}").as_bytes(), day);
    for part in [REGION, "s3", "aws4_request", &text] {
        key = hmac(&key, part);
    }
    hex(&key)
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The query, encoded as it came.
pub(super) fn pairs(request: &Request<Bytes>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key.to_owned(), value.to_owned())
        })
        .collect()
}

fn decoded(text: &str) -> String {
    text.replace("%2F", "/").replace("%3B", ";")
}
