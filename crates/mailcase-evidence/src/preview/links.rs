//! Where the links of a page really lead.

use mailcase_indicators::{Findings, How, Kind, Limits, Mark, Wrapper, defang, scan_link};

/// A link of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the reader of the mail saw: of a picture its description.
    pub text: String,
    /// Where it leads, as in the mail (not defanged).
    pub target: String,
    /// Where that leads in the end, when it is a link of a mail security product or a redirector that can be opened.
    pub opened: Option<String>,
    pub wrapper: Option<Wrapper>,
    /// Whether the text names another host than the link leads to.
    pub differs: bool,
    /// Whether its reader could see it.
    pub seen: bool,
}

/// One link is looked at: its wrappers and its target.
const FINDINGS: Limits = Limits { findings: 16, url_bytes: 8 << 10, unwrap_depth: 4, data_bytes: 0 };

impl Link {
    pub(super) fn new(text: String, target: String, seen: bool) -> Self {
        let mut findings = Findings::new(FINDINGS);
        let facts = mailcase_indicators::Link {
            element: "a",
            attribute: "href",
            value: &target,
            text: Some(text.trim()).filter(|text| !text.is_empty()),
            base: None,
        };
        scan_link(&facts, &mut findings);
        let found = findings.into_vec();
        let differs = found.iter().any(|one| one.marks.contains(&Mark::TextDiffers));
        let opened = found.iter().rev().find(|one| one.kind == Kind::Url && one.how == How::Unwrapped);
        let opened = opened.map(|one| (one.value.clone(), one.wrapper));
        let wrapper = opened.as_ref().and_then(|(_, wrapper)| *wrapper);
        let opened = opened.map(|(value, _)| value);
        Self { text, target, opened, wrapper, differs, seen }
    }

    /// The host it leads to, or what else there is to tell in a few letters, defanged.
    pub(super) fn short(&self) -> String {
        let target = self.opened.as_deref().unwrap_or(&self.target);
        let host = url::Url::parse(target).ok().and_then(|url| url.host_str().map(str::to_owned));
        match host {
            Some(host) => defang(&host),
            None => crate::fields::bounded(&defang(target), 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_tells_where_it_leads() {
        let link = |text: &str, target: &str| Link::new(text.to_owned(), target.to_owned(), true);
        let plain = link("here", "https://evil.example/x");
        assert_eq!((plain.differs, plain.opened.as_deref()), (false, None));
        assert_eq!(plain.short(), "evil[.]example");
        assert!(link("www.bank.example", "https://evil.example/x").differs);
        let wrapped = link("here", "https://www.google.com/url?q=https://evil.example/y&sa=D");
        assert_eq!(wrapped.opened.as_deref(), Some("https://evil.example/y"));
        assert_eq!((wrapped.wrapper, wrapped.short().as_str()), (Some(Wrapper::Google), "evil[.]example"));
        assert!(!link("", "javascript:alert(1)").differs);
    }
}
