//! HDF5's checksum of a chunk, four bytes behind it.

/// Fletcher's checksum of `data` in words of 16 bits, most significant byte first, as `H5_checksum_fletcher32`.
fn checksum(data: &[u8]) -> u32 {
    let (mut first, mut second) = (0_u32, 0_u32);
    let fold = |sum: u32| (sum & 0xffff) + (sum >> 16);
    // No sum overflows within 360 words.
    for part in data.chunks(720) {
        let (words, last) = part.as_chunks::<2>();
        for word in words {
            first += u32::from(u16::from_be_bytes(*word));
            second += first;
        }
        if let [byte] = last {
            first += u32::from(*byte) << 8;
            second += first;
        }
        (first, second) = (fold(first), fold(second));
    }
    (first, second) = (fold(first), fold(second));
    second << 16 | first
}

/// Takes the checksum off the end, after a check.
pub(super) fn verified(stored: &[u8]) -> Result<&[u8], String> {
    let Some((data, sum)) = stored.split_last_chunk::<4>() else {
        return Err(format!("{} bytes have no room for a checksum", stored.len()));
    };
    let (stored, ours) = (u32::from_le_bytes(*sum), checksum(data));
    // HDF5 before 1.6.3 swapped the bytes of both halves; the library still accepts that.
    let [a, b, c, d] = ours.to_le_bytes();
    if stored == ours || stored == u32::from_le_bytes([b, a, d, c]) {
        Ok(data)
    } else {
        Err(format!("its checksum (fletcher32) is {ours:#010x}, but {stored:#010x} is stored"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_words() {
        // By hand: words 0x0102, 0x0304: 0x0406; 0x0102 + 0x0406.
        assert_eq!(checksum(&[1, 2, 3, 4]), 0x0508_0406);
        // An odd byte stands in the upper half of a word.
        assert_eq!(checksum(&[1, 2, 3]), 0x0504_0402);
        assert_eq!(checksum(&[]), 0);
        // Folding at every 360 words gives what sums without folding give modulo 65535.
        let data: Vec<u8> = (0..10_001_u32).map(|at| ((at * at) >> 3) as u8).collect();
        let (mut first, mut second) = (0_u64, 0_u64);
        for word in data.chunks(2) {
            first += u64::from(word[0]) << 8 | u64::from(*word.get(1).unwrap_or(&0));
            second += first;
        }
        let ours = checksum(&data);
        assert_eq!((u64::from(ours & 0xffff) % 65535, u64::from(ours >> 16) % 65535), (first % 65535, second % 65535));
    }

    #[test]
    fn a_miss_tells_both_sums() {
        let mut stored = vec![1, 2, 3, 4];
        stored.extend(0x0508_0406_u32.to_le_bytes());
        assert_eq!(verified(&stored).unwrap(), [1, 2, 3, 4]);
        stored[4..].copy_from_slice(&[4, 6, 5, 8]);
        assert_eq!(verified(&stored).unwrap(), [1, 2, 3, 4], "as HDF5 before 1.6.3 wrote it");
        stored[4..].copy_from_slice(&0x0508_0406_u32.to_le_bytes());
        stored[0] = 7;
        let error = verified(&stored).unwrap_err();
        assert!(error.contains("0x11080a06") && error.contains("0x05080406 is stored"), "{error}");
        assert!(verified(&[1, 2, 3]).is_err());
    }
}
