//! Wrong settings and wrong paths are named clearly.

use super::{inbox, list, source, source_with};
use crate::{FolderSettings, FolderSource, Layout, source_kind};
use mailcase_mail::{MailSource, Scope, SourceError, StepStatus};
use serde_json::{Value, json};
use std::path::Path;

fn read(connection: Value) -> Result<FolderSettings, String> {
    FolderSettings::read(connection.as_object().unwrap()).map_err(|error| error.to_string())
}

#[test]
fn wrong_settings_are_named() {
    let check = |connection: Value, part: &str| {
        let message = read(connection).unwrap_err();
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    };
    check(json!({}), "missing field `path`");
    check(json!({"path": "mail"}), "must be absolute");
    check(json!({"path": ""}), "must be absolute");
    check(json!({"path": "/mail/../etc"}), "must not contain `..`");
    check(json!({"path": "/mail\u{0}"}), "NUL");
    check(json!({"path": "/mail", "layout": "mh"}), "unknown variant `mh`");
    check(json!({"path": "/mail", "user": "x"}), "unknown field `user`");
    check(json!({"path": 1}), "expected a string");
}

#[test]
fn settings_have_defaults() {
    let settings = read(json!({"path": "/mail"})).unwrap();
    assert_eq!((settings.layout, settings.recursive), (Layout::Auto, false));
}

#[test]
fn the_schema_describes_every_setting() {
    let schema = source_kind().settings_schema;
    let order: Vec<_> = schema["x-order"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let mut properties: Vec<_> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    properties.sort_unstable();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, properties);
    for name in order {
        assert!(schema["properties"][name]["title"].is_string(), "{name} has no title");
        assert!(schema["properties"][name]["description"].is_string(), "{name} has no description");
    }
    for choice in ["layout", "quoting"] {
        for value in schema["properties"][choice]["oneOf"].as_array().unwrap() {
            assert!(value["const"].is_string() && value["title"].is_string(), "{choice}: {value}");
        }
    }
    assert_eq!(schema["required"], json!(["path"]));
    assert_eq!(schema["additionalProperties"], json!(false));
}

async fn first_error(source: &mut FolderSource) -> SourceError {
    source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap_err()
}

#[tokio::test]
async fn a_path_that_is_not_there_is_unreachable_and_checked_so() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    for layout in ["auto", "maildir", "files", "mbox"] {
        let mut source = source_with(&missing, json!({"layout": layout}));
        let error = first_error(&mut source).await;
        assert!(matches!(error, SourceError::Unreachable { hint: Some(_), .. }), "{layout}: {error:?}");
        let report = source.check(&[inbox()]).await;
        assert!(!report.passed(), "{layout}: {report:?}");
    }
    let report = source(&missing).check(&[inbox()]).await;
    assert_eq!(report.steps[0].status, StepStatus::Failed);
    assert!(report.steps[0].hint.is_some());
    assert_eq!(report.steps[1].status, StepStatus::Skipped);
}

#[tokio::test]
async fn a_path_of_another_layout_is_a_wrong_setting() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "Subject: not an mbox\n\n").unwrap();
    for (path, layout) in [
        (file.as_path(), "maildir"),
        (&file, "files"),
        (&file, "auto"),
        (&file, "mbox"),
        (directory.path(), "mbox"),
    ] {
        let error = first_error(&mut source_with(path, json!({"layout": layout}))).await;
        assert!(matches!(error, SourceError::Settings { .. }), "{layout}: {error:?}");
    }
    let error = first_error(&mut source_with(directory.path(), json!({"layout": "maildir"}))).await;
    assert!(error.to_string().contains("is not a Maildir"), "{error}");
    let error = first_error(&mut source(Path::new("/dev/null"))).await;
    assert!(error.to_string().contains("neither a file nor a directory"), "{error}");
}

#[tokio::test]
async fn a_mailbox_that_vanishes_fails_rather_than_being_empty() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mail");
    std::fs::create_dir(&path).unwrap();
    super::benches::write_modified(&path.join("a.eml"), b"Subject: a\n\n", 1);
    let mut source = source(&path);
    let (heads, cursor) = list(&mut source, None).await;
    std::fs::remove_dir_all(&path).unwrap();
    let error = super::fetch(&mut source, &heads[0].id).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    let error = source.discover(&inbox(), Scope::NewFromAll, Some(&cursor), 1).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
}
