//! An acknowledged change is kept, and a change that was not kept is not acknowledged: full disks, I/O errors,
//! lost connections, panics and cancelled requests in the middle of a transaction.

mod full_storage;
mod limited_files;
mod transactions;
