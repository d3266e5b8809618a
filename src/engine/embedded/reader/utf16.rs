//! UTF-16 text, as Windows PowerShell writes it, decoded to UTF-8 piece by piece.

/// The longest character in UTF-8: less room than that may take none.
pub const LEAST_ROOM: usize = 4;

/// The order of the two bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utf16 {
    /// The lower byte comes first.
    Little,
    /// The higher byte comes first.
    Big,
}

impl Utf16 {
    /// The order of a text that begins like this, if it is UTF-16: with a byte order mark, or with JSON.
    pub fn of(text: &[u8]) -> Option<Self> {
        match text {
            [0xff, 0xfe, ..] | [b'{' | b'[' | b'"', 0, ..] => Some(Self::Little),
            [0xfe, 0xff, ..] | [0, b'{' | b'[' | b'"', ..] => Some(Self::Big),
            _ => None,
        }
    }

    /// Decodes as much of `text` as fits into `out`; returns how many bytes were taken and how many were put.
    ///
    /// Half a pair of surrogates, and half a unit where the text `ended`, become U+FFFD. Byte order marks are kept: the
    /// document passes over them. Takes nothing only if the text is empty, or if more of it is needed.
    pub fn decode(self, text: &[u8], ended: bool, out: &mut [u8]) -> (usize, usize) {
        let unit = |at: usize| {
            let bytes = text.get(at..at + 2)?.try_into().ok()?;
            Some(match self {
                Self::Little => u16::from_le_bytes(bytes),
                Self::Big => u16::from_be_bytes(bytes),
            })
        };
        let (mut taken, mut put) = (0, 0);
        while out.len() - put >= LEAST_ROOM {
            let (decoded, bytes) = match unit(taken) {
                None if taken < text.len() && ended => (char::REPLACEMENT_CHARACTER, 1),
                None => break,
                Some(first @ 0xd800..0xdc00) => match unit(taken + 2) {
                    Some(second @ 0xdc00..0xe000) => {
                        let code =
                            0x1_0000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(second) - 0xdc00);
                        (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
                    }
                    None if !ended => break,
                    _ => (char::REPLACEMENT_CHARACTER, 2),
                },
                Some(unit) => (char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER), 2),
            };
            put += decoded.encode_utf8(&mut out[put..]).len();
            taken += bytes;
        }
        (taken, put)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_in_any_pieces() {
        let text = "{\"a\":\"é€😀\"}";
        for order in [Utf16::Little, Utf16::Big] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| match order {
                    Utf16::Little => unit.to_le_bytes(),
                    Utf16::Big => unit.to_be_bytes(),
                })
                .collect();
            assert_eq!(Utf16::of(&bytes), Some(order));
            for room in 4..40 {
                let (mut at, mut decoded) = (0, Vec::new());
                while at < bytes.len() {
                    let mut out = vec![0; room];
                    let (taken, put) = order.decode(&bytes[at..], true, &mut out);
                    at += taken;
                    decoded.extend_from_slice(&out[..put]);
                }
                assert_eq!(String::from_utf8(decoded).unwrap(), text);
            }
        }
    }

    #[test]
    fn halves_are_replaced_only_where_the_text_ends() {
        let lone = [0x3d, 0xd8, b'a', 0, b'b'];
        let mut out = [0; 64];
        assert_eq!(Utf16::Little.decode(&lone, false, &mut out), (4, 4));
        assert_eq!(&out[..4], "\u{fffd}a".as_bytes());
        assert_eq!(Utf16::Little.decode(&lone[4..], false, &mut out), (0, 0));
        assert_eq!(Utf16::Little.decode(&lone[4..], true, &mut out), (1, 3));
        assert_eq!(Utf16::Little.decode(&lone[..2], false, &mut out), (0, 0));
    }
}
