//! A run under way and briefs that are owed, as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Unreadable, seen, texts, time, watermarks};
use crate::domain::state::{Dispatch, OpenRun, Owed, Receipt};

#[derive(Serialize, Deserialize)]
pub(super) struct OpenDocument {
    run: String,
    at: String,
    #[serde(default)]
    executions: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dispatch: Option<DispatchDocument>,
}

#[derive(Serialize, Deserialize)]
struct DispatchDocument {
    watermarks: BTreeMap<String, String>,
    seen: BTreeMap<String, String>,
    /// What the channel said; `null` if nobody knows whether it took the brief.
    receipts: BTreeMap<String, Option<String>>,
    /// Why it was given up, by channel. It came later: a program that does not know it tries the channel again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    given_up: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct OwedDocument {
    since: String,
    /// Whether it may have arrived all the same.
    channels: BTreeMap<String, bool>,
}

impl From<&OpenRun> for OpenDocument {
    fn from(open: &OpenRun) -> Self {
        let receipt = |(channel, receipt): (&String, &Receipt)| match receipt {
            Receipt::Unknown => Some((channel.clone(), None)),
            Receipt::Taken(said) => Some((channel.clone(), Some(said.clone()))),
            Receipt::GivenUp(_) => None,
        };
        Self {
            run: open.id.clone(),
            at: open.at.to_string(),
            executions: open.executions.clone(),
            dispatch: open.dispatch.as_ref().map(|dispatch| DispatchDocument {
                watermarks: texts(&dispatch.watermarks),
                seen: texts(&dispatch.seen),
                receipts: dispatch.receipts.iter().filter_map(receipt).collect(),
                given_up: open.given_up().into_iter().collect(),
            }),
        }
    }
}

impl OpenDocument {
    pub(super) fn read(self) -> Result<OpenRun, Unreadable> {
        let dispatch = match self.dispatch {
            None => None,
            Some(dispatch) => {
                let given_up = dispatch.given_up.into_iter();
                let given_up = given_up.map(|(channel, reason)| (channel, Receipt::GivenUp(reason)));
                Some(Dispatch {
                    watermarks: watermarks(&dispatch.watermarks)?,
                    seen: seen(&dispatch.seen)?,
                    receipts: dispatch
                        .receipts
                        .into_iter()
                        .map(|(channel, said)| (channel, said.map_or(Receipt::Unknown, Receipt::Taken)))
                        .chain(given_up)
                        .collect(),
                })
            }
        };
        Ok(OpenRun { id: self.run, at: time(&self.at)?, executions: self.executions, dispatch })
    }
}

impl From<&Owed> for OwedDocument {
    fn from(owed: &Owed) -> Self {
        Self { since: owed.since.to_string(), channels: owed.channels.clone() }
    }
}

impl OwedDocument {
    pub(super) fn read(self) -> Result<Owed, Unreadable> {
        Ok(Owed { since: time(&self.since)?, channels: self.channels })
    }
}
