use super::*;
use secrecy::ExposeSecret as _;

fn read(toml: &str, environment: &[(&str, &str)], flags: Flags) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mailcase.toml");
    std::fs::write(&file, toml).unwrap();
    load(
        Flags { config: Some(file), ..flags },
        environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
    )
}

fn mistakes(toml: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let error = read(toml, environment, Flags::default()).unwrap_err();
    error.0.into_iter().map(|mistake| mistake.message).collect()
}

#[test]
fn without_anything_one_machine_with_sqlite_is_configured() {
    let config = read("", &[], Flags::default()).unwrap();
    assert_eq!(config.listen, "127.0.0.1:8025");
    assert!(
        matches!(config.database, Database::Sqlite(path) if path == Path::new("mailcase-data/mailcase.db"))
    );
    assert!(matches!(config.blobs, Blobs::Disk(path) if path == Path::new("mailcase-data/blobs")));
    assert!(
        matches!(config.master_key, MasterKeySource::File(path) if path == Path::new("mailcase-data/master.key"))
    );
    assert!(!config.replica.is_empty());
}

#[test]
fn options_win_over_variables_and_variables_over_the_file() {
    let toml = "listen = \"127.0.0.1:1\"\npublic_url = \"https://a.test\"\nreplica = \"file\"";
    let environment = [("MAILCASE_LISTEN", "127.0.0.1:2"), ("MAILCASE_PUBLIC_URL", "https://b.test/")];
    let flags = Flags { listen: Some("127.0.0.1:3".to_owned()), ..Flags::default() };
    let config = read(toml, &environment, flags).unwrap();
    assert_eq!(config.listen, "127.0.0.1:3");
    assert_eq!(config.public_url.map(String::from).as_deref(), Some("https://b.test/"));
    assert_eq!(config.replica, "file");
}

#[test]
fn paths_in_the_file_are_relative_to_it() {
    let config = read("data = \"state\"", &[], Flags::default()).unwrap();
    let folder = config.file.as_deref().and_then(Path::parent).unwrap();
    assert_eq!(config.data, folder.join("state"));
}

#[test]
fn every_mistake_is_named_at_once() {
    let toml = "\
        lisen = \"127.0.0.1:1\"\n\
        public_url = \"mailcase.example.org\"\n\
        engine.max_connectors = \"many\"\n\
        master_key = \"00\"\n\
        [log]\nformat = \"xml\"\nlevel = \"mailcase=loud\"\n\
        [blobs]\nstore = \"s3\"\ns3.endpoint = \"http://s3.test\"\n\
        [mail]\nhost = 1\n";
    let error = read(
        toml,
        &[("MAILCASE_LISTEN", "8025"), ("MAILCASE_DATABASE", "x")],
        Flags { log_format: Some("csv".to_owned()), ..Flags::default() },
    );
    let mut lines: Vec<_> = error
        .unwrap_err()
        .0
        .into_iter()
        .map(|Mistake { origin, message }| {
            let origin = origin
                .rsplit_once("/mailcase.toml")
                .map_or(origin.clone(), |(_, rest)| format!("FILE{rest}"));
            format!("{origin}: {message}")
        })
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r"
    FILE: `blobs.s3.endpoint`: must be a URL that starts with https:// (or http:// with `blobs.s3.allow_http`)
    FILE: `engine.max_connectors` must be a whole number
    FILE: `log.level`: `mailcase=loud` is no log level; known are: error, warn, info, debug, trace
    FILE: `master_key` may not stand in a file: set MAILCASE_MASTER_KEY or `master_key_file`
    FILE: `public_url`: `mailcase.example.org` is no URL: relative URL without a base
    FILE: unknown key `lisen`; did you mean `listen`?
    FILE: unknown key `mail`
    `blobs.s3.access_key`: is needed when `blobs.store` is `s3`
    `blobs.s3.bucket`: is needed when `blobs.store` is `s3`
    `blobs.s3.secret_key`: is needed when `blobs.store` is `s3` (or `blobs.s3.secret_key_file`)
    option --log-format: `csv` is no log format; known are: text, json
    variable MAILCASE_DATABASE: is no setting of Mailcase; did you mean `MAILCASE_DATABASE_URL`?
    variable MAILCASE_LISTEN: `8025` is no address with a port, such as 127.0.0.1:8025
    ");
}

#[test]
fn a_syntax_error_names_its_line() {
    assert!(mistakes("listen = \"a:1\"\ndata = \n", &[])[0].starts_with("line 2: "));
}

#[test]
fn a_missing_file_is_a_mistake() {
    let flags = Flags { config: Some("/nowhere/mailcase.toml".into()), ..Flags::default() };
    assert!(load(flags, std::iter::empty()).unwrap_err().to_string().contains("/nowhere/mailcase.toml"));
}

#[test]
fn variables_of_kubernetes_are_left_alone() {
    let environment =
        [("MAILCASE_SERVICE_HOST", "192.0.2.1"), ("MAILCASE_PORT_8025_TCP", "tcp://192.0.2.1:8025")];
    assert!(read("", &environment, Flags::default()).is_ok());
    // Looks like one of them, and is somebody's wish.
    assert_eq!(mistakes("", &[("MAILCASE_PORT", "8080")]).len(), 1);
}

#[test]
fn secrets_come_from_files_too_and_never_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "postgres://u:p@db.test/mailcase\n").unwrap();
    let file = file.display().to_string();
    let config = read("", &[("MAILCASE_DATABASE_URL_FILE", &file)], Flags::default()).unwrap();
    assert!(
        matches!(config.database, Database::Postgres(url) if url.expose_secret() == "postgres://u:p@db.test/mailcase")
    );

    let both = [("MAILCASE_DATABASE_URL_FILE", file.as_str()), ("MAILCASE_DATABASE_URL", "sqlite:a.db")];
    assert!(mistakes("", &both)[0].contains("keep one of the two"));
}

#[test]
fn secrets_are_not_shown_in_mistakes() {
    let secret = "hunter2hunter2";
    let environment = [("MAILCASE_DATABASE_URL", secret), ("MAILCASE_MASTER_KEY", secret)];
    assert!(!mistakes("", &environment).join(" ").contains(secret));
}

#[test]
fn keys_and_variables_are_unique_and_secrets_have_their_file() {
    let mut variables: Vec<_> = SETTINGS.iter().map(Setting::variable).collect();
    variables.sort();
    variables.dedup();
    assert_eq!(variables.len(), SETTINGS.len());
    for setting in SETTINGS.iter().filter(|setting| setting.place != settings::Place::Anywhere) {
        assert!(Setting::find(&format!("{}_file", setting.key)).is_some(), "{}", setting.key);
    }
}
