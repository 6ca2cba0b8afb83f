//! Outlook messages in whole compound files ([MS-OXMSG]).

use std::io::{Cursor, Write as _};

use crate::program::Program;
use crate::tnef::{FIXED, NUMBERS, SIZED};

const STORAGES: usize = 40;

type File = cfb::CompoundFile<Cursor<Vec<u8>>>;

/// The message that `steps` describe: the root, then recipients, attachments and messages within them.
pub(crate) fn message(steps: &[u8]) -> Option<Vec<u8>> {
    let mut steps = Program::new(steps);
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).ok()?;
    names(&mut file, &mut steps);
    object(&mut file, "", 32, &mut steps);
    let mut place = String::new();
    for number in 0..STORAGES {
        if steps.is_empty() {
            break;
        }
        let what = steps.byte();
        if what & 4 != 0 {
            place.clear();
        }
        let (path, header) = match what & 3 {
            0 => (format!("{place}/__recip_version1.0_#{number:08X}"), 8),
            1 => (format!("{place}/__substg1.0_3701000D"), 24),
            _ => (format!("{place}/__attach_version1.0_#{number:08X}"), 8),
        };
        if file.create_storage(&path).is_err() {
            place.clear();
            continue;
        }
        object(&mut file, &path, header, &mut steps);
        if what & 3 != 0 {
            place = path;
        }
    }
    Some(file.into_inner().into_inner())
}

/// The storage that gives numbers names (§2.2.3).
fn names(file: &mut File, steps: &mut Program<'_>) {
    if steps.byte() & 1 == 0 {
        return;
    }
    let folder = "/__nameid_version1.0";
    if file.create_storage(folder).is_ok() {
        for stream in ["00020102", "00030102", "00040102"] {
            stream_of(file, &format!("{folder}/__substg1.0_{stream}"), steps.bytes());
        }
    }
}

fn object(file: &mut File, folder: &str, header: usize, steps: &mut Program<'_>) {
    let mut fixed = vec![0; header];
    for _ in 0..steps.byte() % 24 {
        let number = steps.one_of(&NUMBERS);
        let how = steps.byte();
        let kind = if how & 1 == 0 { steps.one_of(&FIXED) } else { steps.one_of(&SIZED) };
        let multiple = how & 6 == 6 && how & 1 == 1;
        let kind = kind | if multiple { 0x1000 } else { 0 };
        let mut value = [0; 8];
        if how & 1 == 0 {
            let given = steps.take(8);
            value[..given.len()].copy_from_slice(given);
        } else {
            let content = steps.bytes();
            let name = format!("{folder}/__substg1.0_{number:04X}{kind:04X}");
            stream_of(file, &name, content);
            if multiple {
                (0..how >> 5).for_each(|at| stream_of(file, &format!("{name}-{at:08X}"), steps.bytes()));
            }
            let claimed = if how & 8 == 0 { content.len() as u32 } else { u32::from(steps.word()) };
            value[..4].copy_from_slice(&claimed.to_le_bytes());
        }
        if how & 16 == 0 {
            fixed.extend(kind.to_le_bytes());
            fixed.extend(number.to_le_bytes());
            fixed.extend(6_u32.to_le_bytes());
            fixed.extend(value);
        }
    }
    stream_of(file, &format!("{folder}/__properties_version1.0"), &fixed);
}

/// A second stream of the same name is left out, as is one below a stream.
fn stream_of(file: &mut File, path: &str, content: &[u8]) {
    if let Ok(mut stream) = file.create_new_stream(path) {
        let _ = stream.write_all(content);
    }
}
