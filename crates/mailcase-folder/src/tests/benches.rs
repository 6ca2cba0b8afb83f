//! Layouts on disk as worlds for the conformance suite. Everything arrives by renaming a finished file, with a
//! modification time in the past: files just modified count as being written.

use crate::FolderSource;
use mailcase_mail::FolderPath;
use mailcase_mail::testkit::{Abilities, Bench, HeldMessage};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// 2026-01-10T00:00:00Z: each message is modified one second after the one before.
const FIRST_MODIFIED: u64 = 1_768_003_200;

/// An mbox file of `messages`, each of which ends in a line end or is empty; quoted as mboxrd.
pub(crate) fn mbox_of(messages: &[Vec<u8>]) -> Vec<u8> {
    let entries = messages.iter().map(|raw| mbox_entry("ada@example.org", "Sat Jan 10 00:00:00 2026", raw));
    entries.collect::<Vec<_>>().concat()
}

fn mbox_entry(sender: &str, date: &str, raw: &[u8]) -> Vec<u8> {
    let mut entry = format!("From {sender} {date}\n").into_bytes();
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let depth = line.iter().take_while(|byte| **byte == b'>').count();
        if line[depth..].starts_with(b"From ") {
            entry.push(b'>');
        }
        entry.extend_from_slice(line);
    }
    entry.push(b'\n');
    entry
}

/// Returns when a change now gets another time than those in the directory have: the kernel's clock for files is coarse.
pub(super) fn wait_for_a_tick(directory: &Path) {
    use std::os::unix::fs::MetadataExt;
    let changed = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.ctime(), metadata.ctime_nsec())
    };
    let newest = fs::read_dir(directory).unwrap().map(|entry| changed(&entry.unwrap().path())).max();
    let tick = tempfile::NamedTempFile::new().unwrap();
    while newest.is_some_and(|newest| changed(tick.path()) <= newest) {
        fs::write(tick.path(), "tick").unwrap();
    }
}

pub(super) fn write_modified(path: &Path, content: &[u8], seconds: u64) {
    fs::write(path, content).unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    File::options().append(true).open(path).unwrap().set_modified(modified).unwrap();
}

/// A directory for one test, and how many messages came so far.
struct World {
    directory: TempDir,
    count: u64,
}

impl World {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap(), count: 0 }
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("mailbox")
    }

    fn source(&self) -> FolderSource {
        super::source(&self.root())
    }

    /// A finished file outside the mailbox, ready to be renamed into it.
    fn finished(&mut self, raw: &[u8], seconds: Option<u64>) -> PathBuf {
        self.count += 1;
        let path = self.directory.path().join("finished");
        write_modified(&path, raw, seconds.unwrap_or(FIRST_MODIFIED + self.count));
        path
    }
}

fn find(directories: &[PathBuf], raw: &[u8]) -> PathBuf {
    let files = directories.iter().flat_map(|directory| fs::read_dir(directory).unwrap());
    let mut paths = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths.find(|path| fs::read(path).unwrap() == raw).expect("the message is there")
}

fn seconds(received: jiff::Timestamp) -> Option<u64> {
    Some(received.as_second().try_into().unwrap())
}

pub(super) struct MaildirBench(World);

impl MaildirBench {
    pub(super) fn new() -> Self {
        let world = World::new();
        for name in ["tmp", "new", "cur"] {
            fs::create_dir_all(world.root().join(name)).unwrap();
        }
        Self(world)
    }

    fn put(&mut self, raw: &[u8], seconds: Option<u64>) {
        let finished = self.0.finished(raw, seconds);
        let name = format!("{}.M{}P1.host", FIRST_MODIFIED, self.0.count);
        fs::rename(finished, self.0.root().join("new").join(name)).unwrap();
    }

    fn directories(&self) -> [PathBuf; 2] {
        ["new", "cur"].map(|name| self.0.root().join(name))
    }
}

impl Bench for MaildirBench {
    type Source = FolderSource;

    fn abilities(&self) -> Abilities {
        Abilities { resets: false, exact_across_sources: false, ..Abilities::ALL }
    }

    fn source(&self) -> FolderSource {
        self.0.source()
    }

    fn inbox(&self) -> FolderPath {
        super::inbox()
    }

    fn other_folder(&self) -> FolderPath {
        FolderPath::new("Archive.2026")
    }

    fn missing_folder(&self) -> FolderPath {
        FolderPath::new("Missing")
    }

    async fn deliver(&mut self, raw: &[u8]) {
        self.put(raw, None);
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        self.put(raw, seconds(received));
    }

    async fn move_in(&mut self, raw: &[u8]) {
        self.put(raw, Some(1));
    }

    async fn remove(&mut self, raw: &[u8]) {
        fs::remove_file(find(&self.directories(), raw)).unwrap();
    }

    async fn mark_seen(&mut self, raw: &[u8]) {
        let path = find(&self.directories(), raw);
        let unique = path.file_name().unwrap().to_str().unwrap().split(':').next().unwrap().to_owned();
        fs::rename(path, self.0.root().join("cur").join(format!("{unique}:2,S"))).unwrap();
    }

    async fn reset_identities(&mut self) {
        unreachable!("a Maildir has no such thing");
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        let directory = match folder.as_str() {
            "INBOX" => self.0.root(),
            name => self.0.root().join(format!(".{name}")),
        };
        let mut held = Vec::new();
        for name in ["new", "cur"] {
            let Ok(entries) = fs::read_dir(directory.join(name)) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                let flags = path.to_str().unwrap().rsplit_once(":2,").map_or("", |(_, flags)| flags);
                let seen = Some(flags.contains('S'));
                assert!(name == "cur" || flags.is_empty(), "messages in `new` have no flags");
                held.push(HeldMessage { raw: fs::read(&path).unwrap(), seen });
            }
        }
        held
    }
}

pub(super) struct FilesBench(World);

impl FilesBench {
    pub(super) fn new() -> Self {
        let world = World::new();
        fs::create_dir(world.root()).unwrap();
        fs::write(world.root().join("README.txt"), "not a message").unwrap();
        Self(world)
    }

    fn put(&mut self, raw: &[u8], seconds: Option<u64>) {
        let finished = self.0.finished(raw, seconds);
        let extension = if self.0.count.is_multiple_of(2) { "eml" } else { "MSG" };
        fs::rename(finished, self.0.root().join(format!("letter {}.{extension}", self.0.count))).unwrap();
    }
}

impl Bench for FilesBench {
    type Source = FolderSource;

    fn abilities(&self) -> Abilities {
        Abilities { read_marks: false, resets: false, exact_across_sources: false, ..Abilities::ALL }
    }

    fn source(&self) -> FolderSource {
        self.0.source()
    }

    fn inbox(&self) -> FolderPath {
        super::inbox()
    }

    fn other_folder(&self) -> FolderPath {
        FolderPath::new("done/2026")
    }

    fn missing_folder(&self) -> FolderPath {
        FolderPath::new("missing")
    }

    async fn deliver(&mut self, raw: &[u8]) {
        self.put(raw, None);
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        self.put(raw, seconds(received));
    }

    async fn move_in(&mut self, raw: &[u8]) {
        wait_for_a_tick(&self.0.root());
        self.put(raw, Some(1));
    }

    async fn remove(&mut self, raw: &[u8]) {
        fs::remove_file(find(&[self.0.root()], raw)).unwrap();
    }

    async fn mark_seen(&mut self, _raw: &[u8]) {
        unreachable!("files have no read marks");
    }

    async fn reset_identities(&mut self) {
        unreachable!("files have no such thing");
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        let directory = match folder.as_str() {
            "INBOX" => self.0.root(),
            name => self.0.root().join(name),
        };
        let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.is_file() && path.extension().is_some_and(|extension| extension != "txt"))
            .map(|path| HeldMessage { raw: fs::read(path).unwrap(), seen: None })
            .collect()
    }
}

pub(super) struct MboxBench {
    world: World,
    /// Sender, date and raw bytes of each message.
    entries: Vec<(String, String, Vec<u8>)>,
}

impl MboxBench {
    pub(super) fn new() -> Self {
        let mut bench = Self { world: World::new(), entries: Vec::new() };
        bench.write();
        bench
    }

    fn put(&mut self, raw: &[u8], received: jiff::Timestamp) {
        let date = received.strftime("%a %b %e %H:%M:%S %Y").to_string();
        self.entries.push(("ada@example.org".to_owned(), date, raw.to_vec()));
        self.write();
    }

    fn write(&mut self) {
        let entries = self.entries.iter().map(|(sender, date, raw)| mbox_entry(sender, date, raw));
        let mbox = entries.collect::<Vec<_>>().concat();
        let finished = self.world.finished(&mbox, None);
        fs::rename(finished, self.world.root()).unwrap();
    }
}

impl Bench for MboxBench {
    type Source = FolderSource;

    fn abilities(&self) -> Abilities {
        Abilities {
            read_marks: false,
            removes: false,
            moves_and_deletes: false,
            keeps_missing_line_end: false,
            ..Abilities::ALL
        }
    }

    fn source(&self) -> FolderSource {
        self.world.source()
    }

    fn inbox(&self) -> FolderPath {
        super::inbox()
    }

    fn other_folder(&self) -> FolderPath {
        FolderPath::new("Archive")
    }

    fn missing_folder(&self) -> FolderPath {
        FolderPath::new("Missing")
    }

    async fn deliver(&mut self, raw: &[u8]) {
        self.put(raw, "2026-01-10T00:00:00Z".parse().unwrap());
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        self.put(raw, received);
    }

    async fn move_in(&mut self, raw: &[u8]) {
        self.put(raw, jiff::Timestamp::UNIX_EPOCH);
    }

    async fn remove(&mut self, _raw: &[u8]) {
        unreachable!("an mbox file is only appended to");
    }

    async fn mark_seen(&mut self, _raw: &[u8]) {
        unreachable!("an mbox file has no read marks");
    }

    async fn reset_identities(&mut self) {
        for (sender, _, _) in &mut self.entries {
            sender.push_str(".rewritten");
        }
        self.write();
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        let entries = self.entries.iter().filter(|_| folder.as_str() == "INBOX");
        // The file is what the bench wrote, or the source changed it.
        let written = self.entries.iter().map(|(sender, date, raw)| mbox_entry(sender, date, raw));
        assert!(fs::read(self.world.root()).unwrap() == written.collect::<Vec<_>>().concat());
        entries.map(|(_, _, raw)| HeldMessage { raw: raw.clone(), seen: None }).collect()
    }
}
