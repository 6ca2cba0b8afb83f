//! The proxies of the environment: used by connectors that ask for them, by no other.

use crate::program::{mailcase, stderr, stdout, wait_for};
use crate::server::{serve, set_up};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use mailcase_testbed::squid::{self, Squid, SquidOptions};
use rustix::process::Signal;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Output;

/// What the machine of the test may have set itself.
const VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

fn test(folder: &Path, connector: &str, environment: &[(&str, &str)]) -> (Output, String) {
    let mut command = mailcase(folder);
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied());
    let output = command.args(["--data", "data", "connector", "test", connector]).output().unwrap();
    let text = format!("{}{}", stdout(&output), stderr(&output));
    (output, text)
}

#[test]
fn a_proxy_of_the_environment_is_used_only_when_it_was_chosen() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let squid = runtime.block_on(Squid::start(SquidOptions { sign_in: true })).unwrap();
    let dovecot = runtime.block_on(Dovecot::start(DovecotOptions::default())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("connectors")).unwrap();
    let connector = |name: &str, kind: &str| {
        json!({
            "api_name": name, "name": name, "kind": "imap", "active": false,
            "connection": {
                // Only the proxy knows the name.
                "host": squid::INNER_NAME, "port": dovecot.ports().imap, "security": "none", "username": "ann@example.org",
                "proxy": {"kind": kind},
            },
            "secrets": {"password": {"file": "password"}},
        })
    };
    let file = json!({ "connectors": [connector("chosen", "environment"), connector("direct", "none")] });
    fs::write(folder.path().join("connectors/password"), PASSWORD).unwrap();
    fs::write(folder.path().join("connectors/mail.yaml"), file.to_string()).unwrap();
    let mut server = serve(folder.path(), &["--connectors-dir", "connectors"]);
    set_up(&mut server);
    wait_for("the declared connectors", || {
        server.log().contains("declared connectors are in place").then_some(())
    });
    assert!(server.stop(Signal::TERM).success());

    let secret = "proxy%20secret%3A%C3%A4";
    let url = format!("http://{}:{secret}@{}:{}", squid::USER, squid.host(), squid.http_port());
    let (output, text) = test(folder.path(), "chosen", &[("https_proxy", &url)]);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let named = format!("https_proxy names 127.0.0.1:{}", squid.http_port());
    assert!(text.contains(&named) && text.contains("through the proxy"), "{text}");
    assert!(!text.contains(secret) && !text.contains(squid::PASSWORD), "{text}");

    // The exception is obeyed: then the name has to be known here, and is not.
    let (output, text) = test(folder.path(), "chosen", &[("https_proxy", &url), ("NO_PROXY", ".test")]);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("NO_PROXY lets the server be reached directly"), "{text}");

    let (output, text) = test(folder.path(), "chosen", &[]);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("neither HTTPS_PROXY nor ALL_PROXY is set"), "{text}");

    let (output, text) = test(folder.path(), "direct", &[("HTTPS_PROXY", &url), ("ALL_PROXY", &url)]);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(!text.contains("through the proxy") && text.contains("cannot be resolved"), "{text}");
}
