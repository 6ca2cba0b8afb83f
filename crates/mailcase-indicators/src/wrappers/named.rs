//! Links that only name the host they lead to: the rest of the target is known to the product alone.

use url::Url;

use super::{Wrapper, parameter};

pub(super) fn open(host: &str, url: &Url) -> Option<(Wrapper, String)> {
    let under =
        |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let (wrapper, name) = if under("mimecast.com") || under("mimecastprotect.com") {
        (Wrapper::Mimecast, parameter(url, "domain")?)
    } else if under("protection.sophos.com") {
        (Wrapper::Sophos, parameter(url, "d")?)
    } else if under("mandrillapp.com") && url.path().starts_with("/track/click/") {
        (Wrapper::Mandrill, url.path().rsplit('/').next()?.to_owned())
    } else {
        return None;
    };
    let name = crate::host::ascii(&name)?;
    crate::host::is_registrable(&name).then_some((wrapper, name))
}
