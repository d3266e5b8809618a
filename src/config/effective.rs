//! The configuration as it is in effect: every value with where it came from.
//!
//! Secrets cannot appear here: the configuration holds only where each of them is kept.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    AccountList, AthenaConfig, Audience, BucketOwner, Channel, Config, Organization, RegionList,
    ResultEncryption, ResultLocation, Schedule, SendRule, Sourced, TableConfig, TableSetting, ValueOrigin,
};

impl Config {
    /// The values in effect as TOML, each with its origin in a comment.
    #[must_use]
    pub fn effective(&self) -> String {
        let mut text = EffectiveText { file: self.shown_name(), text: String::new() };
        text.shown("timezone", &self.timezone);
        text.table("library");
        let paths = self.library_paths.iter().map(|path| path.value.display().to_string());
        let origin = self.library_paths.first().map_or(ValueOrigin::Default, |path| path.origin);
        text.value("paths", paths.collect::<Vec<_>>(), origin);
        let disable = self.disable.iter().map(|pattern| pattern.value.clone());
        let origin = self.disable.first().map_or(ValueOrigin::Default, |pattern| pattern.origin);
        text.value("disable", disable.collect::<Vec<_>>(), origin);
        for (name, schedule) in &self.schedules {
            text.schedule(name, schedule);
        }
        for (id, values) in &self.params {
            text.table(&format!("params.\"{id}\""));
            for (name, given) in &values.value {
                text.value(name, given.value.to_json(), given.origin);
            }
        }
        if let TableSetting::Configured(table) = &self.table {
            text.cloudtrail_table(table);
        }
        if !self.partitions.is_empty() {
            text.table("table.partitions");
            for (name, form) in &self.partitions {
                text.shown(&format!("\"{name}\""), form);
            }
        }
        text.athena(&self.athena);
        text.table("watchlists");
        for (name, list) in &self.watchlists {
            text.value(name, list.value.clone(), list.origin);
        }
        for channel in &self.channels {
            text.channel(channel);
        }
        text.table("state");
        text.shown("path", &self.state);
        text.table("baseline");
        text.shown("learning", &self.baseline.learning);
        let daily = &self.baseline.daily_statement;
        text.value("daily_statement", daily.value, daily.origin);
        text.table("addresses");
        let mmdb = self.mmdb.iter().map(|path| path.value.display().to_string());
        let origin = self.mmdb.first().map_or(ValueOrigin::Default, |path| path.origin);
        text.value("mmdb", mmdb.collect::<Vec<_>>(), origin);
        text.table("limits");
        text.shown("memory", &self.limits.memory);
        text.shown("candidates_memory", &self.limits.candidates_memory);
        text.shown("record", &self.limits.record);
        text.lists(self);
        text.text
    }
}

/// The text as it grows.
struct EffectiveText {
    file: String,
    text: String,
}

impl EffectiveText {
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

    fn shown(&mut self, key: &str, value: &Sourced<impl ToString>) {
        self.value(key, value.value.to_string(), value.origin);
    }

    fn schedule(&mut self, name: &str, schedule: &Schedule) {
        self.table(&format!("schedules.{name}"));
        self.value("packs", schedule.packs.value.clone(), schedule.packs.origin);
        self.shown("every", &schedule.every);
        self.shown("lateness", &schedule.lateness);
        self.shown("max_window", &schedule.max_window);
        self.shown("catch_up", &schedule.catch_up);
        self.shown("max_age", &schedule.max_age);
        self.shown("settle", &schedule.settle);
    }

    fn cloudtrail_table(&mut self, table: &TableConfig) {
        self.table("table");
        self.shown("logs", &table.logs);
        self.shown("database", &table.database);
        self.shown("name", &table.name);
        self.shown("trail", &table.trail);
        if let Organization::Configured(id) = &table.organization {
            self.shown("organization", id);
        }
        self.value("organization_units", table.organization_units.value, table.organization_units.origin);
        self.value("since", table.since.value.path().replace('/', "-"), table.since.origin);
        if let RegionList::Listed(regions) = &table.regions {
            self.value("regions", regions.value.clone(), regions.origin);
        }
    }

    fn athena(&mut self, athena: &AthenaConfig) {
        self.table("athena");
        self.shown("workgroup", &athena.workgroup);
        if let ResultLocation::At(place) = &athena.output.value {
            self.value("output", place.clone(), athena.output.origin);
        }
        if athena.encryption.value != ResultEncryption::NotSet {
            self.shown("encryption", &athena.encryption);
        }
        if let BucketOwner::Account(owner) = &athena.expected_bucket_owner.value {
            self.value("expected_bucket_owner", owner.to_string(), athena.expected_bucket_owner.origin);
        }
        self.value("concurrency", athena.concurrency.value, athena.concurrency.origin);
        self.value("partitions", athena.partitions.value, athena.partitions.origin);
        self.value("candidates", athena.candidates.value, athena.candidates.origin);
        self.value("flood_factor", athena.flood_factor.value, athena.flood_factor.origin);
        self.shown("timeout", &athena.timeout);
        self.value("scan", athena.scan.value.as_str(), athena.scan.origin);
        for (key, bytes) in [("run_bytes", &athena.run_bytes), ("month_bytes", &athena.month_bytes)] {
            if let Some(bytes) = bytes {
                self.shown(key, bytes);
            }
        }
        self.value("price_per_tb", athena.price_per_tb.value, athena.price_per_tb.origin);
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
        let SendRule { when, severity, pause } = channel.rule();
        when.iter().for_each(|when| self.shown("when", when));
        self.shown("severity", severity);
        self.shown("pause", pause);
    }

    /// Accounts and suppressions, which may be many: how many there are, and where they stand.
    fn lists(&mut self, config: &Config) {
        let accounts = match &config.accounts {
            AccountList::NotConfigured => "not configured".to_owned(),
            AccountList::Listed(accounts) => format!("{} listed", accounts.iter().count()),
        };
        let _ = writeln!(self.text, "\n# accounts: {accounts}");
        let Self { file, text } = self;
        for suppression in &config.suppressions {
            let (detection, line) = (&suppression.detection, suppression.line);
            let _ = writeln!(text, "# suppressed until {}: {detection} ({file}:{line})", suppression.expires);
        }
    }
}
