//! The configuration as it is in effect: every value with where it came from.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    AccountList, Audience, BucketOwner, Channel, Config, ResultEncryption, ResultPlace, Sourced,
    TableSetting, ValueOrigin,
};

impl Config {
    /// The values in effect as TOML, each with its origin in a comment.
    #[must_use]
    pub fn effective(&self) -> String {
        let file = self.file_name().map(|path| path.display().to_string()).unwrap_or_default();
        let mut page = Page { file, text: String::new() };
        page.table("library");
        let paths = self.library_paths.value.iter().map(|path| path.display().to_string());
        page.value("paths", paths.collect::<Vec<_>>(), self.library_paths.origin);
        let disable = self.disable.iter().map(|pattern| pattern.value.clone());
        let origin = self.disable.first().map_or(ValueOrigin::Default, |pattern| pattern.origin);
        page.value("disable", disable.collect::<Vec<_>>(), origin);
        for (name, schedule) in &self.schedules {
            page.table(&format!("schedules.{name}"));
            page.value("packs", schedule.packs.value.clone(), schedule.packs.origin);
            page.shown("every", &schedule.every);
            page.shown("lateness", &schedule.lateness);
            page.shown("catch_up", &schedule.catch_up);
        }
        for (id, values) in &self.params {
            page.table(&format!("params.\"{id}\""));
            for (name, given) in &values.value {
                page.value(name, given.value.to_json(), given.origin);
            }
        }
        if let TableSetting::Configured(table) = &self.table {
            page.table("table");
            page.shown("logs", &table.logs);
            page.shown("database", &table.database);
            page.shown("name", &table.name);
            page.shown("trail", &table.trail);
            page.value("organization_units", table.organization_units.value, table.organization_units.origin);
            page.value("since", table.since.value.path().replace('/', "-"), table.since.origin);
        }
        page.table("athena");
        let athena = &self.athena;
        page.shown("workgroup", &athena.workgroup);
        if let ResultPlace::At(place) = &athena.output.value {
            page.value("output", place.clone(), athena.output.origin);
        }
        if athena.encryption.value != ResultEncryption::NotSet {
            page.shown("encryption", &athena.encryption);
        }
        if let BucketOwner::Account(owner) = &athena.expected_bucket_owner.value {
            page.value("expected_bucket_owner", owner.to_string(), athena.expected_bucket_owner.origin);
        }
        page.value("concurrency", athena.concurrency.value, athena.concurrency.origin);
        page.value("partitions", athena.partitions.value, athena.partitions.origin);
        page.value("candidates", athena.candidates.value, athena.candidates.origin);
        page.shown("timeout", &athena.timeout);
        page.value("scan", athena.scan.value.as_str(), athena.scan.origin);
        for (key, bytes) in [("run_bytes", &athena.run_bytes), ("month_bytes", &athena.month_bytes)] {
            if let Some(bytes) = bytes {
                page.shown(key, bytes);
            }
        }
        page.value("price_per_tb", athena.price_per_tb.value, athena.price_per_tb.origin);
        page.table("watchlists");
        for (name, list) in &self.watchlists {
            page.value(name, list.value.clone(), list.origin);
        }
        for channel in &self.channels {
            page.channel(channel);
        }
        page.table("state");
        page.shown("path", &self.state);
        page.table("limits");
        page.shown("memory", &self.limits.memory);
        page.shown("candidates_memory", &self.limits.candidates_memory);
        page.shown("record", &self.limits.record);
        let accounts = match &self.accounts {
            AccountList::NotConfigured => "not configured".to_owned(),
            AccountList::Listed(accounts) => format!("{} listed", accounts.iter().count()),
        };
        let _ = writeln!(page.text, "\n# accounts: {accounts}");
        for suppression in &self.suppressions {
            let Page { file, text } = &mut page;
            let (detection, line) = (&suppression.detection, suppression.line);
            let _ = writeln!(text, "# suppressed until {}: {detection} ({file}:{line})", suppression.expires);
        }
        page.text
    }
}

/// The text as it grows.
struct Page {
    file: String,
    text: String,
}

impl Page {
    fn table(&mut self, name: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let _ = writeln!(self.text, "[{name}]");
    }

    /// Writes a value; JSON and TOML write texts, numbers, booleans and arrays of them alike.
    fn value(&mut self, key: &str, value: impl Into<Value>, origin: ValueOrigin) {
        let origin = match origin {
            ValueOrigin::Default => "default".to_owned(),
            ValueOrigin::File { line, .. } => format!("{}:{line}", self.file),
        };
        let _ = writeln!(self.text, "{key} = {}  # {origin}", value.into());
    }

    fn channel(&mut self, channel: &Channel) {
        self.table(channel.name());
        match channel {
            Channel::Mail(mail) => {
                self.shown("from", &mail.from);
                let to = mail.to.value.iter().map(ToString::to_string);
                self.value("to", to.collect::<Vec<_>>(), mail.to.origin);
                mail.reply_to.iter().for_each(|reply_to| self.shown("reply_to", reply_to));
                self.shown("subject_prefix", &mail.subject_prefix);
                mail.configuration_set.iter().for_each(|set| self.shown("configuration_set", set));
                mail.region.iter().for_each(|region| self.shown("region", region));
            }
            Channel::Slack(slack) => self.shown("webhook", &slack.webhook),
        }
        if let Audience::Schedules(names) = channel.audience() {
            self.value("schedules", names.value.clone(), names.origin);
        }
    }

    fn shown(&mut self, key: &str, value: &Sourced<impl ToString>) {
        self.value(key, value.value.to_string(), value.origin);
    }
}
