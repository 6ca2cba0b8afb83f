//! Lists of MAPI properties as TNEF writes them ([MS-OXTNEF] §2.1.3.4).

use super::super::bytes::Bytes;
use super::super::named::{FIRST_NAMED, Name, Names};
use super::super::properties::{Place, Property, kind};

/// Values of one property that are kept.
const VALUES: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct List<'a> {
    pub(super) values: Vec<(u16, Property<'a>)>,
    /// It should be longer.
    pub(super) cut: bool,
}

/// One list.
pub(super) fn list<'a>(data: &'a [u8], names: &mut Names) -> List<'a> {
    let mut fields = Bytes::new(data);
    next_list(&mut fields, names)
}

/// The properties of each row of a table.
pub(super) fn rows<'a>(data: &'a [u8], most: usize, names: &mut Names) -> (Vec<List<'a>>, bool) {
    let mut fields = Bytes::new(data);
    let count = fields.size().unwrap_or_default();
    let mut rows = Vec::new();
    while rows.len() < count.min(most) && !fields.is_empty() {
        let row = next_list(&mut fields, names);
        let cut = row.cut;
        rows.push(row);
        if cut {
            break;
        }
    }
    let more = rows.len() == most && count > most;
    (rows, more)
}

fn next_list<'a>(fields: &mut Bytes<'a>, names: &mut Names) -> List<'a> {
    let mut list = List::default();
    let Some(count) = fields.u32() else {
        list.cut = true;
        return list;
    };
    for _ in 0..count {
        let Some(value) = property(fields, names) else {
            list.cut = true;
            break;
        };
        list.values.push(value);
    }
    list
}

fn property<'a>(fields: &mut Bytes<'a>, names: &mut Names) -> Option<(u16, Property<'a>)> {
    let (kind, number) = (fields.u16()?, fields.u16()?);
    if number >= FIRST_NAMED {
        let set = fields.guid()?;
        let name = match fields.u32()? {
            0 => Name::Number(fields.u32()?),
            _ => Name::text(padded(fields)?),
        };
        names.insert(set, name, number);
    }
    let place = match (kind, kind & !kind::MANY) {
        (kind::UNICODE | kind::ANSI | kind::BINARY | kind::OBJECT, _) => {
            let count = fields.u32()?;
            let mut first = None;
            for _ in 0..count {
                let value = padded(fields)?;
                first = first.or(Some(value));
            }
            Place::Slice(first.unwrap_or_default())
        }
        (kind, simple) if kind != simple => {
            let count = fields.u32()?;
            let mut many = Vec::new();
            for _ in 0..count {
                let value = match simple {
                    kind::UNICODE | kind::ANSI | kind::BINARY => padded(fields)?,
                    // Values that take no bytes could be as many as anybody likes to say.
                    _ => fields.take(fixed(simple).filter(|bytes| *bytes > 0)?)?,
                };
                if many.len() < VALUES {
                    many.push(Place::Slice(value));
                }
            }
            Place::Many(many)
        }
        _ => Place::Slice(fields.take(fixed(kind)?)?),
    };
    Some((number, Property { kind, place }))
}

/// Bytes with their length before and zeros behind up to a multiple of four.
fn padded<'a>(fields: &mut Bytes<'a>) -> Option<&'a [u8]> {
    let length = fields.size()?;
    let value = fields.take(length)?;
    fields.take_up_to(length.next_multiple_of(4) - length);
    Some(value)
}

/// Bytes a value of a fixed length takes. Nothing is known of what follows a value of an unknown type.
fn fixed(of: u16) -> Option<usize> {
    use kind::{APP_TIME, BOOLEAN, CURRENCY, ERROR, F32, F64, GUID, I16, I32, I64, TIME};
    match of {
        0 | 1 => Some(0),
        I16 | I32 | F32 | ERROR | BOOLEAN => Some(4),
        F64 | CURRENCY | APP_TIME | I64 | TIME => Some(8),
        GUID => Some(16),
        _ => None,
    }
}
