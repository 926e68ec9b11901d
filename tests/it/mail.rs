//! Mail, from the transaction that queues it to the server that takes it.

mod attempts;
mod desk;
mod fairness;
mod faults;
mod holes;
mod killed;
mod lines;
mod looks;
mod mta;
mod outbox;
mod product;
mod smtp;
mod tls;
