//! Reading the audit trail, newest first.

use std::collections::HashMap;

use uuid::Uuid;

use super::{AuditAction, AuditEvent, store};
use crate::actor::{Actor, Denied, Permission};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::Internal;
use crate::ids::{AuditEventId, UserId};
use crate::page::{Page, PageRequest};

/// Conditions on events. All that are given have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventFilter {
    /// One of these actions.
    pub actions: Option<Vec<AuditAction>>,
    /// By one of these actors.
    pub actors: Option<Vec<Uuid>>,
    /// Done to one of these users.
    pub users: Option<Vec<UserId>>,
    /// Within this request.
    pub request_id: Option<String>,
    /// First moment of the range.
    pub from: Option<Timestamp>,
    /// First moment after the range.
    pub until: Option<Timestamp>,
}

/// Why a list is not given.
#[derive(Debug)]
pub enum ListError {
    /// Not allowed.
    Denied(Denied),
    /// Broken.
    Internal(Internal),
}

impl From<Denied> for ListError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Internal> for ListError {
    fn from(cause: Internal) -> Self {
        Self::Internal(cause)
    }
}
