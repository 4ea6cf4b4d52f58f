//! Log lines on standard error: JSON for machines that collect them, text for people.
//!
//! What a line may hold is decided where it is written; `http::observe` says what is left out. Deliberately absent: log
//! files and their rotation, which the machine's own service manager does better.

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings, Unready};

/// Starts logging for the whole process.
///
/// # Errors
/// [`Unready::Settings`] when the filter cannot be read or logging has been started before.
pub fn start(settings: &LogSettings) -> Result<(), Unready> {
    let invalid = |error: &dyn std::fmt::Display| Unready::settings(format!("[log]: {error}"));
    let filter = EnvFilter::try_new(&settings.filter).map_err(|error| invalid(&error))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Text => lines.with_target(false).try_init(),
    }
    .map_err(|error| invalid(&error))
}
