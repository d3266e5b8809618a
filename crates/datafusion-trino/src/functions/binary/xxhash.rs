//! `xxhash64` of varbinary: the hash with seed 0, as eight bytes.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryArray};
use datafusion::error::Result;

use super::encodings::binary;
use crate::functions::adapter::{Call, Overload, Param, Spec};

pub(super) const XXHASH64: Spec =
    Spec { name: "xxhash64", overloads: &[Overload::new(&[Param::Binary], binary, eval)] };

const P1: u64 = 0x9e37_79b1_85eb_ca87;
const P2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const P3: u64 = 0x1656_67b1_9e37_79f9;
const P4: u64 = 0x85eb_ca77_c2b2_ae63;
const P5: u64 = 0x27d4_eb2f_1656_67c5;

fn eval(call: &Call) -> Result<ArrayRef> {
    let bytes = call.binary(0)?;
    let rows = call.each(|row| Ok(bytes.at(row).map(|bytes| xxhash64(bytes).to_be_bytes())))?;
    Ok(Arc::new(rows.iter().map(|hash| hash.as_ref().map(<[u8; 8]>::as_slice)).collect::<BinaryArray>()))
}

fn round(sum: u64, lane: u64) -> u64 {
    sum.wrapping_add(lane.wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1)
}

/// A number of the bytes, the least significant one first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn xxhash64(bytes: &[u8]) -> u64 {
    let mut stripes = bytes.chunks_exact(32);
    let mut hash = if bytes.len() < 32 {
        P5
    } else {
        let mut sums = [P1.wrapping_add(P2), P2, 0, 0_u64.wrapping_sub(P1)];
        for stripe in &mut stripes {
            for (sum, lane) in sums.iter_mut().zip(stripe.chunks_exact(8)) {
                *sum = round(*sum, number(lane));
            }
        }
        let mixed = sums
            .iter()
            .zip([1, 7, 12, 18])
            .fold(0_u64, |hash, (sum, by)| hash.wrapping_add(sum.rotate_left(by)));
        sums.iter().fold(mixed, |hash, sum| (hash ^ round(0, *sum)).wrapping_mul(P1).wrapping_add(P4))
    };
    hash = hash.wrapping_add(bytes.len() as u64);
    let mut rest = stripes.remainder();
    while rest.len() >= 8 {
        hash = (hash ^ round(0, number(&rest[..8]))).rotate_left(27).wrapping_mul(P1).wrapping_add(P4);
        rest = &rest[8..];
    }
    if rest.len() >= 4 {
        hash = (hash ^ number(&rest[..4]).wrapping_mul(P1)).rotate_left(23).wrapping_mul(P2).wrapping_add(P3);
        rest = &rest[4..];
    }
    for byte in rest {
        hash = (hash ^ u64::from(*byte).wrapping_mul(P5)).rotate_left(11).wrapping_mul(P1);
    }
    hash = (hash ^ hash >> 33).wrapping_mul(P2);
    hash = (hash ^ hash >> 29).wrapping_mul(P3);
    hash ^ hash >> 32
}
