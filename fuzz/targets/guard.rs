//! The guard on documents: no text may make it panic, or take long (`-timeout`).
//!
//! The first line is the variables as JSON, the rest the document.
#![no_main]

use async_graphql::Variables;
use async_graphql::Value;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (variables, document) = text.split_once('\n').unwrap_or(("", text));
    let variables = Value::from_json(serde_json::from_str(variables).unwrap_or_default())
        .map(Variables::from_value)
        .unwrap_or_default();
    if let Ok(cost) = keydesk::graphql::weigh(document, &variables) {
        assert!(cost <= 2_000, "{cost}");
    }
});
