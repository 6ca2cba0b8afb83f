//! The way of a message: discover → store → examine → decide → acknowledge.
//!
//! The engine knows sources only through [`mailcase_mail::MailSource`] and the database only through
//! [`mailcase_store::Store`]. Whatever it holds in memory may be lost at any moment: every step can be taken up
//! again from the database alone.

mod accounting;
mod acknowledge;
mod alarms;
mod backoff;
mod budget;
mod calm;
mod caution;
mod check;
mod closed;
mod config;
mod decider;
mod dns;
mod engine;
mod error;
mod examine;
mod expiry;
mod fetch_blame;
mod filter_preview;
mod grants;
mod handle;
mod in_flight;
mod intake;
mod keeper;
mod keyrings;
mod landing;
mod lease_keeper;
mod means;
mod measures;
mod migration;
mod newest;
mod once;
mod opening;
mod origins;
mod patterns;
mod per_organization;
mod pipeline;
mod post;
mod recovery;
mod reexaminations;
mod remote;
mod runner;
mod runners;
mod sieve;
mod silence;
mod supervisor;
mod upkeep;
mod workbench;

pub use accounting::{Accounting, FolderAccount, Gap, GapReason, UncountedFolder};
pub use config::EngineConfig;
pub use engine::Engine;
pub use error::EngineError;
pub use filter_preview::{FilterPreview, PREVIEW_MESSAGES, PreviewedMessage};
pub use handle::EngineHandle;
pub use keyrings::{Keyrings, Keys};
pub use means::{MeansOf, With};
pub use measures::describe_metrics;
pub use migration::{Comparison, Difference, DifferenceKind, FolderComparison, Trouble};
pub use once::{PassProgress, PassSummary, run_once};
pub use reexaminations::{ReexaminationProgress, reexamine};
pub use remote::Trial;
