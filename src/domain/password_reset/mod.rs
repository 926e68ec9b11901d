//! Password resets: an act that replaces a credential without the old one.
//!
//! One of the topmost modules of `domain`: it may call every lower one and is called by the interfaces alone.

mod answer;
mod block;
mod by_admin;
mod by_code;
mod by_link;
mod create_link;
mod guesses;
mod link_rules;
mod links;
mod made;
mod not_me;
mod replace;
mod request;
mod revoke_links;
mod send_link;
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
pub use create_link::{CreateLink, CreatedLink, HandedOver, LinkDelivery, OnUse, create_link};
pub use link_rules::EarlierLinks;
pub use links::{count_links_by_user, find_link, find_links, links_by_user};
pub use made::StoredLink;
pub use not_me::{NotMe, NotMeDone, NotMeError, NotMeLink, look_not_me, report_not_me};
pub use request::{
    RequestError, RequestReset, ResetRequested, is_self_service, may_redirect, request_reset,
};
pub use revoke_links::{RevokeLinks, revoke_links};
pub use send_link::{PresentPassword, SendLink, SentLink, send_link};
