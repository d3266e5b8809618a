//! The calls of a case as CSV (RFC 4180), one row each, in order of time.

use crate::{
    domain::{case_file::CaseFile, trace::TraceEvent},
    render::csv::cell,
};

/// The columns.
const COLUMNS: [&str; 14] = [
    "event_time",
    "account_id",
    "region",
    "service",
    "action",
    "error_code",
    "who",
    "actor",
    "access_key",
    "source_ip",
    "user_agent",
    "resources",
    "request",
    "event_id",
];

/// The calls as CSV. `events` are those of the case, in its order.
pub(in crate::render) fn render(case: &CaseFile, events: &[TraceEvent]) -> String {
    let mut writer = ::csv::WriterBuilder::new()
        .quote_style(::csv::QuoteStyle::Always)
        .terminator(::csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(COLUMNS).expect("memory takes every row");
    for (event, of) in events.iter().zip(&case.events) {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let row = [
            event.time.map(|time| time.to_string()).unwrap_or_default(),
            event.account.clone(),
            event.region.clone(),
            event.source.strip_suffix(".amazonaws.com").unwrap_or(&event.source).to_owned(),
            event.name.clone(),
            text(&event.error),
            of.who.as_ref().map(|who| who.raw().to_owned()).unwrap_or_default(),
            text(&event.identity.arn),
            text(&event.identity.access_key),
            text(&event.address),
            text(&event.agent),
            event.resources.join(" "),
            text(&event.request),
            event.id.clone(),
        ];
        writer.write_record(row.map(|value| cell(&value))).expect("all rows have the header's length");
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("every cell is text")
}
