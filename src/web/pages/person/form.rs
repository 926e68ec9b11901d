//! Reading a form that a person sent, and refusing what is none.

use axum::body::{Body, to_bytes};
use axum::http::header::{HeaderMap, ORIGIN};
use axum::http::{HeaderName, StatusCode};
use url::form_urlencoded;

use crate::platform::settings::ServerSettings;
use crate::types::secret::Secret;
use crate::web::content::is_form;
use crate::web::origin::is_own;

/// Longest form. `Units:` bytes. A password of 1024 characters fits twice, in most scripts.
const MAX_BODY: usize = 16 * 1024;
/// `Source:` Fetch Metadata Request Headers, W3C.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is not answered with the page it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It comes from a page elsewhere.
    Foreign,
    /// The form was opened for another link than the one the browser holds now.
    AnotherLink,
    /// The form belongs to another visit, session or browser.
    Stale,
    /// Longer than any form.
    TooLong,
    /// Not what a form sends.
    NotAForm,
    /// The database was busy, or too many passwords are being hashed.
    Busy,
    /// Our fault.
    Broken,
}

impl Refused {
    /// The word by which the template chooses its text.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Foreign => "FOREIGN",
            Self::AnotherLink => "ANOTHER_LINK",
            Self::Stale => "STALE",
            Self::TooLong => "TOO_LONG",
            Self::NotAForm => "NOT_A_FORM",
            Self::Busy => "BUSY",
            Self::Broken => "BROKEN",
        }
    }

    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Foreign | Self::AnotherLink | Self::Stale => StatusCode::FORBIDDEN,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The fields of a form, each given once.
pub(super) struct Form(Vec<(String, Secret)>);

impl Form {
    /// Reads a form that was sent from a page of this server.
    pub(super) async fn read(
        server: &ServerSettings,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Self, Refused> {
        if is_foreign(headers, server) {
            return Err(Refused::Foreign);
        }
        if !is_form(headers) {
            return Err(Refused::NotAForm);
        }
        let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
            return Err(Refused::TooLong);
        };
        Self::parse(&bytes)
    }

    /// `Why:` a field given twice is no form of ours, and bytes that are no text would become a
    /// password that nobody can type.
    fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let mut fields: Vec<(String, Secret)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            let is_known = fields.iter().any(|(known, _)| *known == name);
            if is_known || value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(Refused::NotAForm);
            }
            fields.push((name.into_owned(), Secret::new(value.into_owned())));
        }
        Ok(Self(fields))
    }

    /// What was typed into a field; empty when it was not sent.
    pub(super) fn text(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map_or("", |(_, value)| value.expose())
    }

    /// The same for what must not be shown.
    pub(super) fn secret(&self, name: &str) -> Secret {
        Secret::new(self.text(name).to_owned())
    }
}

/// Whether a browser says that a page elsewhere sent this.
///
/// `Why:` a page that sends no referrer, as these do, sends `Origin: null` with its own forms, so
/// what counts is `Sec-Fetch-Site`. Where neither says anything (plain http to a machine of the
/// house, older browsers) the form's mark alone has to do, which no other page can know.
fn is_foreign(headers: &HeaderMap, server: &ServerSettings) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    match (sites.next(), sites.next()) {
        (Some(site), None) => return site != "same-origin",
        (Some(_), Some(_)) => return true,
        (None, _) => {}
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => false,
        (Some(origin), None) => origin.to_str().map_or(true, |origin| {
            origin != "null" && !is_own(origin, headers, server)
        }),
        (Some(_), Some(_)) => true,
    }
}

#[cfg(test)]
mod tests;
