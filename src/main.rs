//! The `keydesk` program.

fn main() {}
