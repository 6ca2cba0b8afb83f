//! What stands in mail without meaning anything: names of formats that look like places, the reader's own machine.

use std::net::IpAddr;

use crate::Worth;

/// Hosts whose URLs name formats, with the begin of their paths (lower case).
const NAMESPACES: &[(&str, &[&str])] = &[
    (
        "www.w3.org",
        &[
            "/tr/",
            "/1999/",
            "/2000/",
            "/2001/",
            "/2002/",
            "/2003/",
            "/2005/",
            "/2006/",
            "/xml/",
            "/ns/",
            "/graphics/",
            "/profile/",
            "/math/",
        ],
    ),
    ("w3.org", &["/tr/", "/1999/", "/2000/", "/2001/"]),
    ("schemas.microsoft.com", &["/"]),
    ("schemas.openxmlformats.org", &["/"]),
    ("schemas.xmlsoap.org", &["/"]),
    ("schemas.google.com", &["/"]),
    ("schemas.android.com", &["/"]),
    ("schema.org", &["/"]),
    ("www.schema.org", &["/"]),
    ("purl.org", &["/dc/", "/rss/", "/net/", "/goodrelations/", "/stuff/"]),
    ("xmlns.com", &["/foaf/", "/wot/"]),
    ("ns.adobe.com", &["/"]),
    ("ogp.me", &["/ns"]),
    ("opengraphprotocol.org", &["/schema"]),
    ("rdfs.org", &["/sioc/"]),
    ("rdf.data-vocabulary.org", &["/"]),
    ("docs.oasis-open.org", &["/"]),
    ("openoffice.org", &["/2000/", "/2001/", "/2004/", "/2009/"]),
    ("www.apple.com", &["/dtds/"]),
    ("java.sun.com", &["/dtd/", "/xml/", "/jsp/"]),
    ("xml.apache.org", &["/"]),
    ("www.opengis.net", &["/"]),
    ("itunes.apple.com", &["/dtds/"]),
    ("base.google.com", &["/ns/"]),
    ("webns.net", &["/mvcb"]),
];

/// Hosts that serve fonts to pages; nobody writes them down, and nothing else is there.
const FONTS: &[&str] =
    &["fonts.googleapis.com", "fonts.gstatic.com", "use.typekit.net", "p.typekit.net", "fast.fonts.net"];

/// What a URL of that host (lower case, ASCII) and path is worth.
pub(crate) fn of_url(host: &str, path: &str) -> Worth {
    let path = path.get(..24).unwrap_or(path).to_ascii_lowercase();
    let names = NAMESPACES.iter().filter(|(name, _)| *name == host).flat_map(|(_, starts)| starts.iter());
    if names.into_iter().any(|start| path.starts_with(start)) || FONTS.contains(&host) || is_own_machine(host)
    {
        return Worth::Noise;
    }
    Worth::Normal
}

/// What a host name written alone is worth.
pub(crate) fn of_host(host: &str) -> Worth {
    let all = |starts: &[&str]| starts.contains(&"/");
    let namespace = NAMESPACES.iter().any(|(name, starts)| *name == host && all(starts));
    if namespace || FONTS.contains(&host) || is_own_machine(host) { Worth::Noise } else { Worth::Normal }
}

/// What an IP address is worth: those that are no machine of anybody's tell nothing.
pub(crate) fn of_ip(ip: IpAddr) -> Worth {
    let nobody = match ip {
        IpAddr::V4(v4) => {
            let mask = v4.octets().first() == Some(&255);
            mask || v4.octets().first() == Some(&0) || v4.is_broadcast() || v4.is_multicast()
        }
        IpAddr::V6(v6) => v6.is_multicast() || v6.is_unspecified(),
    };
    if nobody || ip.is_loopback() { Worth::Noise } else { Worth::Normal }
}

fn is_own_machine(host: &str) -> bool {
    matches!(host, "localhost" | "localhost.localdomain" | "localdomain") || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worth() {
        for (host, path, want) in [
            ("www.w3.org", "/TR/xhtml1/DTD/xhtml1-strict.dtd", Worth::Noise),
            ("www.w3.org", "/1999/xhtml", Worth::Noise),
            ("www.w3.org", "/Consortium/", Worth::Normal),
            ("schemas.microsoft.com", "/office/2004/12/omml", Worth::Noise),
            ("fonts.googleapis.com", "/css?family=x", Worth::Noise),
            ("localhost", "/", Worth::Noise),
            ("evil.example", "/TR/", Worth::Normal),
        ] {
            assert_eq!(of_url(host, path), want, "{host}{path}");
        }
        for (ip, want) in [
            ("127.0.0.1", Worth::Noise),
            ("255.255.255.0", Worth::Noise),
            ("10.0.0.1", Worth::Normal),
            ("::1", Worth::Noise),
        ] {
            assert_eq!(of_ip(ip.parse().unwrap()), want, "{ip}");
        }
        assert_eq!(of_host("schemas.microsoft.com"), Worth::Noise);
        assert_eq!(of_host("www.w3.org"), Worth::Normal);
    }
}
