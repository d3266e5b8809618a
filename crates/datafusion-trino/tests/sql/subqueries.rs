//! Subqueries: their rows, with NULLs on both sides, in every place where one can stand.

use datafusion_trino::SqlError;

use crate::common::{run, session};

/// `a(x, k)`, `b(y, k)`, `e(y, k)` without rows, and `one(z)` with the row 1.
const TABLES: &str =
    "WITH a(x, k) AS (VALUES (1, 5), (2, 1), (CAST(NULL AS integer), 2), (9, CAST(NULL AS integer))),
    b(y, k) AS (VALUES (1, 1), (3, 4), (3, 6), (CAST(NULL AS integer), 5)),
    e(y, k) AS (SELECT y, k FROM b WHERE false), one(z) AS (VALUES 1) ";

async fn rows(sql: &str) -> String {
    let shown = |rows: Vec<Vec<String>>| {
        let mut rows: Vec<String> = rows[1..].iter().map(|row| row.join(" ")).collect();
        if sql.rfind("ORDER BY") < sql.rfind(')') {
            rows.sort();
        }
        rows.join(", ")
    };
    let refused = |error: SqlError| format!("{}: {}", error.class, error.message);
    run(&session(), &format!("{TABLES}{sql}")).await.map_or_else(refused, shown)
}

async fn check(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (sql, expected) in cases {
        let found = rows(sql).await;
        if found != *expected {
            wrong.push(format!("{sql}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn in_forgets_no_null() {
    check(&[
        ("SELECT x FROM a WHERE x IN (SELECT y FROM b)", "1"),
        ("SELECT x FROM a WHERE x NOT IN (SELECT y FROM b)", ""),
        ("SELECT x FROM a WHERE x NOT IN (SELECT y FROM e)", "1, 2, 9, ∅"),
        ("SELECT x FROM a WHERE x NOT IN (SELECT z FROM one) OR x = 99", "2, 9"),
        ("SELECT x FROM a WHERE x NOT IN (SELECT y FROM b) OR x = 9", "9"),
        ("SELECT x FROM a WHERE NOT (x IN (SELECT z FROM one) AND k > 1)", "2, 9"),
        ("SELECT x FROM a WHERE (x IN (SELECT y FROM b)) IS NULL", "2, 9, ∅"),
        ("SELECT x FROM a WHERE (x IN (SELECT y FROM e)) IS NULL", ""),
        ("SELECT x, x IN (SELECT y FROM b), x NOT IN (SELECT z FROM one) FROM a", "1 true false, 2 ∅ true, 9 ∅ true, ∅ ∅ ∅"),
        ("SELECT 1 IN (SELECT y FROM b), NULL IN (SELECT y FROM b), NULL IN (SELECT y FROM e), 2 NOT IN (SELECT y FROM b)", "true ∅ false ∅"),
        ("SELECT count_if(x IN (SELECT z FROM one)), count(*) FILTER (WHERE x NOT IN (SELECT z FROM one)) FROM a", "1 2"),
        ("SELECT CASE WHEN x IN (SELECT z FROM one) THEN 'yes' ELSE 'no' END AS found, count(*) FROM a GROUP BY 1", "no 3, yes 1"),
        ("SELECT x FROM a ORDER BY (x IN (SELECT z FROM one)) DESC, x", "1, 2, 9, ∅"),
        ("SELECT a.x, b.y FROM a LEFT JOIN b ON a.x = b.y AND b.k IN (SELECT z FROM one)", "1 1, 2 ∅, 9 ∅, ∅ ∅"),
        ("SELECT x FROM a WHERE nullif(x, 1) NOT IN (SELECT z FROM one)", "2, 9"),
        ("SELECT x FROM a WHERE x + 1 NOT IN (SELECT z FROM one)", "1, 2, 9"),
        ("SELECT x FROM a WHERE 7 NOT IN (SELECT z FROM one)", "1, 2, 9, ∅"),
        ("SELECT x FROM a WHERE 7 NOT IN (SELECT y FROM b)", ""),
        ("SELECT x FROM a WHERE CAST(x AS bigint) IN (SELECT z FROM one) OR k = 1", "1, 2"),
        ("SELECT 'a' IN (SELECT z FROM one)", "TYPE_MISMATCH: Value expression and result of subquery must be of the same type: varchar vs integer"),
    ])
    .await;
}

#[tokio::test]
async fn in_of_rows() {
    check(&[
        ("SELECT x FROM a WHERE (x, k) IN (SELECT y, k + 4 FROM b)", "1"),
        ("SELECT x FROM a WHERE (x, k) IN (SELECT * FROM (SELECT x, k FROM a))", "1, 2"),
        ("SELECT x FROM a WHERE ROW(x, 1) NOT IN (SELECT z, z FROM one)", "2, 9, ∅"),
        (
            "SELECT (1, 2) IN (SELECT ROW(z, z + 1) FROM one)",
            "TYPE_MISMATCH: a row of 2 values is compared with a subquery of 1 columns",
        ),
        ("SELECT (1, NULL) IN (SELECT z, z FROM one), (2, NULL) IN (SELECT z, z FROM one)", "false false"),
        (
            "SELECT (3, 4) IN (VALUES (1, 2), (3, 4)), (3, 5) IN (VALUES (1, 2), (3, 4)), (3, 4) NOT IN (VALUES (1, 2), (3, NULL)), (1, 2) IN (VALUES ROW(1, 2))",
            "true false true true",
        ),
        ("SELECT (1, 2) IN (VALUES (1, 2) UNION SELECT 3, 4)", "true"),
        ("SELECT (3, 4) NOT IN (VALUES (1, 2), (3, 4)), (3, 4) IN ((VALUES (3, 4)))", "false true"),
        ("SELECT (3, 4) IN (WITH v(p, q) AS (VALUES (1, 2), (3, 4)) SELECT * FROM v)", "true"),
        ("SELECT (3, 4) IN (VALUES (1, 2), (3, 4) ORDER BY 1 LIMIT 1)", "false"),
        ("SELECT x FROM a WHERE (x, k) IN (VALUES (1, 5), (2, 2))", "1"),
        (
            "SELECT (3, 4) IN (VALUES 1, 2)",
            "TYPE_MISMATCH: a row of 2 values is compared with a subquery of 1 columns",
        ),
        (
            "SELECT (3, 4) IN (VALUES (1, 2, 3))",
            "TYPE_MISMATCH: a row of 2 values is compared with a subquery of 3 columns",
        ),
        (
            "SELECT (1, 2) IN (SELECT z, z, z FROM one)",
            "TYPE_MISMATCH: a row of 2 values is compared with a subquery of 3 columns",
        ),
    ])
    .await;
}

#[tokio::test]
async fn names_are_those_of_the_inner_relation_first() {
    check(&[
        ("SELECT x FROM a WHERE x = ANY (SELECT x FROM a WHERE k = 1)", "2"),
        ("SELECT x FROM a WHERE x <> ALL (SELECT x FROM a WHERE k = 1)", "1, 9"),
        ("SELECT x FROM a WHERE x >= ALL (SELECT x FROM a WHERE x IS NOT NULL)", "9"),
        ("SELECT x FROM a WHERE x >= ALL (SELECT x FROM a)", ""),
        ("SELECT x FROM a WHERE x IN (SELECT x FROM a WHERE k = 1) OR k = 5", "1, 2"),
        ("SELECT x, (SELECT max(k) FROM a) FROM a WHERE k = 1", "2 5"),
        ("SELECT k, count(*) AS n FROM b GROUP BY k HAVING count(*) >= (SELECT avg(n) FROM (SELECT count(*) AS n FROM b GROUP BY k)) ORDER BY k", "1 1, 4 1, 5 1, 6 1"),
    ])
    .await;
}

#[tokio::test]
async fn any_and_all() {
    check(&[
        (
            "SELECT x, x < ANY (SELECT y FROM b), x > ANY (SELECT y FROM b) FROM a",
            "1 true ∅, 2 true true, 9 ∅ true, ∅ ∅ ∅",
        ),
        (
            "SELECT x, x < ALL (SELECT y FROM b), x >= ALL (SELECT y FROM b) FROM a",
            "1 false false, 2 false false, 9 false ∅, ∅ ∅ ∅",
        ),
        (
            "SELECT x, x <= ALL (SELECT y FROM e), x > SOME (SELECT y FROM e) FROM a WHERE k = 2",
            "∅ true false",
        ),
        (
            "SELECT x, x = ALL (SELECT z FROM one), x <> ANY (SELECT z FROM one) FROM a",
            "1 true false, 2 false true, 9 false true, ∅ ∅ ∅",
        ),
        (
            "SELECT x, x <> ANY (SELECT y FROM b), x = ALL (SELECT y FROM b WHERE y = 3) FROM a WHERE k < 6",
            "1 true false, 2 true false, ∅ true ∅",
        ),
        ("SELECT x FROM a WHERE x > ALL (SELECT y FROM b WHERE b.k < a.k)", "2, 9"),
        ("SELECT x FROM a WHERE NOT (x <= ANY (SELECT y FROM b WHERE b.k < a.k))", "2, 9"),
        (
            "SELECT x = ANY (ARRAY[1, 2]) FROM a",
            "FUNCTION_NOT_FOUND: Function 'any' not registered: ANY needs a query",
        ),
        ("SELECT 1 = ALL (ARRAY[1])", "FUNCTION_NOT_FOUND: Function 'all' not registered: ALL needs a query"),
        (
            "SELECT 1 = SOME (ARRAY[1])",
            "FUNCTION_NOT_FOUND: Function 'some' not registered: SOME needs a query",
        ),
    ])
    .await;
}

#[tokio::test]
async fn nan_is_compared_as_nothing() {
    let values = "(SELECT y FROM (VALUES 5e0, nan()) AS t(y))";
    let rows = "FROM (VALUES 1e0, 5e0, 9e0, nan(), NULL) AS u(x)";
    let outer =
        "FROM (VALUES (1e0, 0), (5e0, 1), (1e0, 1), (nan(), 2), (2e0, 3), (NULL, 3), (NULL, 9)) AS u(x, k)";
    let inner = |op| {
        format!("(SELECT y FROM (VALUES (5e0, 1), (nan(), 2), (nan(), 3)) AS t(y, k) WHERE t.k {op} u.k)")
    };
    check(&[
        ("SELECT nan() > ALL (SELECT 5e0), 1e0 < ALL (SELECT nan()), nan() = ALL (SELECT nan()), 1e0 < ANY (SELECT nan())", "false false false false"),
        ("SELECT nan() <> ANY (SELECT nan()), nan() <> ANY (SELECT 1e0), nan() > ALL (SELECT 5), 1 < ALL (SELECT nan())", "true true false false"),
        (&format!("SELECT x, x > ALL {values}, x < ALL {values}, x < ANY {values}, x > ANY {values} {rows}"), "1.0 false true true false, 5.0 false false false false, 9.0 true false false true, NaN false false false false, ∅ ∅ ∅ ∅ ∅"),
        (&format!("SELECT x, x >= ANY {values}, x = ALL {values}, x <> ANY {values} {rows}"), "1.0 false false true, 5.0 true true false, 9.0 true false true, NaN false false true, ∅ ∅ ∅ ∅"),
        (&format!("SELECT x, k, x < ALL {}, x <> ANY {} {outer}", inner(">"), inner(">")), "1.0 0 true true, 1.0 1 false true, 2.0 3 true false, 5.0 1 false true, NaN 2 false true, ∅ 3 true false, ∅ 9 true false"),
        (&format!("SELECT x, k, x < ALL {0}, x = ALL {0}, x <> ANY {0} {outer}", inner("=")), "1.0 0 true true false, 1.0 1 true false true, 2.0 3 false false true, 5.0 1 false true false, NaN 2 false false true, ∅ 3 ∅ false true, ∅ 9 true true false"),
    ])
    .await;
}

#[tokio::test]
async fn correlated_in_and_exists() {
    check(&[
        ("SELECT x FROM a WHERE x NOT IN (SELECT y FROM b WHERE b.k < a.k)", "2, 9"),
        ("SELECT x FROM a WHERE x IN (SELECT y FROM b WHERE b.k < a.k)", "1"),
        ("SELECT x FROM a WHERE x NOT IN (SELECT y FROM b WHERE b.k = a.k)", "2, 9, ∅"),
        ("SELECT x, x IN (SELECT y FROM b WHERE b.k = a.k) FROM a", "1 ∅, 2 false, 9 false, ∅ false"),
        ("SELECT * FROM (VALUES (1, 5), (2, 1)) AS c(x, k) WHERE x NOT IN (SELECT y FROM (VALUES 1, NULL) AS d(y) WHERE y < c.k)", "2 1"),
        ("SELECT x, EXISTS (SELECT 1 FROM b WHERE b.k = a.k), NOT EXISTS (SELECT 1 FROM b WHERE b.k > a.k) FROM a", "1 true false, 2 true false, 9 false true, ∅ false false"),
        ("SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k) OR x = 9", "1, 2, 9"),
        ("SELECT EXISTS (SELECT 1 FROM b WHERE y = 3), EXISTS (SELECT 1 FROM e), NOT EXISTS (SELECT y FROM e)", "true false true"),
        ("SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k LIMIT 1)", "1, 2"),
        ("SELECT x FROM a WHERE EXISTS (SELECT y, count(*) FROM b WHERE b.k > a.k GROUP BY y HAVING count(*) > 1)", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
        ("SELECT x FROM a WHERE EXISTS (SELECT y, count(*) FROM b WHERE b.k = a.k GROUP BY y)", "1, 2"),
        ("SELECT x FROM a WHERE x IN (SELECT max(y) FROM b WHERE b.k < a.k)", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
        ("SELECT x FROM a WHERE 0 IN (SELECT count(*) FROM b WHERE b.k = a.k)", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
        ("SELECT x FROM a WHERE x IN (SELECT DISTINCT y FROM b WHERE b.k <> a.k)", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
        ("SELECT x FROM a WHERE EXISTS (SELECT count(*) FROM b WHERE b.k = a.k)", "1, 2, 9, ∅"),
        ("SELECT x FROM a WHERE EXISTS (SELECT a.x + b.y FROM b WHERE b.k = a.k)", "1, 2"),
        ("SELECT x FROM a WHERE EXISTS (SELECT DISTINCT y FROM b WHERE b.k = a.k)", "1, 2"),
        ("SELECT x FROM a WHERE (x, k) IN (SELECT y, k + 4 FROM b WHERE b.k < a.k)", "1"),
        ("SELECT x, x <> ANY (SELECT y FROM b WHERE b.k = a.k) FROM a", "1 ∅, 2 true, 9 false, ∅ false"),
        ("SELECT count_if(EXISTS (SELECT 1 FROM b WHERE b.k = a.k)) FROM a", "2"),
        ("SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND EXISTS (SELECT 1 FROM one WHERE z = b.y))", "2"),
        ("SELECT x FROM a WHERE EXISTS (SELECT row_number() OVER () FROM b WHERE b.k < a.k OFFSET 2)", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
        ("SELECT a.x, c.x FROM a JOIN a AS c ON a.x = c.x AND EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.y = c.x)", ""),
        ("SELECT a.x FROM a LEFT JOIN a AS c ON a.x = c.x AND EXISTS (SELECT 1 FROM b WHERE b.k = a.k)", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
    ])
    .await;
}

#[tokio::test]
async fn correlated_scalar() {
    check(&[
        ("SELECT x, (SELECT max(y) FROM b WHERE b.k < a.k) FROM a", "1 3, 2 ∅, 9 ∅, ∅ 1"),
        ("SELECT x, (SELECT count(*) FROM b WHERE b.k < a.k) + 1 FROM a", "1 3, 2 1, 9 1, ∅ 2"),
        ("SELECT x, (SELECT count(*) FROM b WHERE b.k = a.k) FROM a", "1 1, 2 1, 9 0, ∅ 0"),
        ("SELECT x FROM a WHERE (SELECT count(*) FROM b WHERE b.k <= a.k) = 0", "9"),
        ("SELECT x, (SELECT coalesce(sum(y), 0) * 10 + count(*) FROM b WHERE b.k <= a.k) FROM a", "1 43, 2 11, 9 0, ∅ 11"),
        ("SELECT x, (SELECT max(y) FROM b WHERE b.k < a.k HAVING count(*) > 1) FROM a", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
        ("SELECT x, (SELECT y FROM b WHERE b.k = a.k) FROM a", "1 ∅, 2 1, 9 ∅, ∅ ∅"),
        ("SELECT x, (SELECT y FROM b WHERE b.k > a.k) FROM a", "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows"),
        ("SELECT (SELECT y FROM b)", "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows"),
        ("SELECT x, (SELECT y FROM b WHERE b.k < a.k ORDER BY b.k DESC LIMIT 1) FROM a", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
        ("SELECT x, (SELECT sum(b.y * a.x) FROM b WHERE b.k < a.k) FROM a", "NOT_SUPPORTED: a correlated subquery of this form is not supported here"),
        ("SELECT x, (SELECT array_agg(y ORDER BY y DESC) FROM b WHERE b.k < a.k), (SELECT min(b.k) FROM b WHERE b.k > a.k) FROM a", "1 [3, 1] 6, 2 ∅ 4, 9 ∅ ∅, ∅ [1] 4"),
        ("SELECT x, (SELECT y FROM b WHERE b.k = a.k ORDER BY y DESC LIMIT 1) FROM a", "1 ∅, 2 1, 9 ∅, ∅ ∅"),
        ("SELECT x, (SELECT count(*) + a.x FROM b WHERE b.k < a.k) FROM a", "1 3, 2 2, 9 9, ∅ ∅"),
        ("SELECT x, (SELECT count(*) FROM b WHERE a.k = 5) FROM a", "1 4, 2 0, 9 0, ∅ 0"),
        ("SELECT sum((SELECT count(*) FROM b WHERE b.k < a.k)) FROM a", "3"),
        ("SELECT k, (SELECT max(c.k) FROM a AS c WHERE c.k < a.k) FROM a", "1 ∅, 2 1, 5 2, ∅ ∅"),
    ])
    .await;
}

const ARRAYS: &str =
    "FROM (VALUES (1, ARRAY['a', 'b']), (2, ARRAY['c', NULL]), (3, ARRAY[]), (4, NULL)) AS l(n, items)";

#[tokio::test]
async fn elements_of_an_array_of_the_outer_row() {
    let refused = "NOT_SUPPORTED: a correlated subquery of this form is not supported here";
    check(&[
        (&format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT 1 FROM UNNEST(items) AS t(i))"), "1, 2"),
        (&format!("SELECT n {ARRAYS} WHERE NOT EXISTS (SELECT i FROM UNNEST(l.items) AS t(i))"), "3, 4"),
        (&format!("SELECT n, (SELECT count(*) FROM UNNEST(items) AS t(i)) {ARRAYS}"), "1 2, 2 2, 3 0, 4 0"),
        (
            &format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT 1 FROM UNNEST(items) AS t(i) WHERE i = 'b')"),
            refused,
        ),
        (&format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT * FROM UNNEST(items) AS t(i))"), "1, 2"),
        (&format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT t.* FROM UNNEST(items) AS t(i))"), "1, 2"),
        (
            &format!("SELECT n {ARRAYS} WHERE NOT EXISTS (SELECT 1, i, t.i, l.n FROM UNNEST(items) AS t(i))"),
            "3, 4",
        ),
        (&format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT n FROM UNNEST(items) AS t(i))"), "1, 2"),
        (
            &format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT count(*) + 1 FROM UNNEST(items) AS t(i))"),
            "1, 2, 3, 4",
        ),
        (&format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT max(i) FROM UNNEST(items) AS t(i))"), "1, 2, 3, 4"),
        (
            &format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT nosuch FROM UNNEST(items) AS t(i))"),
            "COLUMN_NOT_FOUND: Column 'nosuch' cannot be resolved",
        ),
        (
            &format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT t.n FROM UNNEST(items) AS t(i))"),
            "COLUMN_NOT_FOUND: Column 't.n' cannot be resolved",
        ),
        (&format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT i || 'x' FROM UNNEST(items) AS t(i))"), refused),
        (
            &format!("SELECT n {ARRAYS} WHERE EXISTS (SELECT i FROM UNNEST(items) AS t(i) ORDER BY nosuch)"),
            "COLUMN_NOT_FOUND: Column 'nosuch' cannot be resolved",
        ),
        (&format!("SELECT n {ARRAYS} WHERE 'c' IN (SELECT i FROM UNNEST(items) AS t(i))"), refused),
    ])
    .await;
}

#[tokio::test]
async fn set_operations_count_rows() {
    check(&[
        ("SELECT x FROM (VALUES 1, 1, 2) AS t(x) EXCEPT ALL SELECT y FROM (VALUES 1) AS u(y)", "1, 2"),
        ("SELECT x FROM (VALUES 1, 1, 1, 2, NULL, NULL) AS t(x) INTERSECT ALL SELECT y FROM (VALUES 1, 1, 3, NULL) AS u(y)", "1, 1, ∅"),
        ("SELECT x FROM (VALUES 1, 1, 2, NULL, NULL) AS t(x) EXCEPT ALL SELECT y FROM (VALUES 1, NULL) AS u(y)", "1, 2, ∅"),
        ("SELECT x FROM (VALUES 1, 1, 2) AS t(x) EXCEPT SELECT y FROM (VALUES 1) AS u(y)", "2"),
        ("SELECT x FROM (VALUES 1, 1, 2) AS t(x) INTERSECT SELECT y FROM (VALUES 1, 1) AS u(y)", "1"),
        ("SELECT x, z FROM (VALUES (1, 'a'), (1, 'a'), (1, 'b')) AS t(x, z) EXCEPT ALL SELECT 1, 'a'", "1 a, 1 b"),
        ("SELECT y FROM b EXCEPT ALL SELECT y FROM b", ""),
        ("SELECT DISTINCT x FROM (VALUES 1, 1, 2) AS t(x) INTERSECT ALL SELECT y FROM (VALUES 1, 1) AS u(y)", "1"),
    ])
    .await;
}

#[tokio::test]
async fn with_names_may_repeat() {
    check(&[
        ("SELECT y FROM (WITH one(y) AS (SELECT y FROM b WHERE y = 3) SELECT one.y FROM one)", "3, 3"),
        ("SELECT z FROM one WHERE z IN (WITH one AS (SELECT z + 1 AS z FROM one) SELECT z FROM one)", ""),
        ("SELECT * FROM (WITH c AS (SELECT 1 AS p) SELECT * FROM c), (WITH c AS (SELECT 2 AS q) SELECT * FROM c)", "1 2"),
        ("SELECT p FROM (WITH c AS (WITH c AS (SELECT 4 AS p) SELECT p + 1 AS p FROM c) SELECT p FROM c)", "5"),
    ])
    .await;
}
