//! What ranks send: 24 bytes, little-endian: the run's number, kind, route, rank.

/// Bytes of a datagram.
pub(super) const LEN: usize = 24;

/// A number that only this run has, so that nothing else is taken for a beat of it.
pub(super) type Nonce = [u8; 16];

/// What a datagram says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The rank lives.
    Beat,
    /// Rank 0 lives, and has heard the rank.
    Answer,
    /// The sender ends well; it is not to be missed.
    Farewell,
}

/// A datagram of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Datagram {
    pub(super) kind: Kind,
    /// Which of rank 0's addresses it was sent to; an answer has that of its beat.
    pub(super) route: u16,
    /// The rank that sends; of an answer, the one that is answered.
    pub(super) rank: u32,
}

const KINDS: [(u16, Kind); 3] = [(1, Kind::Beat), (2, Kind::Answer), (3, Kind::Farewell)];

impl Datagram {
    pub(super) fn to_bytes(self, nonce: &Nonce) -> [u8; LEN] {
        let kind = KINDS.iter().find(|(_, kind)| *kind == self.kind).map_or(0, |(number, _)| *number);
        let mut bytes = [0; LEN];
        bytes[..16].copy_from_slice(nonce);
        bytes[16..18].copy_from_slice(&kind.to_le_bytes());
        bytes[18..20].copy_from_slice(&self.route.to_le_bytes());
        bytes[20..].copy_from_slice(&self.rank.to_le_bytes());
        bytes
    }

    /// None for what is not a datagram of this run.
    pub(super) fn from_bytes(bytes: &[u8], nonce: &Nonce) -> Option<Datagram> {
        let rest = bytes.strip_prefix(nonce)?;
        let [kind0, kind1, route0, route1, rank @ ..] = *<&[u8; LEN - 16]>::try_from(rest).ok()?;
        let number = u16::from_le_bytes([kind0, kind1]);
        let (_, kind) = KINDS.into_iter().find(|(known, _)| *known == number)?;
        Some(Datagram { kind, route: u16::from_le_bytes([route0, route1]), rank: u32::from_le_bytes(rank) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_comes_back_from_its_bytes_and_nothing_else_does() {
        let nonce = [7; 16];
        for (kind, route, rank) in
            [(Kind::Beat, 0, 1), (Kind::Answer, 31, 70_000), (Kind::Farewell, u16::MAX, u32::MAX)]
        {
            let datagram = Datagram { kind, route, rank };
            let bytes = datagram.to_bytes(&nonce);
            assert_eq!(Datagram::from_bytes(&bytes, &nonce), Some(datagram));
            assert_eq!(Datagram::from_bytes(&bytes, &[8; 16]), None);
            assert_eq!(Datagram::from_bytes(&bytes[..LEN - 1], &nonce), None);
            assert_eq!(Datagram::from_bytes(&[&bytes[..], &[0]].concat(), &nonce), None);
            let mut other = bytes;
            other[16] = 4;
            assert_eq!(Datagram::from_bytes(&other, &nonce), None);
        }
        assert_eq!(Datagram::from_bytes(&[], &nonce), None);
    }
}
