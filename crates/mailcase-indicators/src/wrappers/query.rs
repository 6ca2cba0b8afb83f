//! Links that carry their target as a query parameter.

use url::Url;

use super::{Wrapper, parameter};

/// One product's format.
struct Format {
    wrapper: Wrapper,
    host: Host,
    /// The path, lower case.
    path: Path,
    /// The first of these that is there.
    parameters: &'static [&'static str],
}

enum Host {
    Is(&'static str),
    /// This name or one below it.
    Under(&'static str),
    /// Any host below `google` and a public suffix.
    Google,
    /// The product runs at its customers' own hosts.
    Any,
}

enum Path {
    Any,
    Is(&'static str),
    Starts(&'static str),
    Ends(&'static str),
}

const fn format(wrapper: Wrapper, host: Host, path: Path, parameters: &'static [&'static str]) -> Format {
    Format { wrapper, host, path, parameters }
}

/// The formats, as their makers or those who take them apart publish them.
const FORMATS: &[Format] = &[
    // https://learn.microsoft.com/defender-office-365/safe-links-about; every region is a label in front.
    format(Wrapper::SafeLinks, Host::Under("safelinks.protection.outlook.com"), Path::Any, &["url"]),
    format(Wrapper::SafeLinks, Host::Under("safelinks.protection.office365.us"), Path::Any, &["url"]),
    format(Wrapper::SafeLinks, Host::Under("safelinks.protection.partner.outlook.cn"), Path::Any, &["url"]),
    format(Wrapper::SafeLinks, Host::Under("safelinks.eop-tm2.outlook.com"), Path::Any, &["url"]),
    // Teams shows its warnings from a static page.
    format(
        Wrapper::SafeLinks,
        Host::Under("teams.cdn.office.net"),
        Path::Ends("/atp-safelinks.html"),
        &["url"],
    ),
    format(
        Wrapper::SafeLinks,
        Host::Under("teams.microsoft.com"),
        Path::Ends("/atp-safelinks.html"),
        &["url"],
    ),
    format(
        Wrapper::SafeLinks,
        Host::Under("teams.microsoft.us"),
        Path::Ends("/atp-safelinks.html"),
        &["url"],
    ),
    // Outlook on the web, Exchange 2007 to 2013 on the customer's host.
    format(Wrapper::Exchange, Host::Any, Path::Ends("/owa/redir.aspx"), &["url"]),
    format(Wrapper::Exchange, Host::Any, Path::Is("/owa/redir.aspx"), &["url"]),
    format(Wrapper::Exchange, Host::Any, Path::Is("/exchweb/bin/redir.asp"), &["url"]),
    format(Wrapper::Barracuda, Host::Is("linkprotect.cudasvc.com"), Path::Starts("/url"), &["a"]),
    format(
        Wrapper::TrendMicro,
        Host::Under("trendmicro.com"),
        Path::Starts("/wis/clicktime/v1/query"),
        &["url"],
    ),
    format(
        Wrapper::TrendMicro,
        Host::Under("trendmicro.eu"),
        Path::Starts("/wis/clicktime/v1/query"),
        &["url"],
    ),
    format(Wrapper::Symantec, Host::Is("clicktime.symantec.com"), Path::Any, &["u"]),
    format(Wrapper::Symantec, Host::Is("clicktime.cloud.postoffice.net"), Path::Any, &["u"]),
    format(Wrapper::Fortinet, Host::Any, Path::Starts("/fmlurlsvc/"), &["url"]),
    format(Wrapper::FireEye, Host::Under("fireeye.com"), Path::Ends("url"), &["u"]),
    format(Wrapper::FireEye, Host::Under("fireeye.gov"), Path::Ends("url"), &["u"]),
    format(Wrapper::FireEye, Host::Under("trellix.com"), Path::Ends("url"), &["u"]),
    format(Wrapper::EdgePilot, Host::Is("link.edgepilot.com"), Path::Starts("/s/"), &["u"]),
    format(Wrapper::Esva, Host::Under("urlsand.com"), Path::Any, &["u"]),
    format(Wrapper::Esva, Host::Under("urlsand.esvalabs.com"), Path::Any, &["u"]),
    format(Wrapper::Google, Host::Google, Path::Is("/url"), &["q", "url"]),
    format(Wrapper::Google, Host::Google, Path::Is("/imgres"), &["imgurl"]),
    format(Wrapper::Google, Host::Google, Path::Is("/linkredirect"), &["dest"]),
    format(Wrapper::Google, Host::Google, Path::Is("/translate"), &["u"]),
    format(Wrapper::Google, Host::Google, Path::Is("/aclk"), &["adurl"]),
    format(Wrapper::Google, Host::Under("googleadservices.com"), Path::Any, &["adurl"]),
    format(Wrapper::Google, Host::Under("doubleclick.net"), Path::Any, &["adurl"]),
    format(Wrapper::Facebook, Host::Under("facebook.com"), Path::Is("/l.php"), &["u"]),
    format(Wrapper::Facebook, Host::Is("l.facebook.com"), Path::Any, &["u"]),
    format(Wrapper::Facebook, Host::Is("lm.facebook.com"), Path::Any, &["u"]),
    format(Wrapper::Facebook, Host::Is("l.instagram.com"), Path::Any, &["u"]),
    format(Wrapper::Facebook, Host::Is("l.messenger.com"), Path::Any, &["u"]),
    format(Wrapper::Facebook, Host::Is("l.threads.net"), Path::Any, &["u"]),
    format(Wrapper::Facebook, Host::Is("l.threads.com"), Path::Any, &["u"]),
    format(Wrapper::LinkedIn, Host::Under("linkedin.com"), Path::Starts("/redir/"), &["url"]),
    format(Wrapper::LinkedIn, Host::Under("linkedin.com"), Path::Starts("/safety/go"), &["url"]),
    format(Wrapper::Slack, Host::Is("slack-redir.net"), Path::Is("/link"), &["url"]),
    format(Wrapper::YouTube, Host::Under("youtube.com"), Path::Is("/redirect"), &["q"]),
    format(Wrapper::Reddit, Host::Is("out.reddit.com"), Path::Any, &["url"]),
    format(Wrapper::Steam, Host::Is("steamcommunity.com"), Path::Starts("/linkfilter"), &["url", "u"]),
    format(Wrapper::Tumblr, Host::Is("t.umblr.com"), Path::Is("/redirect"), &["z"]),
    format(Wrapper::Vk, Host::Under("vk.com"), Path::Is("/away.php"), &["to"]),
    format(Wrapper::Disqus, Host::Is("disq.us"), Path::Is("/url"), &["url"]),
    format(Wrapper::DuckDuckGo, Host::Is("duckduckgo.com"), Path::Starts("/l/"), &["uddg"]),
];

pub(super) fn open(host: &str, url: &Url) -> Option<(Wrapper, String)> {
    url.query()?;
    let path = url.path().to_ascii_lowercase();
    FORMATS.iter().filter(|format| format.path.fits(&path) && format.host.fits(host)).find_map(|format| {
        let target = format.parameters.iter().find_map(|name| parameter(url, name))?;
        // Disqus signs its target after a colon.
        let signed = format.wrapper == Wrapper::Disqus;
        let target = if signed { target.rsplit_once(':')?.0.to_owned() } else { target };
        Some((format.wrapper, target))
    })
}

impl Host {
    fn fits(&self, host: &str) -> bool {
        match self {
            Self::Is(name) => host == *name,
            Self::Under(name) => {
                host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Self::Google => {
                let registered = crate::host::registered(host);
                registered.split('.').next() == Some("google")
            }
            Self::Any => true,
        }
    }
}

impl Path {
    fn fits(&self, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Is(want) => path == *want,
            Self::Starts(want) => path.starts_with(want),
            Self::Ends(want) => path.ends_with(want),
        }
    }
}
