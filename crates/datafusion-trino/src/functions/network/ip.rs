//! IPADDRESS values, and `contains(cidr, address)`.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::error::Result;

use crate::functions::adapter::given;
use crate::functions::adapter::{Call, Memo, represent};
use crate::functions::error::FunctionError;
use crate::functions::types;

/// The 16 bytes of an address; IPv4 is mapped into IPv6.
pub fn parse(text: &str) -> Option<[u8; 16]> {
    Some(match IpAddr::from_str(text).ok()? {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    })
}

/// The address in its shortest usual form; a mapped one as IPv4.
pub fn print(bytes: &[u8]) -> String {
    let Ok(bytes) = <[u8; 16]>::try_from(bytes) else { return String::new() };
    Ipv6Addr::from(bytes).to_canonical().to_string()
}

fn is_v4(address: u128) -> bool {
    address >> 32 == 0xffff
}

/// A network: its address and how many of the 128 bits count.
#[derive(Debug)]
struct Network {
    address: u128,
    bits: u32,
    is_v4: bool,
}

fn network(cidr: &str) -> std::result::Result<Network, FunctionError> {
    let bad = |what: &str| FunctionError::argument(what);
    let (base, prefix) = cidr.split_once('/').ok_or_else(|| bad("Invalid CIDR"))?;
    if prefix.contains('/') {
        return Err(bad("Invalid CIDR"));
    }
    let is_v6 = base.contains(':');
    let address = u128::from_be_bytes(parse(base).ok_or_else(|| bad("Invalid network IP address"))?);
    let length: i32 = prefix.parse().map_err(|_| bad("Invalid prefix length"))?;
    let width = if is_v6 { 128 } else { 32 };
    let length = u32::try_from(length).map_err(|_| bad("Invalid prefix length"))?;
    if length > width {
        return Err(bad("Invalid prefix length"));
    }
    let bits = if is_v6 { length } else { length + 96 };
    if !is_v6 && address & !mask(bits) != 0 {
        return Err(bad("Invalid CIDR"));
    }
    Ok(Network { address, bits, is_v4: is_v4(address) })
}

fn mask(bits: u32) -> u128 {
    if bits == 0 { 0 } else { u128::MAX << (128 - bits) }
}

/// Whether the address is in the network.
///
/// # Errors
/// INVALID_FUNCTION_ARGUMENT when one is IPv4 and the other IPv6 (but `::/0`): whether Athena answers false
/// instead is
/// not known, so wrap the call in `try`.
fn contains_address(network: &Network, address: u128) -> std::result::Result<bool, FunctionError> {
    if network.is_v4 != is_v4(address) && network.bits != 0 {
        return Err(FunctionError::argument("IP address version should be the same"));
    }
    Ok((address ^ network.address) & mask(network.bits) == 0)
}

/// `contains(cidr, address)`.
pub fn contains(call: &Call) -> Result<ArrayRef> {
    let cidr = call.text(0)?;
    let column = call.array(1)?;
    let addresses = represent(&column.array, &types::IPADDRESS)?.as_fixed_size_binary().clone();
    let mut memo = Memo::new();
    call.booleans(|row| {
        let cidr = given!(cidr.at(row));
        let index = if column.constant { 0 } else { row };
        let bytes = given!(addresses.is_valid(index).then(|| addresses.value(index)));
        let address = u128::from_be_bytes(given!(<[u8; 16]>::try_from(bytes).ok()));
        contains_address(memo.get(cidr, network)?, address).map(Some)
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_ipnet(base: u32, prefix in 0_u8..=32, other: u32, near: bool) {
            let net = ipnet::Ipv4Net::new(Ipv4Addr::from(base), prefix).unwrap().trunc();
            let other = if near { base ^ (other & 0xff) } else { other };
            let address = u128::from(Ipv4Addr::from(other).to_ipv6_mapped());
            let ours = contains_address(&network(&net.to_string()).unwrap(), address).unwrap();
            prop_assert_eq!(ours, net.contains(&Ipv4Addr::from(other)));
        }

        #[test]
        fn prints_what_it_reads(bytes: [u8; 16]) {
            prop_assert_eq!(parse(&print(&bytes)), Some(bytes));
        }
    }
}
