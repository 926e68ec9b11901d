//! The decoder of cursors: no text may make it panic, and none that we did not sign is taken.
//!
//! The first byte chooses between text as it comes and a position that is signed, altered at one
//! place, and read back.
#![no_main]

use keydesk::platform::keyring::Keyring;
use keydesk::platform::pagination::{PageArguments, Position, SortValue, encode};
use keydesk::types::secret::Secret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u128, i64, &str)| {
    let (choice, id, number, text) = input;
    let keys = Keyring::parse(&Secret::new("5a".repeat(32))).expect("a key");
    let read = |cursor: String| {
        let arguments = PageArguments {
            after: Some(cursor),
            ..PageArguments::default()
        };
        arguments.read(&keys, "users:CreatedAt:desc")
    };
    if choice.is_multiple_of(4) {
        assert!(read(text.to_owned()).is_err());
        return;
    }
    let value = match choice % 4 {
        1 => SortValue::Null,
        2 => SortValue::Number(number),
        _ => SortValue::Text(text.to_owned()),
    };
    let position = Position { value, id: uuid::Uuid::from_u128(id) };
    let cursor = encode(&keys, "users:CreatedAt:desc", &position);
    assert_eq!(read(cursor.clone()).expect("our own").after, Some(position));
    let place = usize::from(choice) % cursor.len();
    let mut altered: Vec<u8> = cursor.clone().into_bytes();
    altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).expect("ASCII");
    // The last letter of base64 may carry bits that mean nothing, and is then refused or the same.
    assert!(read(altered).is_err());
});
