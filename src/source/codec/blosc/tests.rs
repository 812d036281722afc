//! Against c-blosc itself, which the store's Zarr library brings along: all compressors, shuffles, sizes of values and
//! blocks; and against bytes that are no blosc.

use proptest::prelude::*;
use zarrs::array::codec::bytes_to_bytes::blosc::{
    BloscCompressionLevel, BloscCompressor, BloscShuffleMode, blosc_compress_bytes,
};

use super::super::inflate::Inflate;
use super::*;

fn decode(encoded: &[u8], expected: usize) -> Result<Vec<u8>, String> {
    let header = Header::read(encoded)?;
    if header.decoded_bytes != expected {
        return Err("another length".into());
    }
    let mut out = vec![0xee; expected];
    header.decode(encoded, &mut out, &mut Inflate::default(), &mut vec![0xee; 9])?;
    Ok(out)
}

/// Values that compress: waves in two bytes, with zeros and noise in the others.
fn plain(length: usize, seed: usize) -> Vec<u8> {
    (0..length)
        .map(|at| match at % 4 {
            0 if at * 7 % 5 == seed % 5 => (at.wrapping_mul(2_654_435_761) >> 13) as u8,
            1 => (at / 64 % 7) as u8,
            2 => (at / 700) as u8,
            _ => seed as u8,
        })
        .collect()
}

const COMPRESSORS: [BloscCompressor; 6] = [
    BloscCompressor::BloscLZ,
    BloscCompressor::LZ4,
    BloscCompressor::LZ4HC,
    BloscCompressor::Snappy,
    BloscCompressor::Zlib,
    BloscCompressor::Zstd,
];
const SHUFFLES: [BloscShuffleMode; 3] =
    [BloscShuffleMode::NoShuffle, BloscShuffleMode::Shuffle, BloscShuffleMode::BitShuffle];

fn encode(plain: &[u8], which: (usize, usize), level: u8, typesize: usize, blocksize: usize) -> Vec<u8> {
    let level = BloscCompressionLevel::try_from(level).unwrap();
    blosc_compress_bytes(plain, level, SHUFFLES[which.1], typesize, COMPRESSORS[which.0], blocksize, 1).unwrap()
}

#[test]
fn what_c_blosc_writes_is_read() {
    let mut compressed = 0;
    for (compressor, its_name) in COMPRESSORS.iter().enumerate() {
        for (shuffle, its_kind) in SHUFFLES.iter().enumerate() {
            for (typesize, length, blocksize) in [
                (4, 40_000, 0),
                (4, 300_000, 0),
                (4, 40_000, 1000),
                (8, 40_004, 2048),
                (2, 9_999, 512),
                (1, 5_000, 0),
                (16, 64_000, 4096),
                (17, 64_000, 4096),
                (4, 20, 0),
                (4, 200, 0),
            ] {
                let plain = plain(length, typesize);
                let encoded = encode(&plain, (compressor, shuffle), 5, typesize, blocksize);
                compressed += usize::from(encoded[2] & 2 == 0 && encoded.len() < length / 2);
                let case = format!("{:?} {:?} {typesize} {length} {blocksize}", its_name, its_kind);
                assert!(decode(&encoded, length).unwrap() == plain, "{case}");
            }
        }
    }
    // Or they were copies.
    assert!(compressed > 100, "{compressed}");
}

proptest! {
    #[test]
    fn any_values_come_back(
        plain in prop::collection::vec(prop_oneof![4 => 0_u8..3, 1 => any::<u8>()], 1..5000),
        which in (0..COMPRESSORS.len(), 0..SHUFFLES.len()),
        level in 0_u8..=9,
        typesize in 1_usize..20,
        blocksize in prop_oneof![Just(0_usize), 100_usize..2000],
    ) {
        let encoded = encode(&plain, which, level, typesize, blocksize);
        prop_assert!(decode(&encoded, plain.len()).unwrap() == plain);
    }

    #[test]
    fn any_bytes_are_values_or_an_error(
        seed in 0_usize..5,
        which in (0..COMPRESSORS.len(), 0..SHUFFLES.len()),
        changes in prop::collection::vec((prop_oneof![0_usize..60, any::<usize>()], any::<u8>()), 0..6),
        cut in prop::option::weighted(0.3, any::<usize>()),
    ) {
        let plain = plain(9000, seed);
        let mut encoded = encode(&plain, which, 5, 4, 2048);
        for (at, byte) in changes {
            let length = encoded.len();
            encoded[at % length] = byte;
        }
        if let Some(cut) = cut {
            encoded.truncate(cut % encoded.len());
            // Past the first check.
            let length = encoded.len() as u32;
            if let Some(field) = encoded.get_mut(12..16) {
                field.copy_from_slice(&length.to_le_bytes());
            }
        }
        let _ = decode(&encoded, plain.len());
    }

    #[test]
    fn any_bytes_are_no_harm_to_the_small_decoders(input in prop::collection::vec(any::<u8>(), 0..200), length in 0_usize..300) {
        let mut out = vec![0; length];
        let _ = lz::blosclz(&input, &mut out);
        let _ = lz::snappy(&input, &mut out);
    }
}
