//! Programs that make keys and messages, and a reader of what came out of a layer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::contents::{Content, Contents, Room};
use crate::keys::Keyring;
use crate::smime::{open, verify_detached};
use crate::{Signature, SignatureState};

/// What is signed and encrypted: an entity with lines ended as mail has them.
pub(crate) const ENTITY: &[u8] =
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe an alle.\r\nZweite Zeile\r\n";

/// Whether a program is there. Where it must be, in continuous integration, its absence fails.
pub(crate) fn have(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|folder| folder.join(program).exists());
    assert!(there || std::env::var_os("CI").is_none(), "{program} is missing: run scripts/need cryptography");
    if !there {
        eprintln!("skipped: {program} is missing; scripts/need cryptography installs it");
    }
    there
}

pub(crate) fn room() -> Room {
    Room::new(64 << 20, 5_000_000_000)
}

/// A folder in which programs run.
pub(crate) struct Workshop {
    folder: tempfile::TempDir,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mc").tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs a program in the folder; it must succeed. Gives what it wrote.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(program, arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {arguments:?}: {error}");
        output.stdout
    }

    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> std::process::Output {
        Command::new(program)
            .args(arguments)
            .current_dir(self.folder())
            .env("GNUPGHOME", self.folder())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    pub(crate) fn openssl(&self, arguments: &str) -> Vec<u8> {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        self.run("openssl", &arguments)
    }

    /// A key with a certificate that it signs itself: `name.key`, `name.crt`. `algorithm` as `openssl req -newkey`
    /// takes it.
    pub(crate) fn key(&self, name: &str, algorithm: &str) {
        self.openssl(&format!(
            "req -x509 -nodes -newkey {algorithm} -keyout {name}.key -out {name}.crt -days 30 \
             -subj /O=Example/CN={name} -addext subjectAltName=email:{name}@example.com \
             -addext keyUsage=digitalSignature,keyEncipherment,keyAgreement,keyCertSign -addext basicConstraints=critical,CA:TRUE"
        ));
    }

    /// Packs `name.key` and `name.crt` as openssl does by default and reads it.
    pub(crate) fn keyring(&self, names: &[&str]) -> Keyring {
        let mut keys = Keyring::default();
        for name in names {
            self.openssl(&format!(
                "pkcs12 -export -inkey {name}.key -in {name}.crt -out {name}.p12 -passout pass:secret"
            ));
            keys.add_pkcs12(&self.read(&format!("{name}.p12")), "secret").unwrap();
        }
        keys
    }
}

/// The one item of `contents`, which must be an entity.
pub(crate) fn entity(mut contents: Contents) -> Vec<u8> {
    assert_eq!(contents.defects, [], "{contents:?}");
    assert_eq!(contents.items.len(), 1, "{contents:?}");
    match contents.items.remove(0).content {
        Content::Entity(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn decrypted(bytes: &[u8], keys: &Keyring) -> Vec<u8> {
    let contents = open(bytes, keys, &mut room());
    assert_eq!(contents.format, "smime_enveloped");
    assert_eq!(contents.lock, None, "{contents:?}");
    entity(contents)
}

/// What was found on the way to the innermost entity.
#[derive(Debug, Default)]
pub(crate) struct Unfolded {
    pub(crate) formats: Vec<&'static str>,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) content: Vec<u8>,
}

impl Unfolded {
    pub(crate) fn all_intact(&self) -> bool {
        self.signatures.iter().all(|signature| signature.state == SignatureState::Intact)
    }
}

/// Takes the layers off an entity, as the tree does.
pub(crate) fn unfold(entity_bytes: &[u8], keys: &Keyring) -> Unfolded {
    let mut found = Unfolded { content: entity_bytes.to_vec(), ..Unfolded::default() };
    loop {
        let text = String::from_utf8_lossy(&found.content).replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let head = head.to_lowercase();
        if head.contains("pkcs7-mime") {
            let contents = open(body.as_bytes(), keys, &mut room());
            found.formats.push(contents.format);
            found.signatures.extend(contents.signatures.clone());
            found.content = entity(contents);
        } else if head.contains("multipart/signed") {
            let (content, signature) = halves(&found.content);
            let signatures = verify_detached(&signature, &content, &mut room());
            assert!(!signatures.is_empty());
            found.formats.push("multipart_signed");
            found.signatures.extend(signatures);
            found.content = content;
        } else {
            return found;
        }
    }
}

/// The canonical content of a multipart/signed, and the body of its signature.
pub(crate) fn halves(entity: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let text = String::from_utf8(entity.to_vec()).unwrap().replace("\r\n", "\n");
    let boundary = text.split("boundary=").nth(1).unwrap().trim_start_matches('"');
    let boundary = boundary.split(['"', ';', '\n']).next().unwrap();
    let delimiter = format!("\n--{boundary}");
    let mut parts = text.split(&delimiter).skip(1);
    let content = parts.next().unwrap().strip_prefix('\n').unwrap();
    let (_, signature) = parts.next().unwrap().split_once("\n\n").unwrap();
    (content.replace('\n', "\r\n").into_bytes(), signature.as_bytes().to_vec())
}
