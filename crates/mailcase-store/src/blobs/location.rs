//! Where a blob stands within the blob store, as the database names it.

use super::BlobHash;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Opaque outside this crate; kept as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(pub(crate) Place);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A record within a segment file, at this offset.
    Segment { segment: Uuid, offset: u64 },
    /// A file of its own. The UUID tells this put from every other of the same bytes.
    Large { hash: BlobHash, put: Uuid },
    /// An object in S3.
    Object { hash: BlobHash, put: Uuid },
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Segment { segment, offset } => write!(f, "segment/{segment}/{offset}"),
            Place::Large { hash, put } => write!(f, "large/{}/{hash}.{put}", hash.shard()),
            Place::Object { hash, put } => write!(f, "blobs/{}/{hash}.{put}", hash.shard()),
        }
    }
}

/// A location written by another version of this program.
#[derive(Debug, thiserror::Error)]
#[error("a blob's location cannot be read")]
pub struct UnknownLocation;

impl FromStr for Location {
    type Err = UnknownLocation;

    fn from_str(text: &str) -> Result<Self, UnknownLocation> {
        let mut parts = text.split('/');
        let (Some(kind), Some(middle), Some(last), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UnknownLocation);
        };
        let own = || {
            let (hash, put) = last.split_once('.').ok_or(UnknownLocation)?;
            Ok((hash.parse().map_err(|_| UnknownLocation)?, put.parse().map_err(|_| UnknownLocation)?))
        };
        Ok(Self(match kind {
            "segment" => Place::Segment {
                segment: middle.parse().map_err(|_| UnknownLocation)?,
                offset: last.parse().map_err(|_| UnknownLocation)?,
            },
            "large" => own().map(|(hash, put)| Place::Large { hash, put })?,
            "blobs" => own().map(|(hash, put)| Place::Object { hash, put })?,
            _ => return Err(UnknownLocation),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_survive_being_text() {
        let hash = BlobHash::of(b"x");
        let put = Uuid::now_v7();
        for place in [
            Place::Segment { segment: put, offset: 4096 },
            Place::Large { hash, put },
            Place::Object { hash, put },
        ] {
            let location = Location(place);
            assert_eq!(location.to_string().parse::<Location>().unwrap(), location);
        }
        for text in ["", "segment/x/1", "segment/1", "large/ab/cd", "large/../../etc/passwd", "else/a/b"] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }
}
