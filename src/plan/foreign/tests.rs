//! Which columns of other tables a statement shows, and in which form.

use datafusion_trino::column_uses;

use super::*;

/// What a statement over `t` wants, after it named these columns in vain.
fn wanted(sql: &str, unknown: &[&str]) -> Wanted {
    let (uses, named) = (column_uses(sql, &[]).unwrap(), NamedPartitions::new());
    let statement = Statement { uses: &uses, named: &named, reads_lake: false };
    let mut wanted = statement.wanted();
    for column in unknown {
        assert!(statement.add(column, &mut wanted), "{column}");
    }
    wanted
}

#[test]
fn a_condition_shows_the_form_of_a_partition_column() {
    for (condition, column, form) in [
        ("year = '2026'", "year", "yyyy"),
        ("year = 2026", "year", "number:yyyy"),
        ("year = cast(year(now()) as varchar)", "year", "yyyy"),
        ("month = '03'", "month", "MM"),
        ("month IN ('10', '9')", "month", "M"),
        ("month = cast(month(now()) as varchar)", "month", "M"),
        ("month = 3", "month", "number:MM"),
        ("concat(year, month) = '202603'", "month", "MM"),
        ("day BETWEEN '01' AND '31'", "day", "dd"),
        ("day = '2026/03/10'", "day", "yyyy/MM/dd"),
        ("day >= current_date - interval '1' day", "day", "date"),
        ("hour = '5'", "hour", "H"),
        ("date = '2026/03/10'", "date", "yyyy/MM/dd"),
        ("date >= '2026-03-10'", "date", "yyyy-MM-dd"),
        ("date > DATE '2026-03-10'", "date", "date"),
        ("date LIKE '2026/03/%'", "date", "yyyy/MM/dd"),
        ("date LIKE '2026-0%'", "date", "yyyy-MM-dd"),
        ("dt = '20260310'", "dt", "yyyyMMdd"),
        ("dt = 20260310", "dt", "number:yyyyMMdd"),
        ("dt >= '2026/3/1'", "dt", "yyyy/M/d"),
        ("dt = '2026/03'", "dt", "yyyy/MM"),
        ("dt >= date_format(now(), '%Y/%m/%d')", "dt", "yyyy/MM/dd"),
        ("date_parse(dt, '%Y%m%d') > now()", "dt", "yyyyMMdd"),
        ("parse_datetime(dt, 'yyyy/MM/dd') > now()", "dt", "yyyy/MM/dd"),
        ("cast(p_date as date) > now()", "p_date", "yyyy-MM-dd"),
        ("p_date IS NOT NULL", "p_date", "yyyy/MM/dd"),
        ("eventdate IS NOT NULL", "eventdate", "yyyy-MM-dd"),
        ("datehour > '2026/03/10/05'", "datehour", "yyyy/MM/dd/HH"),
        ("t.p_account = '111122223333'", "p_account", "account"),
        ("accountid = 111122223333", "accountid", "number:account"),
        ("awsregion_partition LIKE 'us-%'", "awsregion_partition", "region"),
        ("org_id = 'o-1'", "org_id", "organization"),
    ] {
        let wanted = wanted(&format!("SELECT 1 FROM t WHERE {condition}"), &[column]);
        let found = wanted.partitions.get(column).map(ToString::to_string);
        assert_eq!(found.as_deref(), Some(form), "{condition}");
    }
    let nothing = Statement { uses: &[], named: &NamedPartitions::new(), reads_lake: false };
    assert!(!nothing.add("eventnam", &mut Wanted::default()));
}

#[test]
fn our_own_partition_columns_take_another_form_where_the_statement_shows_one() {
    let forms = |condition: &str| {
        let wanted = wanted(&format!("SELECT 1 FROM t WHERE {condition}"), &[]);
        wanted.partitions.iter().map(|(name, form)| format!("{name}={form}")).collect::<Vec<_>>()
    };
    assert!(forms("\"timestamp\" >= '2026/03/10' AND account = '1' AND region = 'x'").is_empty());
    assert_eq!(forms("\"timestamp\" >= '2026-03-10'"), ["timestamp=yyyy-MM-dd"]);
    assert_eq!(forms("account = 111122223333"), ["account=number:account"]);
}

#[test]
fn a_statement_for_cloudtrail_lake_is_known_by_its_forms() {
    let types = |condition: &str| {
        let wanted = wanted(&format!("SELECT 1 FROM t WHERE {condition}"), &[]);
        wanted.types.into_iter().collect::<Vec<_>>()
    };
    let (map, time, boolean) = (OtherType::Map, OtherType::Time, OtherType::Boolean);
    assert_eq!(types("eventtime > '2026-03-10 00:00:00'"), [], "Athena compares texts");
    assert_eq!(types("readOnly = false"), [], "Athena refuses it");
    let (request, response) = (("requestparameters", map), ("responseelements", map));
    assert_eq!(types("element_at(requestParameters, 'k') = 'x'"), [request]);
    assert_eq!(
        types("element_at(requestParameters, 'k') = 'x' AND readOnly = false"),
        [("readonly", boolean), request]
    );
    assert_eq!(
        types("responseElements['k'] = 'x' AND eventTime > '2026-03-10 00:00:00'"),
        [("eventtime", time), response]
    );
    assert_eq!(types("responseElements['k'] = 'x' AND eventTime > '2026-03-10T00:00:00Z'"), [response]);
}
