use super::*;
use secrecy::ExposeSecret as _;

/// Reads a folder of `(name, text)`, with one environment variable, checked by the core alone.
fn check(files: &[(&str, &str)]) -> Result<Vec<Declaration>, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let environment = |name: &str| (name == "PHISHING_PASSWORD").then(|| "s3cret".to_owned());
    read(folder.path(), &environment, &|settings, _| settings.validate()).map_err(|error| {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        error.0.into_iter().map(|m| format!("{}: {}: {}", name(&m.path), m.field, m.message)).collect()
    })
}

const GOOD: &str = "\
connectors:
  - api_name: phishing
    name: Phishing reports
    kind: imap
    connection: {host: mail.example.org}
    folders: [INBOX]
    disposition: {action: move, folder: Done}
    secrets:
      password: {env: PHISHING_PASSWORD}
      other: {file: other.txt}
  - {api_name: archive, name: Archive, kind: folder, active: false}
";

#[test]
fn connectors_come_with_their_secrets() {
    let declarations =
        check(&[("a.yaml", GOOD), ("other.txt", "from a file\n"), ("notes.txt", "no YAML: [")]).unwrap();
    let [phishing, archive] = &declarations[..] else { panic!("{declarations:?}") };
    assert_eq!(phishing.settings.api_name, "phishing");
    assert_eq!(phishing.secrets["password"].expose_secret(), "s3cret");
    assert_eq!(phishing.secrets["other"].expose_secret(), "from a file");
    assert!(phishing.active && !archive.active);
}

#[test]
fn every_mistake_of_every_file_is_named_with_file_and_field() {
    let broken = "\
connectors:
  - {api_name: a, name: A, kind: imap, poll_secnds: 5}
  - {api_name: b, name: B, kind: imap, poll_seconds: often}
  - {api_name: B!, name: '', kind: imap}
  - {api_name: c, name: C, kind: imap, secrets: {password: hunter2}}
  - {api_name: d, name: D, kind: imap, secrets: {password: {env: UNSET}, token: {file: gone}}}
  - {api_name: e, name: E, kind: imap, active: perhaps}
  - {api_name: f, name: F, kind: imap, disposition: {action: burn}}
";
    let files = [
        ("a.yml", broken),
        ("b.yaml", "connector: []"),
        ("c.yaml", "connectors: ["),
        ("d.yaml", GOOD),
        ("e.yaml", GOOD),
        ("other.txt", "x"),
    ];
    let mistakes = check(&files).unwrap_err();
    let text = mistakes.join("\n");
    for expected in [
        "a.yml: connectors[0].poll_secnds: unknown field `poll_secnds`",
        "a.yml: connectors[1].poll_seconds: invalid type: string \"often\"",
        "a.yml: connectors[2].name: give a name",
        "a.yml: connectors[2].api_name: use 1 to 64",
        "a.yml: connectors[3].secrets.password: must be `{env: NAME}`",
        "a.yml: connectors[4].secrets.password: the environment variable UNSET is not set",
        "a.yml: connectors[4].secrets.token: ",
        "a.yml: connectors[5].active: must be true or false",
        "a.yml: connectors[6].disposition",
        "b.yaml: : unknown field `connector`",
        "c.yaml: : ",
        "e.yaml: api_name: `phishing` is declared in ",
    ] {
        assert!(text.contains(expected), "{expected}\nis missing in\n{text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_key_that_stands_twice_is_a_mistake_wherever_it_stands() {
    for (twice, key, line) in [
        ("connectors:\n- name: A\n  api_name: a\n  kind: imap\n  name: B\n", "name", 5),
        ("connectors:\n- {name: A, api_name: a, kind: imap, folders: [a], folders: []}\n", "folders", 2),
        (
            "connectors:\n- name: A\n  api_name: a\n  kind: imap\n  connection:\n    host: a\n    host: b\n",
            "host",
            7,
        ),
        (
            "connectors:\n- name: A\n  api_name: a\n  kind: imap\n  secrets: {password: {env: A}, password: {env: B}}\n",
            "password",
            5,
        ),
    ] {
        let mistakes = check(&[("twice.yaml", twice)]).unwrap_err();
        let [mistake] = &mistakes[..] else { panic!("{mistakes:?}") };
        assert!(mistake.starts_with("twice.yaml: "), "{mistake}");
        assert!(mistake.contains(&format!("the key `{key}` stands here twice")), "{mistake}");
        assert!(mistake.contains(&format!("line {line} ")), "{mistake}");
    }
    let mistakes = check(&[("twice.yaml", "connectors: []\nconnectors: []\n")]).unwrap_err();
    assert!(mistakes[0].contains("duplicate") && mistakes[0].contains("connectors"), "{mistakes:?}");
}

#[test]
fn a_missing_folder_is_a_mistake_and_an_empty_one_declares_nothing() {
    assert!(check(&[]).unwrap().is_empty());
    let error = read(Path::new("/nowhere"), &|_| None, &|_, _| Vec::new()).unwrap_err();
    assert!(error.to_string().contains("/nowhere: cannot be read"));
}
