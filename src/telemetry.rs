//! The log: human text or JSON lines on standard error, without secrets and without SQL.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::settings::{LogFormat, TelemetrySettings};

/// Starts logging for the rest of the process. Called once, by the command line.
///
/// Errors: the filter is malformed; the text says where.
pub fn start(settings: &TelemetrySettings) -> Result<(), String> {
    // The driver logs statements with their values at debug; those may hold hashes.
    let filter = EnvFilter::try_new(format!("{},sqlx=warn,lettre=warn", settings.filter))
        .map_err(|error| format!("setting telemetry.filter: {error}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match settings.format {
        LogFormat::Text => registry
            .with(fmt::layer().with_writer(std::io::stderr))
            .try_init(),
        LogFormat::Json => registry
            .with(fmt::layer().json().with_writer(std::io::stderr))
            .try_init(),
    };
    started.map_err(|error| error.to_string())
}
