//! Where the refusals of acts belong on a page.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use minijinja::{Value, context};

use super::faults::{Fault, Faults, fault};
use super::form::{Form, Refused};
use super::visit::status;
use crate::domain::credentials::ChooseError;
use crate::domain::users::UserError;
use crate::platform::app::App;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// What came of a form that an act did not take.
#[derive(Default)]
pub(super) struct Trouble {
    /// Beside the fields.
    pub(super) faults: Faults,
    /// Above the form.
    pub(super) problem: Option<Fault>,
    /// Whether a temporary password is past its end, so that another one or a link is needed.
    pub(super) is_over: bool,
    /// When the next try makes sense. `Units:` seconds from now.
    wait: Option<u64>,
    status: Option<StatusCode>,
}

impl Trouble {
    /// Beside the fields alone.
    pub(super) fn of(faults: Faults) -> Self {
        Self {
            faults,
            ..Self::default()
        }
    }

    /// Above the form alone.
    pub(super) fn above(problem: Fault) -> Self {
        Self {
            problem: Some(problem),
            ..Self::default()
        }
    }

    /// Too many tries.
    pub(super) fn too_often(app: &App, retry_at: Timestamp) -> Self {
        let wait = app.clock.now().until(retry_at).as_secs().max(1);
        let minutes = u32::try_from(wait.div_ceil(60)).unwrap_or(u32::MAX);
        Self {
            wait: Some(wait),
            status: Some(StatusCode::TOO_MANY_REQUESTS),
            ..Self::above(fault("too-often").of(Some(minutes)))
        }
    }

    /// Too many passwords are being hashed.
    pub(super) fn busy() -> Self {
        Self {
            wait: Some(1),
            status: Some(StatusCode::SERVICE_UNAVAILABLE),
            ..Self::above(fault("busy"))
        }
    }

    /// A temporary password past its end.
    pub(super) fn over(end: Timestamp) -> Self {
        Self {
            is_over: true,
            ..Self::above(fault("sign-in-temporary-over").at(end))
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.faults.is_empty() && self.problem.is_none()
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status.unwrap_or_else(|| status(self.is_none()))
    }

    /// The values that every form shows.
    pub(super) fn values(&self) -> Value {
        context! {
            faults => self.faults.value(),
            problem => self.problem.as_ref().map(Fault::value),
            is_over => self.is_over,
            refused => !self.is_none(),
        }
    }

    /// Tells programs, too, when to come back.
    pub(super) fn told(&self, mut answer: Response) -> Response {
        let wait = self.wait.map(HeaderValue::from);
        let wait = wait.map(|wait| (RETRY_AFTER, wait));
        answer.headers_mut().extend(wait);
        answer
    }
}

/// Where a refusal of an act belongs on a page.
pub(super) enum Sorted {
    /// Beside the fields.
    Faults(Faults),
    /// On a page of its own.
    Refused(Refused),
    /// In the log.
    Internal(Internal),
}

/// Sorts a refusal. What cannot come from these forms would be our own mistake.
pub(super) fn sorted(error: UserError, form: &Form) -> Sorted {
    match error {
        UserError::Password(error) => sorted_password(error),
        UserError::Invalid(invalid) => {
            let mut faults = Faults::default();
            for fault in &invalid {
                faults.note(fault, form);
            }
            Sorted::Faults(faults)
        }
        UserError::Internal(cause) => Sorted::Internal(cause),
        other => Sorted::Internal(Internal::new(
            "answering a form",
            format!("an act refused what no form asks for: {other:?}"),
        )),
    }
}

/// The same of a new password.
pub(super) fn sorted_password(error: ChooseError) -> Sorted {
    match error {
        ChooseError::Rejected(violations) => Sorted::Faults(Faults::rules(&violations)),
        ChooseError::Overloaded(_) => Sorted::Refused(Refused::Busy),
        ChooseError::Internal(cause) => Sorted::Internal(cause),
        other @ (ChooseError::Generator(_) | ChooseError::NotAllowed(_)) => {
            Sorted::Internal(Internal::new(
                "answering a form",
                format!("a typed password was refused as something else: {other:?}"),
            ))
        }
    }
}
