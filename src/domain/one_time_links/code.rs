//! The short code that stands beside a mailed link: eight digits, of use only to whoever asked for it.

use crate::platform::keyring::{Keyring, Purpose};
use crate::types::secret::{Secret, random_bytes};

const DIGITS: u32 = 100_000_000;

/// Eight random digits.
pub(super) fn random() -> Secret {
    // The largest multiple of all codes that fits, so that each is equally likely.
    const END: u32 = u32::MAX - u32::MAX % DIGITS;
    loop {
        let number = u32::from_be_bytes(random_bytes());
        if number < END {
            return Secret::new(format!("{:08}", number % DIGITS));
        }
    }
}

/// What is stored of a code: a tag that depends on who asked, and for which login.
///
/// `Why:` eight digits are guessed at once by whoever reads the table, so a hash would not do
/// (ASVS 6.5.2); the key is not in the database. Spaces and hyphens within a code do not matter.
pub(super) fn mac(keys: &Keyring, flow_hash: [u8; 32], login: &str, code: &Secret) -> [u8; 32] {
    let digits = code.expose().chars().filter(|c| !is_separator(*c));
    let digits = Secret::new(digits.collect());
    let message = [
        &flow_hash[..],
        login.as_bytes(),
        &[0],
        digits.expose().as_bytes(),
    ];
    let message = zeroize::Zeroizing::new(message.concat());
    keys.tag(Purpose::Code, &message)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '‐' | '–')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_eight_digits() {
        for _ in 0..100 {
            let code = random();
            assert_eq!(code.expose().len(), 8);
            assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn a_tag_belongs_to_one_flow_one_login_and_one_code() {
        let keys = Keyring::new([7; 32]);
        let of = |flow: u8, login: &str, code: &str| {
            mac(&keys, [flow; 32], login, &Secret::new(code.to_owned()))
        };
        let tag = of(1, "ada", "12345678");
        assert_eq!(tag, of(1, "ada", " 1234-5678"));
        for other in [
            of(2, "ada", "12345678"),
            of(1, "bob", "12345678"),
            of(1, "ada", "12345679"),
        ] {
            assert_ne!(tag, other);
        }
    }
}
