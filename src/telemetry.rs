//! What the program logs about itself: lines of text on standard error for a person, JSON lines for the function.
//!
//! Only events of this crate are logged. Foreign crates, above all HTTP clients, may log addresses and headers, and a
//! webhook's address is a secret.

mod call;
mod fields;

use std::{io::Write as _, str::FromStr as _};

#[cfg(feature = "aws")]
use tracing::span;
use tracing::{Event, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer, Registry,
    filter::{FilterFn, Targets, filter_fn},
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

#[cfg(feature = "aws")]
pub(crate) use call::Call;
pub(crate) use call::called;
use fields::Fields;

use crate::domain::untrusted::visible;

/// Begins the name of every module of this crate.
const OWN: &str = env!("CARGO_CRATE_NAME");

/// Logs to standard error, one line of text for each event: what `choice` chooses (the syntax of `RUST_LOG`), else everything
/// if `verbose`, else nothing.
///
/// # Errors
///
/// If `choice` cannot be read. Then nothing is logged.
pub(crate) fn on_terminal(verbose: bool, choice: Option<&str>) -> Result<(), String> {
    let chosen = match choice {
        Some(text) => Targets::from_str(text).map_err(|error| error.to_string())?,
        None if verbose => Targets::new().with_default(LevelFilter::DEBUG),
        None => return Ok(()),
    };
    install(Text.with_filter(own(chosen)));
    Ok(())
}

/// Logs to standard output, one JSON object for each event of this level or a graver one.
#[cfg(feature = "aws")]
pub(crate) fn in_function(least: LevelFilter) {
    install(Json.with_filter(own(Targets::new().with_default(least))));
}

/// Writes a line to standard output, which is the log of a function.
#[cfg(feature = "aws")]
pub(crate) fn write_line(line: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    // There is nobody to tell that the log cannot be written.
    let _ = writeln!(out, "{line}");
}

fn install(layer: impl Layer<Registry> + Send + Sync) {
    // A second call in one process, as tests make it, leaves the first in place.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
}

fn own(chosen: Targets) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    filter_fn(move |metadata| {
        let target = metadata.target();
        let is_own = target.strip_prefix(OWN).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        is_own && chosen.would_enable(target, metadata.level())
    })
}

/// Events as lines of text.
struct Text;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Text {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let line = Fields::of(event).text(event.metadata().level());
        // Neither is there anybody to tell that standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{}", visible(&line));
    }
}

/// Events as JSON objects, each with the fields of its spans.
#[cfg(feature = "aws")]
struct Json;

#[cfg(feature = "aws")]
impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Json {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut outer = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                outer.extend(fields);
            }
        }
        write_line(&Fields::of(event).object(event.metadata().level(), outer));
    }
}
