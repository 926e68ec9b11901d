//! Mail, from the transaction that queues it to the server that takes it.

mod desk;
mod outbox;
mod smtp;
