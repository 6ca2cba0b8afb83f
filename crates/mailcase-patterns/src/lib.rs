//! Regular expressions of an organization: where in a message they look, and what becomes of what they find.
//!
//! Expressions are those of the `regex` crate: no look-around and no back-references, so that every one of them is linear
//! in the text, whoever wrote either. Knows neither mail nor cases: a caller hands in texts and says which place each is.

mod compile;
mod find;
mod model;
mod named;

pub use compile::{COMPILED_BYTES, EXPRESSION_BYTES, ExpressionError, PATTERNS, PatternSet};
pub use find::{Hit, MATCHES, TEXT_BYTES, VALUE_BYTES};
pub use model::{Gives, Pattern, Place};
pub use named::{NAMED, Named};
