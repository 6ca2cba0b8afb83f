//! SOAP envelopes as we ask.

use quick_xml::escape::escape;
use std::borrow::Cow;

const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The newest schema that Exchange 2016, 2019, the Subscription Edition and Exchange Online have in common with 2013.
const VERSION: &str = "Exchange2013_SP1";

/// A text as it stands in XML. What XML cannot hold is left out.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let holds = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(holds) {
        return escape(text);
    }
    let held: String = text.chars().filter(|c| holds(*c)).collect();
    Cow::Owned(escape(held).into_owned())
}

/// Whether the text could be an identity Exchange gave out (base64): what is no such thing is not even asked for.
pub(crate) fn is_identity(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte))
}

/// What stands around each request of a mailbox.
#[derive(Clone, Default)]
pub(crate) struct Envelope {
    /// The address of the mailbox whose owner we act as.
    impersonated: Option<String>,
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An address is nobody's business in a log.
        f.debug_struct("Envelope").field("impersonates", &self.impersonated.is_some()).finish()
    }
}

impl Envelope {
    pub(crate) const fn new(impersonated: Option<String>) -> Self {
        Self { impersonated }
    }

    pub(crate) const fn impersonates(&self) -> bool {
        self.impersonated.is_some()
    }

    /// The whole request; `operation` is the element within the body, with the prefixes `m` and `t`.
    pub(crate) fn around(&self, operation: &str) -> String {
        let impersonation = match &self.impersonated {
            Some(address) => format!(
                "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>{}</t:PrimarySmtpAddress>\
                 </t:ConnectingSID></t:ExchangeImpersonation>",
                escaped(address)
            ),
            None => String::new(),
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{SOAP}\" xmlns:t=\"{TYPES}\" \
             xmlns:m=\"{MESSAGES}\"><s:Header><t:RequestServerVersion Version=\"{VERSION}\"/>{impersonation}\
             </s:Header><s:Body>{operation}</s:Body></s:Envelope>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_person_writes_gets_out_of_its_element() {
        let envelope = Envelope::new(Some("a&b@example.org</t:X>\u{0}\u{1f}".to_owned()));
        let text = envelope.around("<m:X/>");
        assert!(
            text.contains("<t:PrimarySmtpAddress>a&amp;b@example.org&lt;/t:X&gt;</t:PrimarySmtpAddress>")
        );
        assert!(!format!("{envelope:?}").contains("example"));
        assert!(!Envelope::default().around("").contains("Impersonation"));
    }

    #[test]
    fn identities_are_told_from_everything_else() {
        assert!(is_identity("AAMkAGU4+x/y=="));
        for text in ["", "a b", "..", "é", "a\0", " a", "<", "1.1"] {
            assert!(!is_identity(text), "{text}");
        }
    }
}
