# Each recipe is one line that can be typed by hand.

# Everything CI runs.
check:
    bash .ci/run

# The tests on a PostgreSQL server.
test-postgres:
    TEST_DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres cargo test

# Print both schemas into their files.
schema:
    cargo run --quiet -- schema > schema.graphql
    cargo run --quiet -- schema --public > schema.public.graphql

# Look at changed snapshots.
snapshots:
    INSTA_UPDATE=always cargo test

# A server with sample users.
run:
    cargo run --release -- demo

# Pictures of every page in every state, in target/screenshots.
screenshots:
    cargo test --test it screenshots -- --ignored
