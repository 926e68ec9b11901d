//! Password resets: an act that replaces a credential without the old one.
//!
//! One of the two topmost rooms: it may call every lower one and is called by the doors alone.

mod answer;
mod block;
mod by_admin;
mod by_code;
mod by_link;
mod create_link;
mod guesses;
mod not_me;
mod replace;
mod request;
mod store;

pub use answer::answer_requests;
pub use block::{Blocked, block};
pub use by_admin::{
    KeysAfter, ResetOutcome, ResetPassword, SessionsAfter, StoredReset, blockers, reset_password,
};
pub use by_code::{CodeError, VerifiedCode, VerifyCode, verify_code};
pub use by_link::{
    ByLinkError, ResetByLink, ResetDone, ResetLink, look, reset_by_link, verify_token,
};
pub use create_link::{CreateLink, CreateLinkError, CreatedLink, create_link};
pub use not_me::{NotMe, NotMeDone, NotMeError, NotMeLink, look_not_me, report_not_me};
pub use request::{
    RequestError, RequestReset, ResetRequested, is_self_service, may_redirect, request_reset,
};
