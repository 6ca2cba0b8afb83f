//! Dates with their time: RFC 3339 and its relatives, RFC 5322.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz::Offset};

use super::Scan;
use crate::Kind;

/// Longest date looked at: `2025-01-06T08:00:00.123456789+01:00`, `06 January 2025 08:00:00 +0000`.
const MOMENT_BYTES: usize = 40;
/// Years that mail speaks of.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What is left of a text that is read from its begin.
struct Rest<'a> {
    text: &'a str,
    length: usize,
}

impl Scan<'_> {
    /// Takes the date that begins at `start`, if there is one.
    pub(super) fn moment(&mut self, start: usize) -> bool {
        let glued = |byte: Option<u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        };
        if glued(self.before(start)) {
            return false;
        }
        let text =
            self.slice(start, self.text.floor_char_boundary((start + MOMENT_BYTES).min(self.text.len())));
        let mut rest = Rest { text, length: text.len() };
        let iso = text.as_bytes().get(4) == Some(&b'-');
        let value = if iso { rest.iso() } else { rest.mail() };
        let Some(value) = value else { return false };
        let end = start + rest.read();
        if self.byte(end).is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return false;
        }
        self.add(Kind::DateTime, value, start, end);
        self.done = end;
        true
    }
}

impl Rest<'_> {
    const fn read(&self) -> usize {
        self.length - self.text.len()
    }

    /// Between `least` and `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<i16> {
        let count = self.text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.text.split_at_checked(count).filter(|_| count >= least)?;
        self.text = rest;
        digits.parse().ok()
    }

    fn sign(&mut self, wanted: &[char]) -> Option<char> {
        let one = self.text.chars().next().filter(|one| wanted.contains(one))?;
        self.text = self.text.get(one.len_utf8()..)?;
        Some(one)
    }

    fn iso(&mut self) -> Option<String> {
        let year = self.number(4, 4)?;
        self.sign(&['-'])?;
        let month = self.number(2, 2)?;
        self.sign(&['-'])?;
        let day = self.number(2, 2)?;
        self.sign(&['T', 't', ' '])?;
        self.time(year, month, day)
    }

    fn mail(&mut self) -> Option<String> {
        let day = self.number(1, 2)?;
        self.sign(&[' ', '-'])?;
        let letters = self.text.bytes().take(9).take_while(u8::is_ascii_alphabetic).count();
        let name = self.text.get(..3).filter(|_| letters >= 3)?.to_ascii_lowercase();
        let month = MONTHS.iter().position(|month| *month == name)?;
        self.text = self.text.get(letters..)?;
        self.sign(&[' ', '-'])?;
        let year = self.number(4, 4)?;
        self.sign(&[',']);
        self.sign(&[' '])?;
        self.time(year, i16::try_from(month).ok()? + 1, day)
    }

    fn time(&mut self, year: i16, month: i16, day: i16) -> Option<String> {
        let hour = self.number(1, 2)?;
        self.sign(&[':'])?;
        let minute = self.number(2, 2)?;
        let mut second = 0;
        if self.text.starts_with(':') {
            self.sign(&[':'])?;
            second = self.number(2, 2)?;
            if self.text.starts_with(['.', ','])
                && self.text.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
            {
                self.sign(&['.', ','])?;
                let digits = self.text.bytes().take(9).take_while(u8::is_ascii_digit).count();
                self.text = self.text.get(digits..)?;
            }
        }
        let small = |number: i16| i8::try_from(number).ok();
        let civil = DateTime::new(
            year,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second.min(59))?,
            0,
        )
        .ok()?;
        if !YEARS.contains(&year) {
            return None;
        }
        Some(match self.offset() {
            Some(offset) => utc(offset, civil)?.to_string(),
            None => civil.to_string(),
        })
    }

    /// The zone, when one is written that is the same everywhere.
    fn offset(&mut self) -> Option<Offset> {
        let before = self.text;
        if self.text.starts_with(' ') {
            self.sign(&[' '])?;
        }
        let found = self.zone();
        if found.is_none() {
            self.text = before;
        }
        found
    }

    fn zone(&mut self) -> Option<Offset> {
        for name in ["UTC", "GMT", "Z", "z"] {
            if let Some(rest) = self.text.strip_prefix(name)
                && !rest.starts_with(|one: char| one.is_ascii_alphanumeric() || matches!(one, '+' | '-'))
            {
                self.text = rest;
                return Some(Offset::UTC);
            }
        }
        let sign = self.sign(&['+', '-'])?;
        let hours = self.number(2, 2)?;
        if self.text.starts_with(':') {
            self.sign(&[':'])?;
        }
        let minutes = self.number(2, 2)?;
        let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
        Offset::from_seconds(if sign == '-' { -seconds } else { seconds }).ok()
    }
}

fn utc(offset: Offset, civil: DateTime) -> Option<Timestamp> {
    offset.to_timestamp(civil).ok()
}
