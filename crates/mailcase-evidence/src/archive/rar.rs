//! RAR archives of all versions, by `rars` with its limits set to ours.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use rars::{
    Archive, ArchiveFamily, ArchiveMember, ArchiveMemberDetail, ArchiveReadOptions, ArchiveReader, ErrorKind,
    ExtractionDecision, ExtractionErrorAction,
};

use super::{
    Attempt, End, FACT_BYTES, FREE_BYTES, Keys, MEMBERS, RATIO, Unpacked, WINDOW_BYTES, damaged, dos_time,
    fact, locked, mark_duplicates, named, no_more_tries, too_many, unix_time,
};
use crate::contents::{Content, Contents, Item, Room};
use crate::fields::bounded;
use crate::{Fact, Lock};

/// Headers read of one archive, and their bytes.
const HEADERS: u64 = 10_000;
const HEADER_BYTES: u64 = 8 << 20;
/// Nanoseconds of the key derivation before version 5: 262,144 rounds of SHA-1.
const OLD_DERIVATION: u64 = 60_000_000;
/// Nanoseconds of one round from version 5 on, of which there are two to the power the archive says.
const ROUND_COST: u64 = 800;
/// Power that WinRAR uses.
const POWER: u8 = 15;
/// Nanoseconds for one byte to decrypt and unpack with a password that may be wrong.
const BYTE_COST: u64 = 30;

pub(super) fn open(bytes: &[u8], keys: &mut Keys<'_>, room: &mut Room) -> Contents {
    let mut contents = Contents { format: "rar", ..Contents::default() };
    let (archive, password) = match read(bytes, keys, room) {
        Ok(read) => read,
        Err(defect) => {
            contents.lock = defect.is_none_or(|full| full).then_some(Lock::Password);
            contents.defects.extend(defect.map(|full| {
                if full {
                    no_more_tries()
                } else {
                    damaged("the list of members is damaged or of an unknown version")
                }
            }));
            return contents;
        }
    };
    if let Ok(Some(comment)) = archive.comment_with_options(options(password.as_deref(), FREE_BYTES)) {
        let comment = String::from_utf8_lossy(&comment);
        contents.facts.push(Fact::new("comment", bounded(comment.trim_end_matches('\0'), FACT_BYTES)));
    }
    let members: Vec<ArchiveMember> = archive.members().take(MEMBERS + 1).collect();
    if members.len() > MEMBERS {
        too_many(&mut contents);
    }
    let mut unpacked = unpack(&archive, &members, password, keys, room);
    for (index, member) in members.iter().enumerate().take(MEMBERS) {
        if !member.meta.is_directory {
            contents.items.push(item(member, unpacked.get_mut(index).and_then(Option::take)));
        }
    }
    mark_duplicates(&mut contents.items);
    contents
}

fn options(password: Option<&str>, output: u64) -> ArchiveReadOptions<'_> {
    ArchiveReadOptions::with_optional_password(password.map(str::as_bytes))
        .with_max_header_count(HEADERS)
        .with_max_header_bytes(HEADER_BYTES)
        .with_max_total_output_bytes(output)
        .with_max_reader_workspace_bytes(WINDOW_BYTES)
        .with_rar50_dictionary_size_limit(WINDOW_BYTES)
}

/// Reads the list of members, which may be encrypted: then the password comes with it. The error says whether tries ran
/// out (`Some(true)`), it is damaged (`Some(false)`) or locked (`None`).
fn read(
    bytes: &[u8],
    keys: &mut Keys<'_>,
    room: &mut Room,
) -> Result<(Archive, Option<String>), Option<bool>> {
    match ArchiveReader::read_with_options(bytes, options(None, FREE_BYTES)) {
        Ok(archive) => return Ok((archive, None)),
        Err(error) if error.kind() == ErrorKind::PasswordRequired => {}
        Err(_) => return Err(Some(false)),
    }
    let cost = header_power(bytes).map_or(OLD_DERIVATION, derivation_cost);
    let attempt = keys.search(|password| {
        if !room.spend(cost) {
            return Attempt::Full;
        }
        match ArchiveReader::read_with_options(bytes, options(Some(password), FREE_BYTES)) {
            Ok(archive) => Attempt::Open((archive, Some(password.to_owned()))),
            Err(_) => Attempt::Wrong,
        }
    });
    match attempt {
        Attempt::Open(read) => Ok(read),
        Attempt::Wrong => Err(None),
        Attempt::Full => Err(Some(true)),
    }
}

fn derivation_cost(power: u8) -> u64 {
    1_u64.checked_shl(u32::from(power)).unwrap_or(u64::MAX).saturating_mul(ROUND_COST)
}

/// Power of the rounds for encrypted headers of version 5: behind the mark, a checksum and a size, type, flags, version
/// and flags of the encryption, all of them numbers of seven bits per byte.
fn header_power(bytes: &[u8]) -> Option<u8> {
    let mut rest = bytes.strip_prefix(b"Rar!\x1a\x07\x01\0")?.get(4..)?;
    for _ in 0..5 {
        let end = rest.iter().position(|byte| byte & 0x80 == 0)?;
        rest = rest.get(end + 1..)?;
    }
    rest.first().copied()
}

/// What one try on a member costs.
fn member_cost(archive: &Archive) -> u64 {
    match archive.as_rar50() {
        Some(archive) => {
            let powers = archive.files().filter_map(|file| file.encryption.as_ref()).map(|one| one.kdf_count);
            derivation_cost(powers.max().unwrap_or(POWER))
        }
        None => OLD_DERIVATION,
    }
}

/// What came of each member, by its index.
type Outcomes = Vec<Option<Outcome>>;

enum Outcome {
    Unpacked(Unpacked),
    Locked,
    /// Locked, and not all passwords were tried.
    Full,
    Bomb,
}

fn unpack(
    archive: &Archive,
    members: &[ArchiveMember],
    known: Option<String>,
    keys: &mut Keys<'_>,
    room: &mut Room,
) -> Outcomes {
    let encrypted = members.iter().position(|member| member.meta.is_encrypted && !member.meta.is_directory);
    let (mut password, mut full) = (known, false);
    if let Some(first) = encrypted.filter(|_| password.is_none()) {
        match search(archive, members, first, keys, room) {
            Attempt::Open(found) => password = Some(found),
            Attempt::Wrong => {}
            Attempt::Full => full = true,
        }
    }
    let locked_members = members.iter().filter(|member| member.meta.is_encrypted).count() as u64;
    if password.is_some() && !room.spend(member_cost(archive).saturating_mul(locked_members)) {
        (password, full) = (None, true);
    }
    let mut outcomes = run(archive, members, password.as_deref(), None, room.bytes());
    for (member, outcome) in members.iter().zip(&mut outcomes) {
        if let Some(Outcome::Unpacked(unpacked)) = outcome
            && room.take(unpacked.bytes.len()).is_err()
        {
            *outcome = Some(Outcome::Unpacked(Unpacked { bytes: Vec::new(), end: End::Full }));
        }
        if member.meta.is_encrypted && password.is_none() {
            *outcome = Some(if full { Outcome::Full } else { Outcome::Locked });
        }
    }
    outcomes
}

/// The password that opens the first encrypted member.
fn search(
    archive: &Archive,
    members: &[ArchiveMember],
    first: usize,
    keys: &mut Keys<'_>,
    room: &mut Room,
) -> Attempt<String> {
    let cost = member_cost(archive);
    keys.search(|password| {
        if !room.spend(cost) {
            return Attempt::Full;
        }
        let outcomes = run(archive, members, Some(password), Some(first), room.bytes());
        let Some(Some(Outcome::Unpacked(unpacked))) = outcomes.get(first) else { return Attempt::Wrong };
        if !room.spend((unpacked.bytes.len() as u64).saturating_mul(BYTE_COST)) {
            return Attempt::Full;
        }
        match unpacked.end {
            End::Whole => Attempt::Open(password.to_owned()),
            _ => Attempt::Wrong,
        }
    })
}

/// Where a member is written while it is unpacked.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Unpacks the members, or those up to `last`, as far as the password and the limits allow.
fn run(
    archive: &Archive,
    members: &[ArchiveMember],
    password: Option<&str>,
    last: Option<usize>,
    room: u64,
) -> Outcomes {
    let solid = archive.is_solid();
    let sinks: Vec<RefCell<Option<Sink>>> = members.iter().map(|_| RefCell::new(None)).collect();
    let bombs: Vec<RefCell<bool>> = members.iter().map(|_| RefCell::new(false)).collect();
    let failed = RefCell::new(vec![false; members.len()]);
    let packed: u64 = members.iter().map(|member| member.meta.packed_size).fold(0, u64::saturating_add);
    let mut current = 0;
    let at = RefCell::new(0);
    let result = archive.extract_with_control_and_errors(
        options(password, room),
        |member| {
            let index = current;
            current += 1;
            at.replace(index);
            if index >= members.len() || last.is_some_and(|last| index > last) {
                return Ok(ExtractionDecision::Stop);
            }
            let meta = &member.meta;
            let cap = FREE_BYTES.saturating_add(RATIO.saturating_mul(if solid {
                packed
            } else {
                meta.packed_size
            }));
            let bomb = meta.unpacked_size > cap && !meta.is_directory;
            if let Some(flag) = bombs.get(index) {
                flag.replace(bomb);
            }
            let unwanted = last.is_some_and(|last| index < last) && !solid;
            if meta.is_directory || meta.is_redirection || unwanted {
                return Ok(ExtractionDecision::Skip);
            }
            if bomb
                || meta.unpacked_size > room
                || (meta.is_encrypted && password.is_none())
                || meta.is_split_before
                || meta.is_split_after
            {
                return Ok(if solid { ExtractionDecision::Stop } else { ExtractionDecision::Skip });
            }
            let sink = Sink::default();
            if let Some(slot) = sinks.get(index) {
                slot.replace(Some(sink.clone()));
            }
            Ok(ExtractionDecision::Extract(Box::new(sink)))
        },
        |_, _| {
            if let Some(flag) = failed.borrow_mut().get_mut(*at.borrow()) {
                *flag = true;
            }
            Ok(ExtractionErrorAction::Continue)
        },
    );
    if result.is_err()
        && let Some(flag) = failed.borrow_mut().get_mut(*at.borrow())
    {
        *flag = true;
    }
    let failed = failed.into_inner();
    let outcomes = sinks.into_iter().zip(bombs).zip(failed).map(|((sink, bomb), failed)| {
        if bomb.into_inner() {
            return Some(Outcome::Bomb);
        }
        let bytes = sink.into_inner()?.0.take();
        let end = if failed { End::Damaged } else { End::Whole };
        Some(Outcome::Unpacked(Unpacked { bytes, end }))
    });
    outcomes.collect()
}

fn item(member: &ArchiveMember, outcome: Option<Outcome>) -> Item {
    let meta = &member.meta;
    let name = member.decoded_name(None);
    let mut item = named(&String::from_utf8_lossy(name.as_deref().unwrap_or(meta.name_bytes())));
    let when = match (meta.file_time, meta.family) {
        (Some(seconds), ArchiveFamily::Rar50Plus) => unix_time(i64::from(seconds)),
        (Some(packed), _) => dos_time((packed >> 16) as u16, (packed & 0xffff) as u16),
        _ => None,
    };
    if let Some(when) = when {
        fact(&mut item, "modified", when);
    }
    if let ArchiveMemberDetail::Rar50Plus { redirection: Some(link), .. } = &member.detail {
        let kind = if link.redirection_type < 4 { "symbolic_link" } else { "hard_link" };
        fact(&mut item, kind, String::from_utf8_lossy(&link.target_name));
    }
    if meta.is_encrypted {
        fact(
            &mut item,
            "encryption",
            if meta.family == ArchiveFamily::Rar50Plus { "aes256" } else { "aes128" },
        );
    }
    let size = Some(meta.unpacked_size);
    item.content = Content::Listed { size };
    match outcome {
        Some(Outcome::Unpacked(unpacked)) => unpacked.into_item(&mut item, size),
        Some(Outcome::Bomb) => Unpacked { bytes: Vec::new(), end: End::Bomb }.into_item(&mut item, size),
        Some(Outcome::Locked) => locked(&mut item, size),
        Some(Outcome::Full) => {
            locked(&mut item, size);
            item.defects.push(no_more_tries());
        }
        None if meta.is_redirection => {}
        None if meta.is_split_before || meta.is_split_after => {
            let message = "it begins or ends in another volume of the archive";
            item.defects.push(crate::Defect::new("unsupported_set", message));
        }
        None => item.defects.push(damaged("it could not be reached: unpacking ended before it")),
    }
    item
}
