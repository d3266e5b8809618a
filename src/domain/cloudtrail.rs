//! The columns of a CloudTrail event, once, for every engine.
//!
//! The Glue table, the embedded reader and the lints all derive from [`COLUMNS`].
//! Names are lower case as in the table that AWS documents; `json_key` is the key in a
//! log record. Record keys are matched without regard to case.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A scalar as text: JSON strings unescaped, numbers and booleans as they are written.
    Text,
    /// Any JSON value as its compact source text; JSON `null` is SQL NULL.
    Json,
    /// A struct with named fields.
    Struct(&'static [Column]),
    /// An array of structs with named fields.
    StructArray(&'static [Column]),
    /// A map from text to text.
    TextMap,
}

/// A column of `events`, or a field of one of its structs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in SQL, lower case.
    pub name: &'static str,
    /// Key in the log record; equal to `name` but for case.
    pub json_key: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
}

const fn text(name: &'static str, json_key: &'static str) -> Column {
    Column { name, json_key, kind: ColumnKind::Text }
}

const fn json(name: &'static str, json_key: &'static str) -> Column {
    Column { name, json_key, kind: ColumnKind::Json }
}

const fn row(name: &'static str, json_key: &'static str, fields: &'static [Column]) -> Column {
    Column { name, json_key, kind: ColumnKind::Struct(fields) }
}

const USER_IDENTITY: &[Column] = &[
    text("type", "type"),
    text("principalid", "principalId"),
    text("arn", "arn"),
    text("accountid", "accountId"),
    text("invokedby", "invokedBy"),
    text("accesskeyid", "accessKeyId"),
    text("username", "userName"),
    row(
        "onbehalfof",
        "onBehalfOf",
        &[text("userid", "userId"), text("identitystorearn", "identityStoreArn")],
    ),
    row(
        "sessioncontext",
        "sessionContext",
        &[
            row(
                "attributes",
                "attributes",
                &[
                    text("mfaauthenticated", "mfaAuthenticated"),
                    text("creationdate", "creationDate"),
                    text("sessioncredentialfromconsole", "sessionCredentialFromConsole"),
                ],
            ),
            row(
                "sessionissuer",
                "sessionIssuer",
                &[
                    text("type", "type"),
                    text("principalid", "principalId"),
                    text("arn", "arn"),
                    text("accountid", "accountId"),
                    text("username", "userName"),
                ],
            ),
            text("ec2roledelivery", "ec2RoleDelivery"),
            row(
                "webidfederationdata",
                "webIdFederationData",
                &[
                    text("federatedprovider", "federatedProvider"),
                    Column { name: "attributes", json_key: "attributes", kind: ColumnKind::TextMap },
                ],
            ),
            text("sourceidentity", "sourceIdentity"),
            text("assumedroot", "assumedRoot"),
            text("signinsessionarn", "signInSessionArn"),
        ],
    ),
    text("credentialid", "credentialId"),
    text("identityprovider", "identityProvider"),
    row("invokedbydelegate", "invokedByDelegate", &[text("accountid", "accountId")]),
    row(
        "inscopeof",
        "inScopeOf",
        &[
            text("sourcearn", "sourceArn"),
            text("sourceaccount", "sourceAccount"),
            text("issuertype", "issuerType"),
            text("credentialsissuedto", "credentialsIssuedTo"),
        ],
    ),
];

/// The columns of `events` that come from the record, in table order.
///
/// Source: the documented CloudTrail table, and the record contents of event version 1.11.
pub const COLUMNS: &[Column] = &[
    text("eventversion", "eventVersion"),
    row("useridentity", "userIdentity", USER_IDENTITY),
    text("eventtime", "eventTime"),
    text("eventsource", "eventSource"),
    text("eventname", "eventName"),
    text("awsregion", "awsRegion"),
    text("sourceipaddress", "sourceIPAddress"),
    text("useragent", "userAgent"),
    text("errorcode", "errorCode"),
    text("errormessage", "errorMessage"),
    json("requestparameters", "requestParameters"),
    json("responseelements", "responseElements"),
    json("additionaleventdata", "additionalEventData"),
    text("requestid", "requestID"),
    text("eventid", "eventID"),
    Column {
        name: "resources",
        json_key: "resources",
        kind: ColumnKind::StructArray(&[
            text("arn", "ARN"),
            text("accountid", "accountId"),
            text("type", "type"),
            text("arnprefix", "ARNPrefix"),
        ]),
    },
    text("eventtype", "eventType"),
    text("apiversion", "apiVersion"),
    text("readonly", "readOnly"),
    text("recipientaccountid", "recipientAccountId"),
    json("serviceeventdetails", "serviceEventDetails"),
    text("sharedeventid", "sharedEventID"),
    text("vpcendpointid", "vpcEndpointId"),
    text("vpcendpointaccountid", "vpcEndpointAccountId"),
    text("managementevent", "managementEvent"),
    text("eventcategory", "eventCategory"),
    row(
        "addendum",
        "addendum",
        &[
            text("reason", "reason"),
            json("updatedfields", "updatedFields"),
            text("originalrequestid", "originalRequestID"),
            text("originaleventid", "originalEventID"),
        ],
    ),
    text("sessioncredentialfromconsole", "sessionCredentialFromConsole"),
    json("edgedevicedetails", "edgeDeviceDetails"),
    row(
        "tlsdetails",
        "tlsDetails",
        &[
            text("tlsversion", "tlsVersion"),
            text("ciphersuite", "cipherSuite"),
            text("clientprovidedhostheader", "clientProvidedHostHeader"),
        ],
    ),
    json("eventcontext", "eventContext"),
];

/// The partition columns, after [`COLUMNS`]: from the file's path, or for a loose file from the record
/// (`recipientAccountId`, `awsRegion`, the day of `eventTime` as `yyyy/MM/dd`). All text.
pub const PARTITION_COLUMNS: [&str; 3] = ["account", "region", "timestamp"];

/// Athena's hidden column with the path of the file that a row lies in.
pub const PATH_COLUMN: &str = "$path";

/// The embedded engine's hidden column with the JSON text of a row's record.
pub const RECORD_COLUMN: &str = "$record";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_name_of_its_key_but_for_case() {
        assert!(COLUMNS.len() > 25 && COLUMNS.iter().any(|column| column.json_key == "eventName"));
        for column in COLUMNS {
            assert_eq!(column.json_key.to_ascii_lowercase(), column.name);
        }
    }
}
