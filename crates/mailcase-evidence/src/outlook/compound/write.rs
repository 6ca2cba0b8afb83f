//! Writes compound files: storages found in one, as files of their own. The same storage always gives the same bytes.

use super::{COMPOUND_FILE, END_OF_CHAIN, ENTRY_BYTES, HEADER_FAT_SECTORS, NO_ENTRY};

const SECTOR: usize = 512;
const MINI_SECTOR: usize = 64;
/// Streams below this length share sectors.
const MINI_CUTOFF: usize = 4096;
const FREE: u32 = 0xffff_ffff;
const FAT_SECTOR: u32 = 0xffff_fffd;
const DIFAT_SECTOR: u32 = 0xffff_fffc;
/// Longest name in UTF-16 units (§2.6.1).
const NAME_UNITS: usize = 31;

/// A compound file being put together.
#[derive(Debug)]
pub(crate) struct Draft {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    name: Vec<u16>,
    /// For comparing (§2.6.4).
    key: Vec<u16>,
    /// `None` for a storage.
    content: Option<Vec<u8>>,
    class: [u8; 16],
    children: Vec<usize>,
    left: u32,
    right: u32,
    child: u32,
    red: bool,
    start: u32,
}

impl Draft {
    /// The root storage.
    pub(crate) const ROOT: usize = 0;

    /// An empty file whose root is of that class.
    pub(crate) fn new(class: [u8; 16]) -> Self {
        Self { nodes: vec![Node::new("Root Entry", None, class)] }
    }

    pub(crate) fn storage(&mut self, parent: usize, name: &str, class: [u8; 16]) -> usize {
        self.add(parent, Node::new(name, None, class))
    }

    pub(crate) fn stream(&mut self, parent: usize, name: &str, content: Vec<u8>) {
        self.add(parent, Node::new(name, Some(content), [0; 16]));
    }

    fn add(&mut self, parent: usize, node: Node) -> usize {
        let id = self.nodes.len();
        self.nodes.push(node);
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.push(id);
        }
        id
    }

    /// The file. Of entries of the same name in one storage the first is kept.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.order();
        let mini_stream = self.place_small();
        let directory_sectors = (self.nodes.len() * ENTRY_BYTES).div_ceil(SECTOR);
        let mini_fat = self.mini_fat();
        let mini_fat_sectors = (mini_fat.len() * 4).div_ceil(SECTOR);
        let large: Vec<usize> = self.large().map(|content| content.len().div_ceil(SECTOR)).collect();
        let rest = directory_sectors
            + mini_fat_sectors
            + mini_stream.len().div_ceil(SECTOR)
            + large.iter().sum::<usize>();
        let (fat_sectors, difat_sectors) = table_sectors(rest);
        let mut fat = vec![FAT_SECTOR; fat_sectors];
        fat.resize(fat_sectors + difat_sectors, DIFAT_SECTOR);
        let directory_start = chain(&mut fat, directory_sectors);
        let mini_fat_start = chain(&mut fat, mini_fat_sectors);
        let mini_stream_start = chain(&mut fat, mini_stream.len().div_ceil(SECTOR));
        let mut counts = large.into_iter();
        for node in self.nodes.iter_mut().filter(|node| node.is_large()) {
            node.start = chain(&mut fat, counts.next().unwrap_or_default());
        }
        fat.resize(fat_sectors * SECTOR / 4, FREE);

        let mut file = Vec::with_capacity((rest + fat_sectors + difat_sectors + 1) * SECTOR);
        let layout = Layout { fat_sectors, difat_sectors, directory_start, mini_fat_start, mini_fat_sectors };
        layout.header(&mut file);
        fat.iter().for_each(|entry| file.extend(entry.to_le_bytes()));
        layout.difat(&mut file);
        for (id, node) in self.nodes.iter().enumerate() {
            let root = (id == Self::ROOT).then_some((mini_stream_start, mini_stream.len()));
            node.write(&mut file, root);
        }
        for _ in self.nodes.len()..directory_sectors * SECTOR / ENTRY_BYTES {
            Node::unused(&mut file);
        }
        mini_fat.iter().for_each(|entry| file.extend(entry.to_le_bytes()));
        pad(&mut file, 0xff);
        file.extend(mini_stream);
        pad(&mut file, 0);
        for content in self.large() {
            file.extend(content);
            pad(&mut file, 0);
        }
        file
    }

    fn large(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.nodes.iter().filter(|node| node.is_large()).filter_map(|node| node.content.as_ref())
    }

    /// Makes a balanced tree of the children of each storage.
    fn order(&mut self) {
        for storage in 0..self.nodes.len() {
            let Some(node) = self.nodes.get_mut(storage) else { break };
            let mut children = std::mem::take(&mut node.children);
            let key = |id: &usize| self.nodes.get(*id).map(|node| node.key.as_slice()).unwrap_or_default();
            children.sort_by(|one, other| (key(one).len(), key(one)).cmp(&(key(other).len(), key(other))));
            children.dedup_by(|one, other| key(one) == key(other));
            let deepest = children.len().checked_ilog2().unwrap_or_default();
            let mut stack = vec![(storage, Side::Below, 0, children.len(), 0)];
            while let Some((parent, side, from, to, depth)) = stack.pop() {
                let middle = usize::midpoint(from, to);
                let Some(id) = children.get(middle).copied().filter(|_| from < to) else { continue };
                if let Some(node) = self.nodes.get_mut(id) {
                    // The last, perhaps incomplete, level is red: every way down passes as many black ones.
                    node.red = depth == deepest && depth > 0;
                }
                if let Some(parent) = self.nodes.get_mut(parent) {
                    match side {
                        Side::Below => parent.child = id as u32,
                        Side::Left => parent.left = id as u32,
                        Side::Right => parent.right = id as u32,
                    }
                }
                stack.push((id, Side::Left, from, middle, depth + 1));
                stack.push((id, Side::Right, middle + 1, to, depth + 1));
            }
        }
    }

    fn place_small(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        for node in &mut self.nodes {
            let Some(content) = node.content.as_ref().filter(|content| content.len() < MINI_CUTOFF) else {
                continue;
            };
            if content.is_empty() {
                continue;
            }
            node.start = (all.len() / MINI_SECTOR) as u32;
            all.extend_from_slice(content);
            all.resize(all.len().next_multiple_of(MINI_SECTOR), 0);
        }
        all
    }

    fn mini_fat(&self) -> Vec<u32> {
        let mut table = Vec::new();
        for node in &self.nodes {
            if let Some(content) = node.content.as_ref().filter(|content| content.len() < MINI_CUTOFF) {
                chain(&mut table, content.len().div_ceil(MINI_SECTOR));
            }
        }
        table
    }
}

#[derive(Clone, Copy)]
enum Side {
    Below,
    Left,
    Right,
}

/// Appends a chain of that many sectors to an allocation table and says where it starts.
fn chain(table: &mut Vec<u32>, sectors: usize) -> u32 {
    let start = table.len();
    if sectors == 0 {
        return END_OF_CHAIN;
    }
    table.extend((start + 1..start + sectors).map(|next| next as u32));
    table.push(END_OF_CHAIN);
    start as u32
}

/// Sectors the FAT and its own list need when there are `rest` others.
fn table_sectors(rest: usize) -> (usize, usize) {
    let (mut fat, mut difat) = (1, 0);
    loop {
        let needed = (rest + fat + difat).div_ceil(SECTOR / 4);
        let listed = needed.saturating_sub(HEADER_FAT_SECTORS).div_ceil(SECTOR / 4 - 1);
        if needed <= fat && listed <= difat {
            return (fat, difat);
        }
        (fat, difat) = (needed.max(fat), listed.max(difat));
    }
}

fn pad(file: &mut Vec<u8>, with: u8) {
    file.resize(file.len().next_multiple_of(SECTOR), with);
}

struct Layout {
    fat_sectors: usize,
    difat_sectors: usize,
    directory_start: u32,
    mini_fat_start: u32,
    mini_fat_sectors: usize,
}

impl Layout {
    /// §2.2
    fn header(&self, file: &mut Vec<u8>) {
        file.extend(COMPOUND_FILE);
        file.extend([0; 16]);
        for number in [0x3e_u16, 3, 0xfffe, 9, 6, 0, 0, 0] {
            file.extend(number.to_le_bytes());
        }
        let first_difat = if self.difat_sectors > 0 { self.fat_sectors as u32 } else { END_OF_CHAIN };
        let numbers = [
            0,
            self.fat_sectors as u32,
            self.directory_start,
            0,
            MINI_CUTOFF as u32,
            self.mini_fat_start,
            self.mini_fat_sectors as u32,
            first_difat,
            self.difat_sectors as u32,
        ];
        numbers.iter().for_each(|number| file.extend(number.to_le_bytes()));
        for place in 0..HEADER_FAT_SECTORS {
            self.fat_place(file, place);
        }
    }

    /// The FAT sectors beyond those the header lists (§2.5).
    fn difat(&self, file: &mut Vec<u8>) {
        let mut place = HEADER_FAT_SECTORS;
        for sector in 1..=self.difat_sectors {
            for _ in 0..SECTOR / 4 - 1 {
                self.fat_place(file, place);
                place += 1;
            }
            let last = sector == self.difat_sectors;
            let next = if last { END_OF_CHAIN } else { (self.fat_sectors + sector) as u32 };
            file.extend(next.to_le_bytes());
        }
    }

    fn fat_place(&self, file: &mut Vec<u8>, place: usize) {
        let sector = if place < self.fat_sectors { place as u32 } else { FREE };
        file.extend(sector.to_le_bytes());
    }
}

impl Node {
    fn new(name: &str, content: Option<Vec<u8>>, class: [u8; 16]) -> Self {
        let name: Vec<u16> = name.encode_utf16().take(NAME_UNITS).collect();
        let upper = |unit: &u16| match char::from_u32(u32::from(*unit)) {
            Some(one) => {
                let mut many = one.to_uppercase();
                match (many.next(), many.next()) {
                    (Some(single), None) => u16::try_from(u32::from(single)).unwrap_or(*unit),
                    _ => *unit,
                }
            }
            None => *unit,
        };
        let key = name.iter().map(upper).collect();
        let start = END_OF_CHAIN;
        Self {
            name,
            key,
            content,
            class,
            left: NO_ENTRY,
            right: NO_ENTRY,
            child: NO_ENTRY,
            start,
            ..Self::default()
        }
    }

    fn is_large(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.len() >= MINI_CUTOFF)
    }

    /// §2.6.1; `root` is where the shared sectors start and how long they are.
    fn write(&self, file: &mut Vec<u8>, root: Option<(u32, usize)>) {
        for place in 0..=NAME_UNITS {
            file.extend(self.name.get(place).copied().unwrap_or_default().to_le_bytes());
        }
        file.extend(((self.name.len() as u16 + 1) * 2).to_le_bytes());
        let kind = match (root, &self.content) {
            (Some(_), _) => 5,
            (None, None) => 1,
            (None, Some(_)) => 2,
        };
        file.extend([kind, u8::from(!self.red)]);
        [self.left, self.right, self.child].iter().for_each(|id| file.extend(id.to_le_bytes()));
        file.extend(self.class);
        // No state bits, no times.
        file.extend([0; 20]);
        let size = self.content.as_ref().map_or(0, Vec::len);
        let (start, size) = root.unwrap_or((if kind == 1 { 0 } else { self.start }, size));
        file.extend(start.to_le_bytes());
        file.extend((size as u64).to_le_bytes());
    }

    fn unused(file: &mut Vec<u8>) {
        file.extend([0; 68]);
        [NO_ENTRY; 3].iter().for_each(|id| file.extend(id.to_le_bytes()));
        file.extend([0; 48]);
    }
}
