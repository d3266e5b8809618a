//! Mail addresses as the configuration gives them: `soc@example.com`, or `Security <soc@example.com>`.

use std::{fmt, str::FromStr};

use crate::domain::untrusted::is_hidden;

/// A mail address, with the name that mail programs show instead, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress {
    name: String,
    email: String,
}

/// A text that is not a mail address that SES accepts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It has another form.
    #[error("not a mail address such as `soc@example.com` or `Security <soc@example.com>`")]
    Form,
    /// The address itself has letters outside ASCII, which SES and older mail servers refuse.
    #[error("the address has letters outside ASCII: write the domain in Punycode (`xn--…`)")]
    NotAscii,
}

impl MailAddress {
    /// The name, or nothing.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address alone, such as `soc@example.com`.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.email.rsplit('@').next().unwrap_or_default()
    }
}

impl FromStr for MailAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        let (name, email) = match text.strip_suffix('>').map(|text| text.split_once('<')) {
            Some(Some((name, email))) => (name.trim().trim_matches('"'), email),
            Some(None) => return Err(BadAddress::Form),
            None => ("", text),
        };
        if !email.is_ascii() {
            return Err(BadAddress::NotAscii);
        }
        let (local, domain) = email.split_once('@').ok_or(BadAddress::Form)?;
        let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
        let words = |text: &str, allowed: fn(u8) -> bool| {
            text.split('.').all(|word| !word.is_empty() && word.bytes().all(allowed))
        };
        let fits = local.len() <= 64
            && email.len() <= 254
            && local.split('.').all(|word| !word.is_empty() && word.bytes().all(atom))
            && domain.contains('.')
            && words(domain, |byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && name.chars().count() <= 100
            && !name.chars().any(|c| is_hidden(c) || "<>\"\\".contains(c));
        if !fits {
            return Err(BadAddress::Form);
        }
        Ok(Self { name: name.to_owned(), email: email.to_owned() })
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => f.write_str(&self.email),
            name => write!(f, "{name} <{}>", self.email),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_form() {
        for (text, name, email) in [
            ("soc@example.com", "", "soc@example.com"),
            (" Security <soc+aws@mail.example.com>", "Security", "soc+aws@mail.example.com"),
            ("\"Zoë, on call\" <zoe@example.com>", "Zoë, on call", "zoe@example.com"),
            ("<a.b@example.com>", "", "a.b@example.com"),
        ] {
            let address: MailAddress = text.parse().unwrap();
            assert_eq!((address.name(), address.email()), (name, email));
        }
        for bad in [
            "",
            "soc",
            "@example.com",
            "soc@",
            "soc@localhost",
            "a..b@example.com",
            "a b@example.com",
            "a@b@example.com",
            "a@example.com>",
            "a@example.com, b@example.com",
            "x\r\nBcc: y <a@example.com>",
            "x <a@example.com\r\nBcc: b@example.com>",
        ] {
            assert_eq!(bad.parse::<MailAddress>(), Err(BadAddress::Form), "{bad:?}");
        }
        assert_eq!("soc@exämple.com".parse::<MailAddress>(), Err(BadAddress::NotAscii));
    }
}
