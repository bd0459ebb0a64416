//! Wall-clock time, for people to read: nothing is ordered or expired by it in a conversation.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::read::read_text;

/// A moment in UTC, in whole milliseconds (the coarsest of our backends' clocks).
///
/// On the wire it is RFC 3339 with three decimals: `2026-01-31T12:00:00.250Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
pub struct Timestamp(i64);

/// The last millisecond that RFC 3339 can write: the end of the year 9999.
const MAX_MILLIS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The wall clock's present reading.
    #[must_use]
    pub fn now() -> Self {
        let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
        Self::from_millis(i64::try_from(nanos / 1_000_000).unwrap_or(MAX_MILLIS))
    }

    /// The moment `millis` milliseconds after 1970-01-01, held within the years 1970 to 9999.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < 0 {
            Self(0)
        } else if millis > MAX_MILLIS {
            Self(MAX_MILLIS)
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since 1970-01-01.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This moment and `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_millis()).unwrap_or(MAX_MILLIS);
        Self::from_millis(self.0.saturating_add(span))
    }

    /// This moment less `span`.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_millis()).unwrap_or(MAX_MILLIS);
        Self::from_millis(self.0 - span)
    }

    /// How long after `earlier` this is; zero if it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0 / 1_000, self.0 % 1_000);
        let moment = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| fmt::Error)?;
        let (year, month, day) = moment.to_calendar_date();
        let (hour, minute, second) = moment.to_hms();
        // Written with each message, so without what can write any format.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut put = |place: Range<usize>, number: u64| put(&mut text[place], number);
        put(0..4, year.unsigned_abs().into());
        put(5..7, u8::from(month).into());
        put(8..10, day.into());
        put(11..13, hour.into());
        put(14..16, minute.into());
        put(17..19, second.into());
        put(20..23, millis.unsigned_abs());
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Writes a number's last digits, as many as there is place for.
fn put(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read_text(input, |text| {
            let moment = OffsetDateTime::parse(text, &Rfc3339)?;
            let millis = moment.unix_timestamp_nanos() / 1_000_000;
            let millis = i64::try_from(millis).unwrap_or(MAX_MILLIS);
            Ok::<_, time::error::Parse>(Self::from_millis(millis))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_rfc_3339_with_three_decimals_and_comes_back() {
        let moment = Timestamp::from_millis(1_767_225_600_050);
        let text = serde_json::to_string(&moment).unwrap();

        assert_eq!(text, "\"2026-01-01T00:00:00.050Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), moment);
    }

    #[test]
    fn a_timestamp_is_written_as_the_library_for_time_writes_it() {
        let format = time::macros::format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        );
        for step in 0..2_000 {
            let moment = Timestamp::from_millis(step * 126_701_150_413 + step);
            let nanos = i128::from(moment.as_millis()) * 1_000_000;
            let expected = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap();

            assert_eq!(moment.to_string(), expected.format(format).unwrap());
        }
    }

    #[test]
    fn moments_outside_the_calendar_are_held_at_its_ends() {
        assert_eq!(Timestamp::from_millis(i64::MIN).as_millis(), 0);
        assert_eq!(
            Timestamp::from_millis(i64::MAX).to_string(),
            "9999-12-31T23:59:59.999Z"
        );
    }
}
