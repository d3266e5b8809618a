//! Statements of CloudTrail Lake, and tables that have maps where ours has JSON.

use super::{asked, kept, logs};

const UUID: &str = "8ec5e8f5-1234-4abc-9def-0123456789ab";

#[test]
fn maps_are_known_by_the_form_of_the_statement() {
    let logs = logs();
    for condition in [
        "element_at(requestParameters, 'bucketName') = 'b1'",
        "requestparameters['bucketName'] = 'b1'",
        "eventname = 'DeleteBucket' AND element_at(requestparameters, 'bucketname') IS NULL",
        "eventname = 'DeleteBucket' AND json_extract_scalar(element_at(requestparameters, 'acl'), '$.grants[1]') = '2'",
        "element_at(requestParameters, 'bucketName') = 'b1' AND eventTime >= '2026-03-10 00:00:00' AND eventTime < '2026-03-10 00:00:01'",
    ] {
        assert_eq!(kept(logs.path(), condition), "DeleteBucket", "{condition}");
    }
    let both = kept(
        logs.path(),
        "element_at(requestparameters, 'k') = '1' OR json_extract_scalar(requestparameters, '$.k') = '1'",
    );
    assert!(both.contains("TYPE_MISMATCH") || both.contains("FUNCTION_NOT_FOUND"), "{both}");
    let row = kept(logs.path(), "requestparameters.bucketName = 'b1'");
    assert!(row.contains("json_extract_scalar(requestparameters, '$.bucketName')"), "{row}");
    let truth = kept(logs.path(), "readOnly = true");
    assert!(truth.contains("TYPE_MISMATCH") && truth.contains("compare with the text"), "{truth}");
    assert_eq!(
        kept(logs.path(), "readOnly = true AND element_at(requestparameters, 'bucketName') = 'b2'"),
        "GetBucketAcl"
    );
    assert_eq!(kept(logs.path(), "readOnly = 'true'"), "GetBucketAcl");
}

#[test]
fn a_data_store_of_cloudtrail_lake_is_read_by_its_id() {
    let logs = logs();
    for named_as in [UUID, "$EDS_ID", "<event_data_store_id>", "event_data_store_ID", &format!("\"{UUID}\"")]
    {
        let sql = format!(
            "SELECT eventID, eventTime, element_at(requestParameters, 'bucketName') FROM {named_as} \
             WHERE eventTime > '2026-03-09 12:00:00' AND eventTime < '2026-03-10 12:00:00' AND readOnly = false"
        );
        assert_eq!(
            asked(logs.path(), &[], &sql),
            "\"eventID\",\"eventTime\",\"_col2\"\n\
             \"00000000-0000-4000-8000-000000000001\",\"2026-03-10 00:00:00.000\",\"b1\"\n",
            "{named_as}"
        );
    }
    for (sql, expected) in [
        (
            "SELECT day_of_week(eventTime) AS weekday, count(*) AS n FROM $EDS_ID WHERE eventTime BETWEEN '2026-03-01' AND '2026-03-31' GROUP BY day_of_week(eventTime) ORDER BY 1",
            "\"weekday\",\"n\"\n\"1\",\"1\"\n\"2\",\"2\"\n",
        ),
        (
            "SELECT json_extract_scalar(eventJson, '$.requestParameters.acl.grants[0]') AS g, eventJsonChecksum, insightDetails FROM $EDS_ID WHERE eventTime > date_add('day', -1, timestamp '2026-04-02 00:00:00')",
            "\"g\",\"eventJsonChecksum\",\"insightDetails\"\n\"1\",,\n",
        ),
        (
            "SELECT eventData.eventName, eventData.userIdentity.type, element_at(eventData.requestParameters, 'bucketName') AS b FROM $EDS_ID WHERE eventData.eventSource = 's3.amazonaws.com' AND eventName = 'PutBucketAcl'",
            "\"eventName\",\"type\",\"b\"\n\"PutBucketAcl\",\"IAMUser\",\"b3\"\n",
        ),
        (
            "SELECT count(*) AS n FROM $EDS_ID a JOIN <EDS ID> b ON a.eventID = b.eventID WHERE a.eventTime IN ('2026-03-09 09:00:00')",
            "\"n\"\n\"1\"\n",
        ),
    ] {
        assert_eq!(asked(logs.path(), &[], sql), expected, "{sql}");
    }
    let wrong = asked(logs.path(), &[], &format!("SELECT eventNam\nFROM {UUID} WHERE eventTime > 'soon'"));
    assert!(wrong.contains("Column 'eventnam' cannot be resolved") && wrong.contains("line 1:8"), "{wrong}");
    let wrong = asked(logs.path(), &[], &format!("SELECT eventName FROM {UUID} WHERE eventTime > 'soon'"));
    assert!(wrong.contains("INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: soon"), "{wrong}");
    assert!(!wrong.contains("eds___"), "{wrong}");
}
