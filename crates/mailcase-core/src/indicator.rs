//! What people think of an indicator.

use crate::case::named;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

named! {
    pub enum Judgement, "mark" {
        Malicious = "malicious",
        /// Means nothing here, though others may write it down.
        Benign = "benign",
        /// The organization's own.
        Own = "own",
    }
}

named! {
    /// Where it is said what an indicator is.
    pub enum MarkSource, "source" {
        /// In a mark somebody set.
        Mark = "mark",
        /// In the organization's settings: it is at or below an own domain.
        OwnDomains = "own_domains",
    }
}

named! {
    /// How far a mark reaches.
    pub enum MarkScope, "scope" {
        /// One value of one kind.
        Value = "value",
        /// A domain with everything below it, the URLs on it and the addresses at it.
        Below = "below",
        /// Addresses of a network, and URLs that name them.
        Network = "network",
    }
}
