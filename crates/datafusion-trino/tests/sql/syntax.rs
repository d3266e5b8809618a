//! The SQL front end on small tables: syntax, names, errors.

use datafusion::prelude::SessionContext;
use datafusion_trino::plan;

use crate::common::{now, run, session};

const EVENTS: &str = "
SELECT * FROM (VALUES
 ('e1', 'ConsoleLogin', '2024-05-10T10:00:00Z',
  CAST(ROW('Root', 'arn:aws:iam::1:root', ROW(ROW('Role', 'adm'))) AS ROW(type varchar, arn varchar, sessioncontext ROW(sessionissuer ROW(type varchar, username varchar)))),
  '{\"ConsoleLogin\":\"Success\",\"n\":[1,2]}', CAST(ARRAY[ROW('arn:a', 'AWS::S3::Bucket'), ROW('arn:b', 'AWS::S3::Object')] AS ARRAY(ROW(arn varchar, type varchar))), 'false', '10.1.2.3'),
 ('e2', 'GetObject', '2024-05-10T11:00:00Z',
  CAST(ROW('IAMUser', 'arn:aws:iam::1:user/x', NULL) AS ROW(type varchar, arn varchar, sessioncontext ROW(sessionissuer ROW(type varchar, username varchar)))),
  NULL, NULL, 'true', 's3.amazonaws.com'),
 ('e3', 'Get_Object\\', '2024-05-10T12:00:00Z', NULL, '{\"x-y\":1}', CAST(ARRAY[] AS ARRAY(ROW(arn varchar, type varchar))), NULL, '2001:db8::1')
) AS t(eventid, eventname, eventtime, useridentity, requestparameters, resources, readonly, sourceipaddress)";

async fn events() -> SessionContext {
    let context = session();
    let plan = plan(&context.state(), EVENTS, now()).await.unwrap();
    let frame = context.execute_logical_plan(plan).await.unwrap();
    let schema = frame.schema().as_arrow().clone();
    let table =
        datafusion::datasource::MemTable::try_new(schema.into(), vec![frame.collect().await.unwrap()]);
    context.register_table("events", std::sync::Arc::new(table.unwrap())).unwrap();
    context
}

#[tokio::test]
async fn syntax() {
    let context = events().await;
    let mut shown = String::new();
    for sql in CASES {
        let answer = match run(&context, sql).await {
            Ok(rows) => rows.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n"),
            Err(error) => {
                format!("{error}{}", error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())
            }
        };
        shown.push_str(&format!("{sql}\n----\n{answer}\n\n"));
    }
    insta::assert_snapshot!(shown);
}

const CASES: &[&str] = &[
    "SELECT eventName FROM \"Events\" ORDER BY eventtime;",
    "SELECT userIdentity.userArn FROM events",
    "SELECT userIdentity.Arn, eventid AS \"Id\", eventid, eventID, 1+1 FROM events WHERE useridentity.type = 'Root'",
    "SELECT e.useridentity.sessioncontext.sessionissuer.userName FROM events e LIMIT 1",
    "SELECT eventid, r.arn FROM events CROSS JOIN UNNEST(resources) AS t(r)",
    "SELECT eventid, r.arn FROM events, UNNEST(resources) AS t(r) WHERE r.type LIKE '%Object'",
    "SELECT eventid, r FROM events LEFT JOIN UNNEST(resources) AS t(r) ON TRUE ORDER BY eventid",
    "SELECT eventid, a, ty, n FROM events CROSS JOIN UNNEST(resources) WITH ORDINALITY AS t(a, ty, n)",
    "SELECT x, y FROM UNNEST(ARRAY[1,2], ARRAY['a']) AS t(x, y)",
    "SELECT k, v FROM UNNEST(MAP(ARRAY['a','b'], ARRAY[1,2])) AS t(k, v)",
    "SELECT eventid, j FROM events CROSS JOIN UNNEST(CAST(json_extract(requestparameters, '$.n') AS ARRAY(JSON))) AS t(j)",
    "SELECT resources[1].arn, resources[1][2], element_at(resources, 9).arn FROM events WHERE eventid = 'e1'",
    "SELECT resources[1].arn FROM events WHERE eventid = 'e3'",
    "SELECT eventid, eventname || resources[1].arn FROM events WHERE eventid = 'e1'",
    "SELECT eventid FROM events WHERE eventid = 'e1' AND resources[1].arn = 'arn:a' AND CAST(sourceipaddress AS ipaddress) < ipaddress '255.0.0.0'",
    "SELECT ARRAY[1, 'a']",
    "SELECT eventid, a.eventname FROM events a JOIN events b USING (eventid)",
    "SELECT eventid, a.eventname FROM events a JOIN events b USING (eventid) WHERE a.eventid = 'e1'",
    "SELECT * FROM (SELECT arrow_cast(1,'x')) ",
    "SELECT eventid FROM events WHERE eventid IN ('e1') OR resources[1].arn = 'x'",
    "SELECT e.eventid, r.arn FROM events AS e CROSS JOIN UNNEST(e.resources) AS t (r) CROSS JOIN UNNEST(ARRAY[1,2]) AS n(i) WHERE i = 2",
    "SELECT name, count(*) FROM (SELECT eventname AS name FROM events) GROUP BY name ORDER BY 1",
    "SELECT array_join(array_sort(array_agg(DISTINCT eventname)), ',') FROM events",
    "SELECT array_agg(ROW(eventid, eventname)) FROM events",
    "SELECT json_array_length(json_extract(requestparameters, '$.n')) FROM events ORDER BY 1",
    "SELECT eventid FROM events WHERE (SELECT count(*) FROM events) > 2 ORDER BY eventid",
    "SELECT row_number() OVER () FROM events",
    "SELECT grouping(eventname), eventname FROM events GROUP BY ROLLUP(eventname)",
    "SELECT coalesce(NULL, readonly, 'x'), nullif(readonly, 'true') FROM events ORDER BY eventid",
    "SELECT contains(split('a,b', ','), 'b'), cardinality(filter(resources, r -> r.type LIKE '%Bucket')) FROM events WHERE eventid = 'e1'",
    "SELECT date_diff('minute', from_iso8601_timestamp(min(eventtime)), from_iso8601_timestamp(max(eventtime))) FROM events",
    "SELECT format_datetime(now(), 'yyyy-MM-dd'), date_format(current_date, '%Y/%m/%d'), to_iso8601(now()), from_unixtime(0)",
    "SELECT eventid FROM events WHERE eventtime >= to_iso8601(now() - interval '3' hour) ORDER BY 1",
    "SELECT \"UserIdentity\".\"sessioncontext\".\"sessionissuer\".\"username\" AS \"User\", COUNT(*) AS EventCount FROM events GROUP BY \"useridentity\".\"sessioncontext\".\"sessionissuer\".\"username\" ORDER BY EventCount DESC, \"User\"",
    "SELECT timestamp, date, type FROM (SELECT eventid AS timestamp, eventname AS date, readonly AS type FROM events) WHERE timestamp >= 'e2' ORDER BY timestamp",
    "SELECT array_agg(DISTINCT(eventname) ORDER BY eventname), count(DISTINCT readonly), count(*) FILTER (WHERE readonly = 'true'), sum(CASE WHEN readonly = 'true' THEN 1 ELSE 0 END) FROM events",
    "SELECT eventid FROM events WHERE parse_datetime(eventtime, 'yyyy-MM-dd''T''HH:mm:ss''Z') BETWEEN date_add('hour', -2, now()) AND now() ORDER BY 1",
    "SELECT date_parse(eventtime, '%Y-%m-%dT%H:%i:%sZ') + interval '-30' day AS d FROM events ORDER BY d DESC LIMIT 1",
    "WITH x(a, b) AS (SELECT eventid, eventname FROM events) SELECT a, upper(b) FROM x ORDER BY b",
    "SELECT readonly, count(*) AS n FROM events GROUP BY readonly ORDER BY count(*) DESC, readonly",
    "SELECT useridentity.type, date_trunc('hour', from_iso8601_timestamp(eventtime)) AS hour, count(*) FROM events GROUP BY 1, 2 ORDER BY 2",
    "SELECT useridentity.type AS kind, count(*) FROM events GROUP BY useridentity.type HAVING count(*) >= 1 ORDER BY kind",
    "SELECT useridentity.arn FROM events GROUP BY useridentity.arn ORDER BY useridentity.arn",
    "SELECT eventid, lag(eventname) OVER (ORDER BY eventtime) AS before FROM events ORDER BY eventtime",
    "SELECT a.eventid FROM events a LEFT JOIN events b ON a.eventid = b.readonly WHERE b.eventid IS NULL ORDER BY a.eventid LIMIT 2",
    "SELECT eventid FROM events WHERE eventid NOT IN ('e1', NULL)",
    "SELECT eventid FROM events WHERE eventid <> 'e1' AND eventid != 'e2'",
    "SELECT CASE readonly WHEN 'true' THEN 'r' ELSE 'w' END FROM events ORDER BY eventid",
    "SELECT try_cast('12' AS bigint) + 1, 7 / 2, -7 % 4, 1.5 * 2, 9223372036854775807 + 1",
    "SELECT 9223372036854775807 + 1",
    "SELECT eventid FROM events WHERE cardinality(resources) / 0 = 1",
    "SELECT json_extract_scalar(requestparameters, '$[\"x-y\"]') FROM events WHERE eventid = 'e3'",
    "SELECT 'it''s', U&'\\00e9', length('a\\b'), '' = ''",
    "SELECT max(eventtime) FROM events WHERE eventid = 'nope'",
    "SELECT eventid, e.eventName FROM events AS e, (VALUES ('e1', 1), ('e2', 2)) AS v(id, n) WHERE e.eventid = v.id AND v.n = 2",
    "(SELECT eventid FROM events LIMIT 1) UNION (SELECT eventid FROM events WHERE eventid = 'e1')",
    "SELECT x FROM (VALUES (1), (2), (NULL)) AS t(x) ORDER BY x DESC",
    "SELECT a.readonly, b.readonly FROM events a JOIN events b USING (eventid) WHERE eventid = 'e2'",
    "SELECT eventid FROM events a JOIN events b ON a.eventid = b.eventid",
    "SELECT * FROM events WHERE eventtime > '2024-05-10T11:30:00Z' /* comment */ AND resources IS NOT NULL",
    "SELECT approx_percentile(x, ARRAY[0.5, 1.0]) FROM UNNEST(sequence(1, 10)) AS t(x)",
    "SELECT eventid FROM events WHERE lower(eventname) = 'consolelogin' ORDER BY lower(eventname)",
    "SELECT DISTINCT lower(eventname) AS n FROM events ORDER BY lower(eventname)",
    "SELECT DISTINCT eventname FROM events ORDER BY eventtime",
    "SELECT count(*) FROM events WHERE resources[1].arn = 'arn:a'",
    "SELECT element_at(split(useridentity.arn, ':'), -1), split_part(eventtime, '-', 9), url_extract_host('https://a.b:1/c?d=e') FROM events ORDER BY eventid LIMIT 1",
    "SELECT json_format(CAST(ROW(eventid, 1) AS JSON)), CAST(MAP(ARRAY['a'], ARRAY[ROW(1)]) AS JSON), CAST(json_parse('{\"a\":[1,2]}') AS MAP(varchar, ARRAY(bigint)))['a'][2] FROM events LIMIT 1",
    "SELECT `eventid` FROM events",
    "SELECT eventid FROM events LIMIT 1 OFFSET 1",
    "SELECT min(eventid), eventname FROM events",
    "SELECT eventid FROM events WHERE count(*) > 1",
    "SELECT sum(eventid) FROM events",
    "SELECT abs(eventid) FROM events",
    "SELECT eventid || requestparameters || json_extract(requestparameters, '$.n') FROM events",
    "SELECT date '2024-13-01'",
    "SELECT eventid FROM events WHERE eventname = \"ConsoleLogin\"",
    "SELECT cardinality(resources), resources[2].type FROM events WHERE cardinality(resources) > 1",
    "SELECT approx_distinct(eventname), approx_percentile(length(eventname), 0.5), histogram(readonly), map_agg(eventid, eventname), min_by(eventid, eventtime, 2), arbitrary(awsregion) FROM (SELECT *, 'eu' AS awsregion FROM events)",
    "SELECT eventid FROM events e WHERE EXISTS (SELECT 1 FROM UNNEST(e.resources) AS t(r) WHERE r.arn = 'arn:b')",
    "SELECT a.eventid FROM events a CROSS JOIN UNNEST(a.resources) AS t(r) JOIN events b ON b.eventid = a.eventid WHERE r.arn = 'arn:a'",
    "SELECT eventid FROM events LEFT JOIN UNNEST(resources) AS t(r) ON r.arn = 'x'",
    "SELECT eventid, x.arn FROM events CROSS JOIN UNNEST(resources) AS t(x, y, z)",
    "SELECT r FROM events CROSS JOIN UNNEST(requestparameters) AS t(r)",
    "SELECT eventid FROM events WHERE useridentity.type = 'Root' OR (eventname LIKE 'A%' AND eventid > 3)",
    "SELECT coalesce(readonly, false) FROM events",
    "SELECT eventid FROM events WHERE eventname LIKE 'Get_Object\\'",
    "SELECT eventid FROM events WHERE eventname LIKE 'Get!_%' ESCAPE '!'",
    "SELECT eventid FROM events WHERE eventname NOT LIKE concat('Get', '%')",
    "SELECT count(*), count_if(readonly = 'true'), max_by(eventid, eventtime), array_agg(DISTINCT eventname ORDER BY eventname) FROM events",
    "SELECT DISTINCT useridentity.type FROM events ORDER BY useridentity.type",
    "SELECT DISTINCT (eventid, eventname) FROM events WHERE eventid = 'e1'",
    "SELECT \"split_part\"(eventtime, 'T', 1) d, count(*) FROM events GROUP BY 1 HAVING count(*) > 1",
    "SELECT try(1/0), try(CAST('x' AS bigint)), if(1 > 2, 'a', 'b'), if(false, 1)",
    "SELECT try(contains('10.0.0.0/8', CAST(sourceipaddress AS ipaddress))) FROM events ORDER BY eventid",
    "SELECT CAST(TRY_CAST(sourceipaddress AS IPADDRESS) AS varchar) FROM events ORDER BY eventid",
    "SELECT CAST(sourceipaddress AS IPADDRESS) FROM events",
    "SELECT eventid FROM events ORDER BY eventid OFFSET 1 ROWS FETCH FIRST 1 ROWS ONLY",
    "SELECT eventid FROM events ORDER BY eventid OFFSET 1 LIMIT 1",
    "SELECT readonly FROM events ORDER BY readonly DESC",
    "SELECT transform(filter(ARRAY[1,2,3], x -> x > 1), x -> x * 10), any_match(ARRAY[1], x -> x = 1), all_match(ARRAY[1,2], x -> x < 2), none_match(ARRAY[1], x -> x = 2)",
    "SELECT transform(resources, r -> r.arn || eventid) FROM events WHERE eventid = 'e1'",
    "SELECT current_date, now(), current_timestamp - interval '1' day, date '2024-01-31' + interval '1' month, current_date - interval '7' day < from_iso8601_timestamp('2024-05-09')",
    "SELECT eventtime AT TIME ZONE 'America/New_York' FROM events",
    "SELECT from_iso8601_timestamp(eventtime) AT TIME ZONE 'America/New_York' FROM events WHERE eventid='e1'",
    "SELECT ROW(1, 'a'), CAST(ROW(1, NULL) AS ROW(x bigint, y varchar)), MAP(ARRAY['b','a'], ARRAY[1,2]), 1e2, 37.7, CAST(37.7 AS varchar), CAST(json_parse('{\"b\":1,\"a\":[1.0]}') AS JSON)",
    "WITH a AS (SELECT useridentity.arn, eventid FROM events) SELECT arn, b.eventId FROM a JOIN events b ON a.eventid = b.eventid WHERE arn IS NOT NULL ORDER BY 2 -- x\n",
    "SELECT * FROM (SELECT eventId, eventName AS Name FROM events) WHERE name LIKE 'Con%'",
    "SELECT e.*, eventid FROM events e WHERE eventid='e2'",
    "SELECT listagg(eventid, ',') WITHIN GROUP (ORDER BY eventid DESC) FROM events",
    "SELECT eventid, row_number() OVER (PARTITION BY readonly ORDER BY eventtime) rn FROM events ORDER BY eventid",
    "SELECT eventid FROM events WHERE readonly = true",
    "SELECT eventid FROM events WHERE eventtime > now() - interval '1' day",
    "SELECT eventid FROM events WHERE eventtime BETWEEN date '2024-01-01' AND date '2024-02-01'",
    "SELECT eventid FROM events WHERE eventid IN (1, 2)",
    "SELECT requestparameters.userName FROM events",
    "SELECT evenname FROM events",
    "SELECT eventid\nFROM event",
    "SELECT lowr(eventid) FROM events",
    "SELECT eventid,\n  json_extract_scalar(requestparameters, '$.x-y')\nFROM events",
    "SELECT eventid FROM events GROUP BY eventname",
    "SELECT eventid FROM events WHERE",
    "SELECT eventid FROM events ORDER eventid",
    "SELECT eventid::varchar FROM events",
    "SELECT date_format(from_iso8601_timestamp(eventtime), '%V') FROM events",
    "SELECT interval '7' days",
    "SELECT CAST(1 AS text)",
    "SELECT 'a' || 1",
    "SELECT eventname AS n FROM events WHERE n = 'x'",
    "SELECT count(*) c FROM events GROUP BY eventname HAVING c > 1",
    "SELECT substr(eventname, 1, 3) AS p, count(*) FROM events GROUP BY p",
    "DROP TABLE events",
    "SELECT 1; SELECT 2",
    "SELECT eventid FROM events UNION ALL SELECT 'z' ORDER BY eventID",
    "SELECT eventid FROM events WHERE eventid IN (SELECT eventid FROM events WHERE readonly = 'true')",
    "SELECT extract(hour from from_iso8601_timestamp(eventtime)) h, hour(from_iso8601_timestamp(eventtime)) FROM events WHERE eventid = 'e1'",
    "SELECT from_iso8601_timestamp('2024-01-02T03:04:05Z') - from_iso8601_timestamp('2024-01-01T00:00:00Z')",
    "SELECT timestamp '2024-01-01 01:00', timestamp '2024-01-01 01:00:00.5 UTC', date '2024-01-01', ipaddress '::ffff:1.2.3.4', json '{\"a\": 1}'",
    "\n-- A comment.\n  DELETE FROM events",
    "/* one */ explain SELECT 1",
    "SELECT 1;\nDROP TABLE events",
    "\n  TABLE events",
];

/// What a scan is asked for.
#[derive(Debug, Default)]
struct Scanned {
    columns: Vec<String>,
    filters: Vec<String>,
}

#[derive(Debug)]
struct Recorder {
    schema: datafusion::arrow::datatypes::SchemaRef,
    scanned: std::sync::Mutex<Vec<Scanned>>,
}

#[async_trait::async_trait]
impl datafusion::catalog::TableProvider for Recorder {
    fn schema(&self) -> datafusion::arrow::datatypes::SchemaRef {
        self.schema.clone()
    }
    fn table_type(&self) -> datafusion::datasource::TableType {
        datafusion::datasource::TableType::Base
    }
    fn supports_filters_pushdown(
        &self,
        filters: &[&datafusion::logical_expr::Expr],
    ) -> datafusion::error::Result<Vec<datafusion::logical_expr::TableProviderFilterPushDown>> {
        Ok(vec![datafusion::logical_expr::TableProviderFilterPushDown::Inexact; filters.len()])
    }
    async fn scan(
        &self,
        _: &dyn datafusion::catalog::Session,
        projection: Option<&Vec<usize>>,
        filters: &[datafusion::logical_expr::Expr],
        _: Option<usize>,
    ) -> datafusion::error::Result<std::sync::Arc<dyn datafusion::physical_plan::ExecutionPlan>> {
        let schema = match projection {
            Some(places) => std::sync::Arc::new(self.schema.project(places)?),
            None => self.schema.clone(),
        };
        self.scanned.lock().unwrap().push(Scanned {
            columns: schema.fields().iter().map(|field| field.name().clone()).collect(),
            filters: filters.iter().map(ToString::to_string).collect(),
        });
        Ok(std::sync::Arc::new(datafusion::physical_plan::empty::EmptyExec::new(schema)))
    }
}

const FILTERED: &[&str] = &[
    "SELECT eventid FROM events WHERE eventname IN ('A', 'B') AND useridentity.type = 'Root' AND eventname LIKE 'Con%'",
    "SELECT r.arn FROM events CROSS JOIN UNNEST(resources) AS t(r) WHERE eventname = 'X' AND r.type = 'y'",
    "WITH a AS (SELECT eventid, useridentity.sessioncontext.sessionissuer.username AS u FROM events) SELECT * FROM a WHERE u LIKE 'a\\b!_%' ESCAPE '!'",
    "SELECT eventid FROM events WHERE json_extract_scalar(requestparameters, '$.a') = 'b' AND from_iso8601_timestamp(eventtime) > now() - interval '1' hour",
    "SELECT eventid FROM events WHERE eventname = 'X' AND resources[1].arn = 'a' AND TRY_CAST(sourceipaddress AS ipaddress) BETWEEN ipaddress '10.0.0.0' AND ipaddress '10.0.0.255'",
    "SELECT eventid FROM events WHERE regexp_like(eventname, '^A') AND coalesce(try(contains('10.0.0.0/8', CAST(sourceipaddress AS ipaddress))), false) AND readonly IS DISTINCT FROM 'true'",
    "SELECT count(*) FROM events WHERE any_match(resources, r -> r.arn = 'x') AND contains(ARRAY['a','b'], eventname)",
];

#[tokio::test]
async fn scans_see_filters_and_columns() {
    let full = events().await;
    let schema = full.table("events").await.unwrap().schema().as_arrow().clone();
    let mut shown = String::new();
    for sql in FILTERED {
        let context = session();
        let table =
            std::sync::Arc::new(Recorder { schema: schema.clone().into(), scanned: Default::default() });
        context.register_table("events", table.clone()).unwrap();
        let plan = plan(&context.state(), sql, now()).await.unwrap();
        context.state().create_physical_plan(&plan).await.unwrap();
        let scanned = std::mem::take(&mut *table.scanned.lock().unwrap());
        shown.push_str(&format!("{sql}\n----\n"));
        for scan in scanned {
            shown.push_str(&format!("columns {}\n", scan.columns.join(", ")));
            for filter in scan.filters {
                shown.push_str(&format!("filter  {filter}\n"));
            }
        }
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}
