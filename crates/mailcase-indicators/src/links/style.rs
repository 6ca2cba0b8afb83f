//! Style sheets: what they load.

use memchr::memmem;

use crate::locators::{self, Place};
use crate::text::whole;
use crate::{Findings, How};

/// URLs of one style sheet that are looked at.
const URLS: usize = 500;

/// Finds what a style sheet or a `style` attribute loads: `url(…)` and `@import "…"`.
pub fn scan_style(css: &str, out: &mut Findings) {
    let place = Place { span: whole(css.len()), how: How::Style, wrapper: None };
    let bytes = css.as_bytes();
    for at in
        memmem::find_iter(bytes, b"(").take(URLS * 4).filter(|at| ends_with(bytes, *at, b"url")).take(URLS)
    {
        add(css.get(at + 1..).unwrap_or_default(), ')', place, out);
    }
    for at in memmem::find_iter(bytes, b"@import").take(URLS) {
        let rest = css.get(at + 7..).unwrap_or_default().trim_start();
        if rest.starts_with(['"', '\'']) {
            add(rest, ';', place, out);
        }
    }
}

fn ends_with(bytes: &[u8], at: usize, word: &[u8]) -> bool {
    let before = at.checked_sub(word.len()).and_then(|from| bytes.get(from..at));
    before.is_some_and(|before| before.eq_ignore_ascii_case(word))
}

fn add(rest: &str, end: char, place: Place, out: &mut Findings) {
    let rest = rest.get(..rest.floor_char_boundary(out.limits.url_bytes)).unwrap_or_default().trim_start();
    let quote = rest.chars().next().filter(|one| matches!(one, '"' | '\''));
    let value = match quote {
        Some(quote) => rest.get(1..).unwrap_or_default().split(quote).next(),
        None => rest.split(end).next(),
    };
    let value = value.unwrap_or_default().trim();
    if value.starts_with("//") {
        locators::add(out, &format!("https:{value}"), place, 0);
    } else {
        locators::add(out, value, place, 0);
    }
}
