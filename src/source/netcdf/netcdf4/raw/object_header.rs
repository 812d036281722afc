//! Object headers (IV.A): the messages that describe a dataset.

use super::UNDEFINED;
use super::bytes::{Bytes, Cursor, Odd};

/// A message of an object header.
pub(super) struct Message {
    /// What it is.
    pub kind: u16,
    /// Whether its bytes are a reference to one that several objects share.
    pub shared: bool,
    pub bytes: Vec<u8>,
}

/// Most blocks and messages of one header: a netCDF variable has tens.
const MOST_BLOCKS: usize = 1 << 12;
const MOST_MESSAGES: usize = 1 << 16;

const CONTINUATION: u16 = 0x10;

/// How messages follow each other.
struct Style {
    second: bool,
    with_order: bool,
}

/// Reads the messages of the object at `address`.
pub(super) fn messages(file: &(impl Bytes + ?Sized), address: u64) -> Result<Vec<Message>, Odd> {
    if address == UNDEFINED {
        return Err(Odd("an object without an address".into()));
    }
    let (style, mut blocks) = first_block(file, address)?;
    let mut messages = Vec::new();
    let mut next = 0;
    while let Some((at, length)) = blocks.get(next).copied() {
        let bytes = file.read(at, length, "object header")?;
        let from = messages.len();
        one_block(&style, &bytes, &mut messages)?;
        for message in messages.iter().skip(from).filter(|message: &&Message| message.kind == CONTINUATION) {
            blocks.push(continuation(&style, file, message)?);
        }
        if blocks.len() > MOST_BLOCKS || messages.len() > MOST_MESSAGES {
            return Err(Odd(format!("an object header of more than {MOST_BLOCKS} blocks")));
        }
        next += 1;
    }
    Ok(messages)
}

/// Place and length of the first block of messages.
fn first_block(file: &(impl Bytes + ?Sized), address: u64) -> Result<(Style, Vec<(u64, u64)>), Odd> {
    let available = file.length().saturating_sub(address).min(64);
    let bytes = file.read(address, available, "object header")?;
    let mut cursor = Cursor::new(&bytes, "object header");
    if !bytes.starts_with(b"OHDR") {
        let version = cursor.u8()?;
        if version != 1 {
            return Err(Odd(format!("object header of version {version}")));
        }
        cursor.skip(7)?;
        let length = cursor.u32()?;
        // Four more bytes are there to come to a multiple of eight.
        return Ok((Style { second: false, with_order: false }, vec![(address + 16, u64::from(length))]));
    }
    cursor.skip(4)?;
    let (version, flags) = (cursor.u8()?, cursor.u8()?);
    if version != 2 {
        return Err(Odd(format!("object header of version {version}")));
    }
    if flags & 0x20 != 0 {
        cursor.skip(16)?;
    }
    if flags & 0x10 != 0 {
        cursor.skip(4)?;
    }
    let length = cursor.sized(1 << (flags & 3))?;
    let start = address + available - cursor.left() as u64;
    Ok((Style { second: true, with_order: flags & 4 != 0 }, vec![(start, length)]))
}

fn one_block(style: &Style, bytes: &[u8], messages: &mut Vec<Message>) -> Result<(), Odd> {
    let header = match style {
        Style { second: false, .. } => 8,
        Style { with_order: false, .. } => 4,
        Style { with_order: true, .. } => 6,
    };
    let mut cursor = Cursor::new(bytes, "object header");
    // What is left can be shorter than a message's own header: a gap.
    while cursor.left() >= header {
        let (kind, length, flags);
        if style.second {
            (kind, length, flags) = (u16::from(cursor.u8()?), cursor.u16()?, cursor.u8()?);
            cursor.skip(header - 4)?;
        } else {
            (kind, length, flags) = (cursor.u16()?, cursor.u16()?, cursor.u8()?);
            cursor.skip(3)?;
        }
        let bytes = cursor.take(usize::from(length))?.to_vec();
        messages.push(Message { kind, shared: flags & 2 != 0, bytes });
    }
    Ok(())
}

/// Place and length of the messages in a further block.
fn continuation(style: &Style, file: &(impl Bytes + ?Sized), message: &Message) -> Result<(u64, u64), Odd> {
    let mut cursor = Cursor::new(&message.bytes, "object header");
    let (at, length) = (cursor.u64()?, cursor.u64()?);
    if !style.second {
        return Ok((at, length));
    }
    if file.read(at, 4, "object header")? != b"OCHK" {
        return Err(Odd(format!("no further part of an object header at byte {at}")));
    }
    // The signature before and a checksum behind.
    let inner = length.checked_sub(8).ok_or_else(|| Odd(format!("a part of an object header of {length} bytes")))?;
    Ok((at + 4, inner))
}
