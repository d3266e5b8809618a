//! Columns: every kind of value in every kind of column, as raw access and as Arrow.

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::array_value_to_string;
use trailbrief::testing::domain::cloudtrail::{COLUMNS, PARTITION_COLUMNS};
use trailbrief::testing::engine::embedded::reader::{
    ColumnSet, EventBuilder, Flow, Input, Limits, Partition, Reader, schema,
};

use super::column;

const PARTITION: Partition<'_> = Partition {
    account: "123456789012",
    region: "us-east-1",
    timestamp: "2026/03/01",
    path: "p",
    record: b"{}",
};

fn batch(text: &str, columns: &ColumnSet) -> RecordBatch {
    let mut builder = EventBuilder::new(columns);
    let stats = Reader::new(Limits::default()).read(Input::Bytes(text.as_bytes()), &mut |record| {
        builder.append(record, PARTITION);
        Flow::Continue
    });
    assert_eq!(stats.problems, [], "{text}");
    assert_eq!(builder.rows() as u64, stats.records);
    let batch = builder.finish();
    assert!(builder.rows() == 0 && builder.bytes() == 0);
    for column in batch.columns() {
        column.to_data().validate_full().expect("a valid array");
    }
    batch
}

/// One value of the only row, as text; `-` for NULL.
fn value(record: &str, name: &str) -> String {
    let batch = batch(record, &ColumnSet::new([column(name)]));
    let array = batch.column(0);
    assert_eq!(array.len(), 1);
    if array.is_null(0) { "-".into() } else { array_value_to_string(array, 0).expect("printable") }
}

#[test]
fn values() {
    let cases = [
        ("errormessage", r#"{"eventName":"A","errorMessage":"a\"b\u00e9\nc"}"#, "a\"bé\nc"),
        ("errormessage", r#"{"eventName":"A","errorMessage":""}"#, ""),
        ("errormessage", r#"{"eventName":"A","errorMessage":null}"#, "-"),
        ("errormessage", r#"{"eventName":"A"}"#, "-"),
        ("errormessage", r#"{"eventName":"A","errorMessage":"x","errormessage":"last"}"#, "last"),
        ("errormessage", r#"{"eventName":"A","errorMessage":"x","ERRORMESSAGE":null}"#, "-"),
        ("readonly", r#"{"eventName":"A","readOnly":true}"#, "true"),
        ("readonly", r#"{"eventName":"A","readOnly":"false"}"#, "false"),
        ("errorcode", r#"{"eventName":"A","errorCode":200}"#, "200"),
        ("errorcode", r#"{"eventName":"A","errorCode":1.50e+3}"#, "1.50e+3"),
        ("useragent", r#"{"eventName":"A","userAgent":[ "a", "b c" ]}"#, r#"["a","b c"]"#),
        (
            "requestparameters",
            r#"{"eventName":"A","requestParameters":{"b":1.0,"a":"\u003c \" "}}"#,
            r#"{"b":1.0,"a":"\u003c \" "}"#,
        ),
        (
            "requestparameters",
            "{\"eventName\":\"A\",\"requestParameters\" : { \"b\" : [ 1,\n\t2 ] }\r\n}",
            r#"{"b":[1,2]}"#,
        ),
        ("requestparameters", r#"{"eventName":"A","requestParameters":"{\"a\":1}"}"#, r#"{"a":1}"#),
        ("requestparameters", r#"{"eventName":"A","requestParameters":[]}"#, "[]"),
        ("requestparameters", r#"{"eventName":"A","requestParameters":null}"#, "-"),
        (
            "tlsdetails",
            r#"{"eventName":"A","tlsDetails":{"tlsVersion":"TLSv1.3","x":1}}"#,
            "{tlsversion: TLSv1.3, ciphersuite: , clientprovidedhostheader: }",
        ),
        (
            "tlsdetails",
            r#"{"eventName":"A","tlsDetails":{"TLSVERSION":"a","tlsVersion":{"b": 1}}}"#,
            "{tlsversion: {\"b\":1}, ciphersuite: , clientprovidedhostheader: }",
        ),
        (
            "tlsdetails",
            r#"{"eventName":"A","tlsDetails":{}}"#,
            "{tlsversion: , ciphersuite: , clientprovidedhostheader: }",
        ),
        ("tlsdetails", r#"{"eventName":"A","tlsDetails":"TLSv1.3"}"#, "-"),
        ("tlsdetails", r#"{"eventName":"A","tlsDetails":["TLSv1.3"]}"#, "-"),
        ("tlsdetails", r#"{"eventName":"A","tlsDetails":null}"#, "-"),
        (
            "addendum",
            r#"{"eventName":"A","addendum":{"reason":"UPDATED_DATA","updatedFields":{"a": 1}}}"#,
            "{reason: UPDATED_DATA, updatedfields: {\"a\":1}, originalrequestid: , originaleventid: }",
        ),
        ("resources", r#"{"eventName":"A","resources":[]}"#, "[]"),
        (
            "resources",
            r#"{"eventName":"A","resources":[ {"ARN":"a","type":"t"} , "x", null]}"#,
            "[{arn: a, accountid: , type: t, arnprefix: }, , ]",
        ),
        ("resources", r#"{"eventName":"A","resources":{"ARN":"a"}}"#, "-"),
        ("resources", r#"{"eventName":"A","resources":"a"}"#, "-"),
    ];
    for (name, record, wanted) in cases {
        assert_eq!(value(record, name), wanted, "{record}");
    }
}

#[test]
fn nested_structs_and_maps() {
    let identity = |identity: &str| format!(r#"{{"eventName":"A","userIdentity":{identity}}}"#);
    let lines = [
        identity(
            r#"{"type":"AssumedRole","sessionContext":{"attributes":{"mfaAuthenticated":"true"},"webIdFederationData":{"federatedProvider":"p","attributes":{"b":"1","a":2,"c":null,"b":"3"}}}}"#,
        ),
        identity(r#"{"sessionContext":{"webIdFederationData":{"attributes":{}}}}"#),
        identity(r#"{"sessionContext":{"webIdFederationData":{"attributes":"x"}}}"#),
        identity(r#"{"sessionContext":"x"}"#),
        identity("null"),
    ];
    let batch = batch(&lines.join("\n"), &ColumnSet::new([column("useridentity")]));
    let identity = batch.column(0).as_struct();
    let session = identity.column_by_name("sessioncontext").unwrap().as_struct();
    let federation = session.column_by_name("webidfederationdata").unwrap().as_struct();
    let attributes = federation.column_by_name("attributes").unwrap();
    let present = |array: &dyn Array| (0..5).map(|row| array.is_valid(row)).collect::<Vec<_>>();
    assert_eq!(present(identity), [true, true, true, true, false]);
    assert_eq!(present(session), [true, true, true, false, false]);
    assert_eq!(present(federation), [true, true, true, false, false]);
    assert_eq!(present(attributes), [true, true, false, false, false]);
    assert_eq!(array_value_to_string(attributes, 0).unwrap(), "{b: 3, a: 2, c: }");
    assert_eq!(array_value_to_string(attributes, 1).unwrap(), "{}");
    assert_eq!(identity.column_by_name("type").unwrap().as_string::<i32>().value(0), "AssumedRole");
}

#[test]
fn the_schema_is_the_columns_and_the_partition() {
    let schema = schema();
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let wanted: Vec<_> = COLUMNS.iter().map(|column| column.name).chain(PARTITION_COLUMNS).collect();
    assert_eq!(names, wanted);
    assert!(schema.fields().iter().all(|field| field.is_nullable()));
    assert!(matches!(schema.field_with_name("resources").unwrap().data_type(), DataType::List(_)));
    assert_eq!(ColumnSet::new(0..names.len()).schema(), schema);
}

#[test]
fn chosen_columns_only() {
    let (name, region) = (column("eventname"), COLUMNS.len() + 1);
    let columns = ColumnSet::new([region, name, 9999, name]);
    assert_eq!(columns.indices(), [name, region]);
    let mut text = String::new();
    for row in 0..100 {
        text.push_str(&format!("{{\"eventName\":\"E{row}\"}}\n"));
    }
    let batch = batch(&text, &columns);
    assert_eq!(batch.schema(), columns.schema());
    assert_eq!((batch.num_rows(), batch.num_columns()), (100, 2));
    assert_eq!(batch.column(0).as_string::<i32>().value(99), "E99");
    assert_eq!(batch.column(1).as_string::<i32>().value(99), "us-east-1");
}

#[test]
fn no_columns_still_count_rows() {
    let batch = batch(r#"{"eventName":"A"}{"eventName":"B"}"#, &ColumnSet::new([]));
    assert_eq!((batch.num_rows(), batch.num_columns()), (2, 0));
}

#[test]
fn raw_access() {
    let text = r#"{"eventName":"A\u0042","errorCode": null ,"userIdentity":{"type":"x","TYPE":"Root","arn":null,"sessionContext":{ "a": 1}},"readOnly":true}"#;
    let mut seen = 0;
    Reader::new(Limits::default()).read(Input::Bytes(text.as_bytes()), &mut |record| {
        seen += 1;
        assert_eq!(record.json(), text.as_bytes());
        assert_eq!(record.raw(column("eventname")), Some(&br#""A\u0042""#[..]));
        assert_eq!(record.raw(column("errorcode")), Some(&b"null"[..]));
        assert_eq!(record.raw(column("awsregion")), None);
        assert_eq!(record.raw(COLUMNS.len()), None);
        assert_eq!(record.text(column("eventname")).as_deref(), Some("AB"));
        assert_eq!(record.text(column("errorcode")), None);
        assert_eq!(record.text(column("readonly")).as_deref(), Some("true"));
        let nested = |key| record.nested_text(column("useridentity"), key);
        assert_eq!(nested("type").as_deref(), Some("Root"));
        assert_eq!(nested("sessioncontext").as_deref(), Some(r#"{"a":1}"#));
        assert_eq!((nested("arn"), nested("nothing")), (None, None));
        assert_eq!(record.nested_text(column("readonly"), "x"), None);
        Flow::Continue
    });
    assert_eq!(seen, 1);
}
