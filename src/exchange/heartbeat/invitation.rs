//! Where rank 0 listens: what the others are told at the start.

use std::fs::File;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use serde::{Deserialize, Serialize};

use super::datagram::Nonce;

/// Rank 0's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Invitation {
    pub(super) nonce: Nonce,
    pub(super) port: u16,
    /// All addresses of its host, of one family; which of them another host can reach is found out by trying.
    pub(super) addresses: Vec<IpAddr>,
    pub(super) host: String,
}

/// A host has few addresses that matter; containers may add many.
const MOST_ADDRESSES: usize = 32;

impl Invitation {
    /// Opens rank 0's socket on a port that the system chooses.
    pub(super) fn offer() -> io::Result<(Invitation, UdpSocket)> {
        let addresses = one_family(interfaces()?);
        let socket = open(&addresses)?;
        let mut nonce = Nonce::default();
        File::open("/dev/urandom")?.read_exact(&mut nonce)?;
        let port = socket.local_addr()?.port();
        Ok((Invitation { nonce, port, addresses, host: host_name() }, socket))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// None if rank 0 could not listen.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Invitation> {
        serde_json::from_slice(bytes).ok()
    }
}

/// A socket of the addresses' family, on all interfaces.
pub(super) fn open(addresses: &[IpAddr]) -> io::Result<UdpSocket> {
    let any: IpAddr = match addresses.first() {
        Some(IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        _ => Ipv4Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((any, 0))
}

/// IPv4, unless the host is in a network of IPv6 alone. Addresses that mean something on one link only are left out.
fn one_family(all: Vec<IpAddr>) -> Vec<IpAddr> {
    let usable = |address: &IpAddr| match address {
        IpAddr::V4(address) => !address.is_link_local() && !address.is_unspecified(),
        IpAddr::V6(address) => !address.is_unicast_link_local() && !address.is_unspecified(),
    };
    let (mut four, mut six): (Vec<IpAddr>, Vec<IpAddr>) = all.into_iter().filter(usable).partition(IpAddr::is_ipv4);
    let outward = |addresses: &[IpAddr]| addresses.iter().any(|address| !address.is_loopback());
    let chosen = if outward(&six) && !outward(&four) { &mut six } else { &mut four };
    // Where there are too many, loopback stays: it is the surest way on rank 0's own host.
    chosen.sort_by_key(|address| !address.is_loopback());
    chosen.dedup();
    chosen.truncate(MOST_ADDRESSES);
    std::mem::take(chosen)
}

/// The addresses of the interfaces that are up.
fn interfaces() -> io::Result<Vec<IpAddr>> {
    let mut first: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: fills `first` with a list of its own, or fails.
    if unsafe { libc::getifaddrs(&mut first) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut found = Vec::new();
    let mut next = first;
    // SAFETY: the list ends with null, and stays until it is freed.
    while let Some(interface) = unsafe { next.as_ref() } {
        next = interface.ifa_next;
        if interface.ifa_flags & libc::IFF_UP as libc::c_uint == 0 {
            continue;
        }
        // SAFETY: null, or an address of the list; its family tells how long it is.
        let Some(address) = (unsafe { interface.ifa_addr.as_ref() }) else { continue };
        match libc::c_int::from(address.sa_family) {
            libc::AF_INET => {
                // SAFETY: of this family the address is a sockaddr_in, whatever its alignment.
                let address = unsafe { interface.ifa_addr.cast::<libc::sockaddr_in>().read_unaligned() };
                found.push(IpAddr::V4(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr))));
            }
            libc::AF_INET6 => {
                // SAFETY: of this family the address is a sockaddr_in6, whatever its alignment.
                let address = unsafe { interface.ifa_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
                found.push(IpAddr::V6(Ipv6Addr::from(address.sin6_addr.s6_addr)));
            }
            _ => {}
        }
    }
    // SAFETY: the list of above, of which nothing is kept.
    unsafe { libc::freeifaddrs(first) };
    Ok(found)
}

/// This host's name, for messages.
pub(super) fn host_name() -> String {
    let mut name = [0_u8; 256];
    // SAFETY: writes at most the length given.
    let failed = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) } != 0;
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    if failed || end == 0 {
        "a host without name".to_owned()
    } else {
        String::from_utf8_lossy(&name[..end]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rank_0_offers_is_where_it_listens() {
        let (offered, socket) = Invitation::offer().unwrap();
        assert_eq!(Invitation::from_bytes(&offered.to_bytes()), Some(offered.clone()));
        assert_ne!(offered.nonce, Nonce::default());
        assert!(offered.addresses.iter().any(IpAddr::is_loopback), "{offered:?}");
        for (number, address) in offered.addresses.iter().enumerate() {
            let sender = open(&offered.addresses).unwrap();
            sender.send_to(&[number as u8], (*address, offered.port)).unwrap();
            let mut bytes = [0; 8];
            assert_eq!((socket.recv(&mut bytes).unwrap(), bytes[0]), (1, number as u8), "{address}");
        }
        assert_ne!(Invitation::offer().unwrap().0.nonce, offered.nonce);
        assert_eq!(Invitation::from_bytes(&[]), None);
    }

    #[test]
    fn addresses_are_of_one_family_and_lead_somewhere() {
        let chosen = |all: &[&str]| -> Vec<String> {
            let all = all.iter().map(|address| address.parse().unwrap()).collect();
            one_family(all).iter().map(IpAddr::to_string).collect()
        };
        let usual = ["10.0.0.7", "::1", "fe80::1", "127.0.0.1", "2001:db8::7", "169.254.3.3"];
        assert_eq!(chosen(&usual), ["127.0.0.1", "10.0.0.7"]);
        assert_eq!(chosen(&["127.0.0.1", "::1", "fe80::1"]), ["127.0.0.1"]);
        assert_eq!(chosen(&["2001:db8::7", "127.0.0.1", "::1", "fe80::1"]), ["::1", "2001:db8::7"]);
        let many: Vec<String> = (0..200).map(|number| format!("10.0.0.{number}")).chain(["127.0.0.1".into()]).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let kept = chosen(&many);
        assert_eq!((kept.len(), kept[0].as_str()), (MOST_ADDRESSES, "127.0.0.1"));
    }
}
