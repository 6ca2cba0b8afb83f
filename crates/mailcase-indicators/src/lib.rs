//! Observables in text and links: found, normalised, unwrapped, defanged.
//!
//! Pure functions of what they are given: no I/O, no clock, no network, no knowledge of mail or cases. Linear in the
//! size of the text, bounded by [`Limits`], total: whatever the text is, there are findings or there are none.
//!
//! ```
//! use mailcase_indicators::{Findings, Kind, Limits, defang, scan_text};
//!
//! let mut findings = Findings::new(Limits::default());
//! scan_text("see hxxps://evil[.]example/x", &mut findings);
//! let url = &findings.as_slice()[0];
//! assert_eq!((url.kind, url.value.as_str()), (Kind::Url, "https://evil.example/x"));
//! assert_eq!(defang(&url.value), "hxxps[://]evil[.]example/x");
//! ```

mod address;
mod cards;
mod coins;
mod defang;
pub mod host;
mod links;
mod locators;
mod model;
mod names;
mod noise;
mod normalise;
mod own;
mod refang;
mod text;
mod whole;
pub mod wrappers;

pub use address::address;
pub use cards::{Card, card};
pub use coins::coin;
pub use defang::{DefangOptions, defang, defang_kind, defang_with};
pub use links::{Link, scan_link, scan_style};
pub use locators::scan_url;
pub use model::{Finding, Findings, How, Kind, Limits, Mark, Span, Worth};
pub use names::is_file_name;
pub use normalise::normalised;
pub use own::{LookAlike, Own};
pub use text::scan_text;
pub use whole::recognise;
pub use wrappers::Wrapper;
