//! Commands that need no store.

use crate::program::{fixture, mailcase, run, stderr, stdout};
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;

#[test]
fn parse_stops_at_the_tree_when_that_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let message = fixture("advisory-northwall-vpn.eml");
    let output = run(folder.path(), &["parse", "--tree", message.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let evidence: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(evidence["scope"], "tree");
    assert!(
        evidence["root"]["hashes"]["sha256"].is_string()
            || !evidence["root"]["children"].as_array().unwrap().is_empty()
    );
    assert_eq!(evidence["indicators"], Value::Array(Vec::new()));
}

#[test]
fn parse_prints_the_evidence_of_a_file_and_of_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let message = fixture("advisory-northwall-vpn.eml");
    let from_file = run(folder.path(), &["parse", message.to_str().unwrap()]);
    assert!(from_file.status.success(), "{}", stderr(&from_file));
    let evidence: Value = serde_json::from_slice(&from_file.stdout).unwrap();
    let values: Vec<_> = evidence["indicators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["value"].as_str().unwrap())
        .collect();
    for expected in ["CVE-2026-99101", "192.0.2.211", "telemetry.northwall-fix.test"] {
        assert!(values.iter().any(|value| value.eq_ignore_ascii_case(expected)), "{expected} in {values:?}");
    }

    let from_pipe =
        mailcase(folder.path()).args(["parse", "-"]).stdin(File::open(&message).unwrap()).output().unwrap();
    assert_eq!(stdout(&from_pipe), stdout(&from_file));
}

#[test]
fn every_sample_has_evidence() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fixture("").read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            let output = run(folder.path(), &["parse", path.to_str().unwrap()]);
            assert!(output.status.success(), "{}: {}", path.display(), stderr(&output));
            let evidence: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(evidence["size"], path.metadata().unwrap().len(), "{}", path.display());
        }
    }
}

#[test]
fn several_messages_are_one_line_each_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let samples = fixture("");
    let by_folder = run(folder.path(), &["parse", samples.to_str().unwrap()]);
    let pattern = format!("{}/*.eml", samples.display());
    let by_pattern = run(folder.path(), &["parse", &pattern]);
    let files = |output: &std::process::Output| -> Vec<String> {
        let lines = stdout(output);
        lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["file"].as_str().unwrap().to_owned())
            .filter(|file| file.ends_with(".eml"))
            .collect()
    };
    let found = files(&by_folder);
    assert!(found.len() > 5 && found.is_sorted(), "{found:?}");
    assert_eq!(found, files(&by_pattern));

    let broken = run(folder.path(), &["parse", &found[0], "no-such.eml", &found[1]]);
    assert_eq!(broken.status.code(), Some(1));
    assert_eq!(stdout(&broken).lines().count(), 2, "the others are there all the same");
    assert!(stderr(&broken).contains("no-such.eml cannot be opened"), "{}", stderr(&broken));
    assert!(stderr(&broken).contains("1 of 3 files could not be read"), "{}", stderr(&broken));
    assert_eq!(run(folder.path(), &["parse", "no-such-*.eml"]).status.code(), Some(1));
}

#[test]
fn a_summary_is_for_people_and_obeys_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let message = folder.path().join("mail.eml");
    let raw = "Subject: =?utf-8?Q?a=1B[31mb_=E2=80=AEcod?=\nFrom: Eve <eve@bad.example>\n\
               Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee http://bad.example/x\n--b\n\
               Content-Type: application/zip; name=\"a.exe\"\n\nMZ\n--b--\n";
    std::fs::write(&message, raw).unwrap();
    let output = run(folder.path(), &["parse", "--summary", message.to_str().unwrap()]);
    let text = stdout(&output);
    for expected in
        ["Subject    a [31mb cod", "Eve <eve@bad.example>", "hxxp[://]bad[.]example/x", "/2", "a.exe"]
    {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn parts_are_written_under_safe_names_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let message = folder.path().join("mail.eml");
    let inner = "Subject: within\n\nhello\n";
    let raw = format!(
        "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\nThis is a message in MIME.\n--b\n\nbody\n--b\n\
         Content-Type: application/octet-stream; name=\"../../evil.exe\"\nContent-Transfer-Encoding: base64\n\nTVo=\n--b\n\
         Content-Type: message/rfc822\n\n{inner}\n--b\nContent-Type: text/x-empty; name=none.txt\n\n--b--\n"
    );
    std::fs::write(&message, raw).unwrap();
    let to = folder.path().join("out");
    let extract = |files: &[&str]| {
        let arguments = [&["parse", "--extract", to.to_str().unwrap()], files].concat();
        run(folder.path(), &arguments)
    };
    let name = message.to_str().unwrap();
    assert!(extract(&[name]).status.success());
    let names = |folder: &Path| {
        let mut names: Vec<_> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let parts = ["1 part-1.txt", "2 evil.exe", "3 message-3.eml", "3-1 part-3-1.txt", "4 none.txt"];
    assert_eq!(names(&to), parts);
    let read = |name: &str| std::fs::read_to_string(to.join(name)).unwrap();
    assert_eq!((read(parts[0]), read(parts[1]), read(parts[2])), ("body".into(), "MZ".into(), inner.into()));

    let again = extract(&[name]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("is there already; nothing was overwritten"), "{}", stderr(&again));
    assert_eq!(names(&to), parts, "nothing half done is left");

    assert!(extract(&[name, name]).status.success());
    assert_eq!(names(&to.join("mail.eml")), parts);
    assert_eq!(names(&to.join("mail.eml (2)")), parts);
}

#[test]
fn an_mbox_file_is_its_messages() {
    let folder = tempfile::tempdir().unwrap();
    let one = "From eve@bad.example Mon Jan  5 10:00:00 2026\nSubject: one\n\n>From here\n";
    let two = "From eve@bad.example Mon Jan  5 10:00:01 2026\nSubject: two\n\nhttp://two.example/\n";
    std::fs::write(folder.path().join("all.mbox"), format!("{one}\n{two}")).unwrap();
    std::fs::write(folder.path().join("single.eml"), one).unwrap();
    let found = |arguments: &[&str]| -> Vec<(String, String, String)> {
        let output = run(folder.path(), &[&["parse"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let read = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let word = |value: &Value| value.as_str().unwrap().trim_end().to_owned();
            let evidence = &line["evidence"];
            (word(&line["file"]), word(&evidence["envelope"]["subject"]), word(&evidence["text"]["content"]))
        };
        stdout(&output).lines().map(read).collect()
    };
    let all = found(&["all.mbox"]);
    let line = |number: usize, subject: &str, text: &str| {
        (format!("all.mbox, message {number}"), subject.to_owned(), text.to_owned())
    };
    assert_eq!(all, [line(1, "one", "From here"), line(2, "two", "http://two.example/")]);
    let mixed = found(&["single.eml", "all.mbox"]);
    assert_eq!(mixed.len(), 3);
    assert_eq!(mixed[0].0, "single.eml", "one message that was taken out of an mbox stays as it is");
    assert!(run(folder.path(), &["parse", "--extract", "out", "all.mbox"]).status.success());
    let text = std::fs::read_to_string(folder.path().join("out/all.mbox (2)/part.txt"));
    assert_eq!(text.unwrap_or_default(), "http://two.example/\n");
}

#[test]
fn a_message_sent_in_pieces_is_put_together() {
    let folder = tempfile::tempdir().unwrap();
    let piece = |number: u32, content: &str| {
        let head = format!("Subject: piece {number}\nFrom: eve@bad.example\nContent-Type: message/partial;");
        let text = format!("{head} id=\"1@bad.example\"; number={number}; total=2\n\n{content}");
        std::fs::write(folder.path().join(format!("{number}.eml")), text).unwrap();
    };
    piece(
        1,
        "Subject: whole\nContent-Type: application/octet-stream; name=x.exe\nContent-Transfer-Encoding: base64\n\nTVqQ\n",
    );
    piece(2, "AAMA\n");
    let alone = run(folder.path(), &["parse", "--summary", "2.eml"]);
    assert_eq!(alone.status.code(), Some(3), "the rest of it is missing");
    assert!(stdout(&alone).contains("a piece of a larger message"), "{}", stdout(&alone));
    let both = run(folder.path(), &["parse", "--extract", "out", "2.eml", "1.eml"]);
    assert!(both.status.success(), "{}", stderr(&both));
    let last: Value = serde_json::from_str(stdout(&both).lines().nth(2).unwrap()).unwrap();
    assert_eq!(last["file"], "1.eml + 2.eml");
    assert_eq!(last["evidence"]["envelope"]["subject"], "whole");
    assert_eq!(std::fs::read(folder.path().join("out/put together/x.exe")).unwrap(), b"MZ\x90\0\x03\0");
}

#[test]
fn a_charset_may_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let message = folder.path().join("mail.eml");
    std::fs::write(&message, b"Content-Type: text/plain; charset=iso-8859-1\n\n\xf0\xd2\xe9\n").unwrap();
    let name = message.to_str().unwrap();
    let text = |output: &std::process::Output| {
        let evidence: Value = serde_json::from_slice(&output.stdout).unwrap();
        (
            evidence["text"]["content"].as_str().unwrap().to_owned(),
            evidence["root"]["read_as"]["because"].clone(),
        )
    };
    assert_eq!(text(&run(folder.path(), &["parse", name])).0, "ðÒé\n");
    let asked = run(folder.path(), &["parse", "--charset", "/=koi8-r", name]);
    assert_eq!(text(&asked), ("ПрИ\n".to_owned(), "asked".into()));
    let wrong = run(folder.path(), &["parse", "--charset", "/=klingon", name]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("klingon is no charset"), "{}", stderr(&wrong));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["parse", "no-such.eml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no-such.eml cannot be opened"), "{}", stderr(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut child =
        mailcase(folder.path()).arg("openapi").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn completions_know_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert!(output.status.success());
        for word in ["serve", "doctor", "connectors-dir"] {
            assert!(stdout(&output).contains(word), "{word} for {shell}");
        }
    }
    assert_eq!(run(folder.path(), &["completions", "abacus"]).status.code(), Some(2));
}

#[test]
fn the_man_page_is_printed_or_written_per_command() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["man"]);
    assert!(stdout(&output).contains(".TH mailcase 1"), "{}", stdout(&output));
    assert!(run(folder.path(), &["man", "--out", "pages"]).status.success());
    for page in ["mailcase.1", "mailcase-serve.1", "mailcase-connector-test.1"] {
        assert!(folder.path().join("pages").join(page).is_file(), "{page}");
    }
    assert!(!folder.path().join("pages/mailcase-reference.1").exists());
}

#[test]
fn the_openapi_document_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let document: Value = serde_json::from_slice(&run(folder.path(), &["openapi"]).stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/cases"].is_object());
}

#[test]
fn the_reference_pages_are_fresh() {
    let folder = tempfile::tempdir().unwrap();
    for page in ["configuration", "cli"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/{page}.md"));
        let printed = stdout(&run(folder.path(), &["reference", page]));
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(printed == kept, "docs/{page}.md is out of date: run `make fix`");
    }
}

#[test]
fn commands_that_look_make_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["account"][..], &["connector", "list"], &["import", "."]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains("mailcase serve"), "{}", stderr(&output));
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn encrypted_mail_is_read_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &[&str]| {
        let output =
            std::process::Command::new("openssl").args(arguments).current_dir(folder.path()).output();
        let output = output.expect("openssl runs");
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    };
    openssl(&[
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "c", "-subj", "/CN=Desk",
    ]);
    openssl(&["pkcs12", "-export", "-inkey", "k", "-in", "c", "-out", "key.p12", "-passout", "pass:secret"]);
    std::fs::write(folder.path().join("in"), "Content-Type: text/plain\r\n\r\nwithin\r\n").unwrap();
    openssl(&["cms", "-encrypt", "-aes-128-cbc", "-in", "in", "-out", "mail.eml", "c"]);

    let locked = run(folder.path(), &["parse", "--summary", "mail.eml"]);
    assert_eq!(locked.status.code(), Some(3));
    assert!(stdout(&locked).contains("no such key is there"), "{}", stdout(&locked));

    let with = |password: &str| {
        let mut command = mailcase(folder.path());
        command.args(["parse", "--key", "key.p12", "mail.eml"]).env("MAILCASE_KEY_PASSWORD", password);
        command.output().unwrap()
    };
    let opened = with("secret");
    assert!(opened.status.success(), "{}", stderr(&opened));
    let evidence: Value = serde_json::from_slice(&opened.stdout).unwrap();
    assert_eq!(evidence["text"]["content"], "within\r\n");
    let wrong = with("wrong");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        stderr(&wrong).contains("key.p12 cannot be used: the password does not open"),
        "{}",
        stderr(&wrong)
    );
}
