//! The log: human text or JSON lines on standard error, without secrets and without SQL.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::platform::settings::{LogFormat, TelemetrySettings};

/// Starts logging for the rest of the process. Called once, by the command line.
///
/// Errors: the filter is malformed; the text says where.
pub fn start(settings: &TelemetrySettings) -> Result<(), String> {
    let filter = filter(settings)?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match settings.format {
        LogFormat::Text => registry
            .with(
                fmt::layer()
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(fmt::layer().json().with_writer(std::io::stderr))
            .try_init(),
    };
    started.map_err(|error| error.to_string())
}

const QUIET: &str = "sqlx=warn,h2=error,lettre=warn,sea_orm_migration=warn,tungstenite=warn,\
    tokio_tungstenite=warn,html5ever=off,markup5ever=off,css_inline=off,selectors=off,cssparser=off";

/// Reads the filter without starting anything.
///
/// Errors: the filter is malformed; the text says where.
pub fn check(settings: &TelemetrySettings) -> Result<(), String> {
    filter(settings).map(drop)
}

/// `Why:` the driver logs statements with their values at debug, and those hold hashes; the library
/// for WebSockets logs every message at trace, and those hold keys and passwords; what reads the HTML of
/// mails logs every letter of it; the one for HTTP/2 warns of every stray frame, as many as a caller likes.
fn filter(settings: &TelemetrySettings) -> Result<EnvFilter, String> {
    EnvFilter::try_new(format!("{},{QUIET}", settings.filter))
        .map_err(|error| format!("setting telemetry.filter: {error}"))
}
