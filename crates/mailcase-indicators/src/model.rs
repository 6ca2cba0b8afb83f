//! What a finding is, in values: kinds, places, how it was found, what is odd about it, what it is worth.

use serde::{Deserialize, Serialize};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Ipv4,
    Ipv6,
    Url,
    Domain,
    Email,
    Md5,
    Sha1,
    Sha256,
    Sha512,
    FileName,
    /// Of the Windows registry, its root spelled out.
    RegistryPath,
    Cve,
    /// Of a chain whose addresses carry a checksum, or with the `0x` of Ethereum.
    CryptoAddress,
    /// E.164, with its plus sign.
    Phone,
    /// RFC 3339, in UTC when the zone is written with it.
    DateTime,
    /// Masked: at most the first six and the last four digits (PCI DSS 4.0, 3.4.1).
    PaymentCard,
}

/// Bytes of the scanned text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Span {
    pub offset: usize,
    pub length: usize,
}

/// How a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Written in text as it is.
    #[default]
    Text,
    /// Written in text so that nothing makes a link of it: `hxxp`, `[.]`, invisible characters, broken over lines.
    Refanged,
    /// Where a click leads.
    Link,
    /// What a reader's program would load: pictures, style sheets, frames.
    Resource,
    /// Where a form is sent.
    Form,
    /// Named in CSS.
    Style,
    /// Where the page goes by itself.
    Refresh,
    /// Inside a `data:` URL.
    DataUrl,
    /// Inside a `javascript:` URL.
    Script,
    /// What a link of a mail security product or a redirector leads to ([`Finding::wrapper`]).
    Unwrapped,
}

/// What is odd about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A label of the host is not ASCII; [`Finding::unicode`] shows it as people see it.
    Idn,
    /// Characters of scripts that no language writes together (UTS 39, 5.1).
    MixedScript,
    /// Characters that can be taken for ASCII letters (UTS 39, 4).
    Confusable,
    /// The text of the link names another host than it leads to.
    TextDiffers,
    /// A user name before the host (`https://bank.example@evil.example`).
    UserInfo,
    /// An IP address written as one number, octal or hexadecimal.
    DisguisedIp,
    /// A port that is not the scheme's.
    Port,
}

/// Whether an analyst would write it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worth {
    #[default]
    Normal,
    /// On the caller's list of hosts everybody knows.
    WellKnown,
    /// The caller's own.
    Own,
    /// Names a format or the reader's own machine; nobody writes it down.
    Noise,
}

/// One observable at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: Kind,
    /// Refanged and normalised.
    pub value: String,
    pub span: Span,
    pub how: How,
    /// Whose link it was taken out of.
    pub wrapper: Option<crate::Wrapper>,
    /// Brand of a card, chain of a crypto address.
    pub detail: Option<&'static str>,
    /// The host in Unicode, where it differs.
    pub unicode: Option<String>,
    pub marks: Vec<Mark>,
    pub worth: Worth,
}

/// What one scan may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Findings kept. A page of links has hundreds; more than this is a list somebody should load elsewhere.
    pub findings: usize,
    /// Longest URL looked at. Browsers stop at 2 KiB to 2 MiB; links of mail security products reach 4 KiB.
    pub url_bytes: usize,
    /// Links within links that are opened.
    pub unwrap_depth: usize,
    /// Bytes decoded of a `data:` URL.
    pub data_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { findings: 20_000, url_bytes: 8 << 10, unwrap_depth: 5, data_bytes: 64 << 10 }
    }
}

/// What was found so far, in the order of the text.
#[derive(Debug, Default)]
pub struct Findings {
    pub(crate) limits: Limits,
    list: Vec<Finding>,
    full: bool,
}

impl Findings {
    /// Nothing found yet, to be filled within `limits`.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, list: Vec::new(), full: false }
    }

    /// Whether something was left out because of [`Limits::findings`].
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.full
    }

    #[must_use]
    pub fn as_slice(&self) -> &[Finding] {
        &self.list
    }

    #[must_use]
    pub fn into_vec(self) -> Vec<Finding> {
        self.list
    }

    /// Gives out what was found and starts again, the limit counting anew.
    pub fn take(&mut self) -> Vec<Finding> {
        self.full = false;
        std::mem::take(&mut self.list)
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        if self.list.len() < self.limits.findings {
            self.list.push(finding);
        } else {
            self.full = true;
        }
    }

    /// How many there are; marks of the newest are set with [`Self::since`].
    pub(crate) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn since(&mut self, from: usize) -> &mut [Finding] {
        self.list.get_mut(from..).unwrap_or_default()
    }
}
