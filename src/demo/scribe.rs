//! Writes events: their record, time, account and delivery.

use serde_json::{Value, json};

use super::{actor::Actor, organization::Account, random::Random};
use crate::domain::time::{Span, Timestamp};

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// An event before its delivery.
#[derive(Debug)]
pub(super) struct Event {
    /// When it happened.
    pub(super) at: Timestamp,
    /// The account that its record is delivered for.
    pub(super) account: &'static Account,
    /// When its record is handed over for delivery; usually when it happened.
    pub(super) handed_over: Timestamp,
    /// Whether its file holds it twice.
    pub(super) twice: bool,
    /// Whether it belongs to an attack.
    pub(super) planted: bool,
    /// The record.
    pub(super) record: Value,
}

/// What happened so far, and the dice.
#[derive(Debug)]
pub(super) struct Scribe {
    /// The dice.
    pub(super) random: Random,
    /// In the order of writing, which is not that of time.
    pub(super) events: Vec<Event>,
}

/// Where and when a call happens, and who makes it.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// In which account.
    pub(super) account: &'static Account,
    /// In which Region.
    pub(super) region: &'static str,
    /// When; moves on with each call.
    pub(super) at: Timestamp,
    /// Who.
    pub(super) actor: Actor,
}

impl Scribe {
    /// Writes a call that succeeded, and gives its record for more; `name` is `service:Call`.
    pub(super) fn call(&mut self, scene: &Scene, name: &str, request: Value) -> &mut Value {
        let (service, call) = name.split_once(':').unwrap_or(("sts", name));
        let (id, request_id) = (self.random.uuid(), self.random.uuid());
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": scene.actor.identity,
            "eventTime": scene.at.to_string(),
            "eventSource": format!("{service}.amazonaws.com"),
            "eventName": call,
            "awsRegion": scene.region,
            "sourceIPAddress": scene.actor.address,
            "userAgent": scene.actor.agent,
            "requestParameters": request,
            "responseElements": null,
            "requestID": request_id,
            "eventID": id,
            "readOnly": is_read(call),
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": scene.account.id,
            "eventCategory": "Management"
        });
        begin_session(&mut record, scene.at);
        if !scene.actor.address.ends_with(".amazonaws.com") {
            record["tlsDetails"] = json!({
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": format!("{service}.{}.amazonaws.com", scene.region)
            });
        }
        self.put(scene.account, scene.at, record)
    }

    /// Writes a call that failed.
    pub(super) fn failed(&mut self, scene: &Scene, name: &str, code: &str, message: &str) {
        let record = self.call(scene, name, Value::Null);
        record["errorCode"] = json!(code);
        record["errorMessage"] = json!(message);
    }

    /// Writes a call to an object in S3, with what only S3 records: bytes as floats, its own ids, a bracketed agent.
    pub(super) fn object(&mut self, scene: &Scene, name: &str, request: Value, arn: &str) {
        let (bytes, id) = (self.random.within(200..90_000) as f64, self.random.word(BASE64, 76));
        let (into, out) = if name == "s3:PutObject" { (bytes, 0.0) } else { (0.0, bytes) };
        let request_id = self.random.word("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 16);
        let record = self.call(scene, name, request);
        record["userAgent"] = json!(format!("[{}]", scene.actor.agent));
        record["requestID"] = json!(request_id);
        record["additionalEventData"] = json!({
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": into,
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": id,
            "bytesTransferredOut": out
        });
        record["managementEvent"] = json!(false);
        record["eventCategory"] = json!("Data");
        record["resources"] =
            json!([{ "accountId": scene.account.id, "type": "AWS::S3::Object", "ARN": arn }]);
    }

    /// Writes a record as it is.
    pub(super) fn put(&mut self, account: &'static Account, at: Timestamp, record: Value) -> &mut Value {
        let event = Event { at, account, handed_over: at, twice: false, planted: false, record };
        self.events.push(event);
        &mut self.events.last_mut().expect("one was pushed").record
    }
}

impl Scene {
    /// Lets some seconds pass.
    pub(super) fn wait(&mut self, seconds: i64) {
        self.at = self.at.plus(Span::from_s(seconds));
    }
}

/// Sets the time at which the session of a record's caller began, if there is one and it is not known: at the full hour.
pub(super) fn begin_session(record: &mut Value, at: Timestamp) {
    if let Some(attributes) = record.pointer_mut("/userIdentity/sessionContext/attributes")
        && attributes.get("creationDate").is_none()
    {
        attributes["creationDate"] = json!(at.floor(Span::HOUR).to_string());
    }
}

/// Whether a call only reads, as CloudTrail has it.
fn is_read(call: &str) -> bool {
    [
        "Get",
        "List",
        "Describe",
        "Head",
        "Lookup",
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "AssumeRole",
        "Search",
    ]
    .iter()
    .any(|verb| call.starts_with(verb))
}
