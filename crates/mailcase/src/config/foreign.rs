//! Variables with our prefix that others set for others. Whatever else begins with the prefix is a setting or a mistake.

use super::settings::VARIABLE_PREFIX;
use std::net::IpAddr;

/// Read by other commands than those with a configuration: `mailcase parse --key`.
const OF_OTHER_COMMANDS: &[&str] = &["KEY_PASSWORD"];

/// Whether the variable is none of the server's.
pub(super) fn is_foreign(name: &str, text: &str) -> bool {
    let Some(rest) = name.strip_prefix(VARIABLE_PREFIX) else { return true };
    OF_OTHER_COMMANDS.contains(&rest) || is_of_kubernetes(rest, text)
}

/// Whether Kubernetes describes a service with this variable, one that is called `mailcase` or whose name begins with
/// `mailcase-` (<https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables>).
/// The value counts as well: `MAILCASE_PORT=8080` is somebody's mistake.
fn is_of_kubernetes(rest: &str, text: &str) -> bool {
    let words: Vec<&str> = rest.split('_').collect();
    match words.as_slice() {
        [.., "SERVICE", "HOST"] => is_address(text),
        [.., "SERVICE", "PORT"] => is_port(text),
        [.., "PORT", port, protocol] if is_port(port) && is_protocol(protocol) => is_url(text),
        [.., "PORT", port, protocol, what] if is_port(port) && is_protocol(protocol) => match *what {
            "PROTO" => is_protocol(&text.to_ascii_uppercase()),
            "PORT" => is_port(text),
            "ADDR" => is_address(text),
            _ => false,
        },
        [.., "PORT"] => is_url(text),
        // A port may have a name, of any words.
        words => words.windows(2).any(|pair| pair == ["SERVICE", "PORT"]) && is_port(text),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn is_protocol(text: &str) -> bool {
    ["TCP", "UDP", "SCTP"].contains(&text)
}

/// `tcp://192.0.2.1:8025`.
fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(protocol, rest)| {
        is_protocol(&protocol.to_ascii_uppercase())
            && rest.rsplit_once(':').is_some_and(|(host, port)| {
                is_address(host.trim_start_matches('[').trim_end_matches(']')) && is_port(port)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn only_what_others_set_for_others_is_left_alone() {
        for (name, text, foreign) in [
            ("MAILCASE_PORT", "tcp://192.0.2.1:8025", true),
            ("MAILCASE_PORT", "tcp://[2001:db8::1]:8025", true),
            ("MAILCASE_PORT", "8080", false),
            ("MAILCASE_PORT", "https://example.org", false),
            ("MAILCASE_PORTS", "tcp://192.0.2.1:8025", false),
            ("MAILCASE_PORT_8025_TCP", "tcp://192.0.2.1:8025", true),
            ("MAILCASE_PORT_8025_TCP_PROTO", "tcp", true),
            ("MAILCASE_PORT_8025_TCP_PORT", "8025", true),
            ("MAILCASE_PORT_8025_TCP_ADDR", "192.0.2.1", true),
            ("MAILCASE_PORT_53_UDP_ADDR", "2001:db8::1", true),
            ("MAILCASE_PORT_8025_TCP_COLOR", "192.0.2.1", false),
            ("MAILCASE_PORT_8025_HTTP", "tcp://192.0.2.1:8025", false),
            ("MAILCASE_PORT_HTTP", "8080", false),
            ("MAILCASE_SERVICE_HOST", "192.0.2.1", true),
            ("MAILCASE_SERVICE_HOST", "mail.example.org", false),
            ("MAILCASE_SERVICE_PORT", "8025", true),
            ("MAILCASE_SERVICE_PORT", "tcp", false),
            ("MAILCASE_SERVICE_PORT_HTTP", "8025", true),
            ("MAILCASE_SERVICE_PORT_HTTP_API", "8025", true),
            ("MAILCASE_SERVICE_NAME", "mailcase", false),
            // Of a service called mailcase-db.
            ("MAILCASE_DB_SERVICE_HOST", "192.0.2.1", true),
            ("MAILCASE_DB_PORT_5432_TCP", "tcp://192.0.2.1:5432", true),
            ("MAILCASE_KEY_PASSWORD", "x", true),
            ("MAILCASE_KEY_PASSWORDS", "x", false),
            ("MAILCASE_CORPUS", "/srv/corpus", false),
            ("MAILCASE_BENCH_KIT", "/srv/bench", false),
            ("MAILCASE_TEST_ANYTHING", "x", false),
            ("HOME", "/root", true),
        ] {
            assert_eq!(is_foreign(name, text), foreign, "{name}={text}");
        }
    }
}
