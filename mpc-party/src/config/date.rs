//! Days of the calendar: until when a key is accepted.

use super::document::Field;
use crate::error::UserError;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day in UTC.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Today, by this machine's clock.
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Self::of_day(seconds / 86_400)
    }

    /// A day by its numbers.
    #[cfg(test)]
    pub(super) fn of(year: u16, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }

    /// The day with this number, counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms",
    /// `civil_from_days`, for days that are not negative).
    fn of_day(number: u64) -> Self {
        // Years begin in March here, so that the leap day is the last one.
        let shifted = number + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = 400 * era + year_of_era + u64::from(month <= 2);
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        Self { year: u16::try_from(year).unwrap_or(u16::MAX), month: month as u8, day: day as u8 }
    }

    /// Days since 1970-01-01; dates before that count as that day.
    fn number(self) -> u64 {
        let (year, month, day) = (u64::from(self.year), u64::from(self.month), u64::from(self.day));
        let year = year.saturating_sub(u64::from(month <= 2));
        let from_march = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * from_march + 2) / 5 + day - 1;
        let year_of_era = year % 400;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (year / 400 * 146_097 + day_of_era).saturating_sub(719_468)
    }

    /// Days from today until this day; none if it is over.
    pub fn days_after(self, today: Self) -> Option<u64> {
        (self >= today).then(|| self.number() - today.number())
    }

    /// A day in a document: a TOML date.
    pub(super) fn read(field: &Field<'_>) -> Result<Self, UserError> {
        let (year, month, day) = field.date()?;
        Ok(Self { year, month, day })
    }

    /// The form in which a document holds it.
    pub(super) fn to_toml(self) -> toml::value::Datetime {
        let date = toml::value::Date { year: self.year, month: self.month, day: self.day };
        toml::value::Datetime { date: Some(date), time: None, offset: None }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_numbers_and_numbers_days() {
        for (number, text) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_782, "2026-11-25"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date::of_day(number).to_string(), text);
        }
        let mut before = Date::of_day(0);
        for number in 1..80_000 {
            let day = Date::of_day(number);
            assert!(day > before && day.number() == number, "{day}");
            before = day;
        }
    }

    #[test]
    fn the_last_day_counts() {
        let (day, next) = (Date::of_day(100), Date::of_day(101));
        assert_eq!(day.days_after(day), Some(0));
        assert_eq!(next.days_after(day), Some(1));
        assert_eq!(day.days_after(next), None);
        assert!(Date::today() > Date::of_day(20_000));
    }
}
