//! An open run and pending messages, as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Unreadable, known::KnownDocument, time};
use crate::domain::{
    state::{Arrival, Dispatch, OpenRun, Pending, Receipt, SetAside},
    time::Window,
};

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
    #[serde(flatten)]
    known: KnownDocument,
    #[serde(default, skip_serializing_if = "super::is_false")]
    is_sent: bool,
    #[serde(default)]
    reported: [u64; 5],
    /// Channels that do not get the brief. This key came later: a program that does not know it sends the brief to them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    without_news: BTreeSet<String>,
    /// The channel's answer; `null` if there was none, so that it may have taken the brief.
    receipts: BTreeMap<String, Option<String>>,
    /// Why delivery was given up, by channel. This key came later: a program that does not know it tries the channel again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    given_up: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PendingDocument {
    since: String,
    /// Whether the message may have arrived.
    channels: BTreeMap<String, bool>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SetAsideDocument {
    run: String,
    from: String,
    to: String,
    detections: u64,
    reported: bool,
}

impl From<&SetAside> for SetAsideDocument {
    fn from(set_aside: &SetAside) -> Self {
        Self {
            run: set_aside.run.clone(),
            from: set_aside.window.start().to_string(),
            to: set_aside.window.end().to_string(),
            detections: set_aside.detections,
            reported: set_aside.is_reported,
        }
    }
}

impl SetAsideDocument {
    pub(super) fn read(self) -> Result<SetAside, Unreadable> {
        let window = Window::new(time(&self.from)?, time(&self.to)?);
        Ok(SetAside {
            run: self.run,
            window: window.map_err(|error| Unreadable::Damaged(error.to_string()))?,
            detections: self.detections,
            is_reported: self.reported,
        })
    }
}

impl From<&OpenRun> for OpenDocument {
    fn from(open: &OpenRun) -> Self {
        let receipt = |(channel, receipt): (&String, &Receipt)| match receipt {
            Receipt::Unknown => Some((channel.clone(), None)),
            Receipt::Delivered(answer) => Some((channel.clone(), Some(answer.clone()))),
            Receipt::GivenUp(_) => None,
        };
        Self {
            run: open.id.clone(),
            at: open.at.to_string(),
            executions: open.executions.clone(),
            dispatch: open.dispatch.as_ref().map(|dispatch| DispatchDocument {
                known: dispatch.into(),
                is_sent: dispatch.is_sent,
                reported: dispatch.reported,
                without_news: dispatch.without_news.clone(),
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
                    is_sent: dispatch.is_sent,
                    reported: dispatch.reported,
                    without_news: dispatch.without_news,
                    receipts: dispatch
                        .receipts
                        .into_iter()
                        .map(|(channel, answer)| {
                            (channel, answer.map_or(Receipt::Unknown, Receipt::Delivered))
                        })
                        .chain(given_up)
                        .collect(),
                    ..dispatch.known.read()?
                })
            }
        };
        Ok(OpenRun { id: self.run, at: time(&self.at)?, executions: self.executions, dispatch })
    }
}

impl From<&Pending> for PendingDocument {
    fn from(pending: &Pending) -> Self {
        let channels = pending.channels.iter();
        let channels = channels.map(|(name, arrival)| (name.clone(), *arrival == Arrival::Unknown));
        Self { since: pending.since.to_string(), channels: channels.collect() }
    }
}

impl PendingDocument {
    pub(super) fn read(self) -> Result<Pending, Unreadable> {
        let arrival = |may_have_arrived| match may_have_arrived {
            true => Arrival::Unknown,
            false => Arrival::Missing,
        };
        let channels = self.channels.into_iter();
        let channels = channels.map(|(name, may_have_arrived)| (name, arrival(may_have_arrived)));
        Ok(Pending { since: time(&self.since)?, channels: channels.collect() })
    }
}
