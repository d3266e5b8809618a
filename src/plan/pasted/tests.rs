//! What is decided by tokens alone.

use proptest::prelude::*;

use super::*;

fn of(sql: &str, params: usize) -> Result<Pasted, SqlError> {
    Pasted::of(sql, &vec!["1".to_owned(); params])
}

fn refused(sql: &str) -> String {
    let error = of(sql, 0).unwrap_err();
    format!("{error} ({})", error.hint.clone().unwrap_or_default())
}

#[test]
fn a_question_mark_counts_where_it_stands_for_a_value() {
    for (sql, count) in [
        ("SELECT ?", 1),
        ("SELECT '?', \"?\", ? -- ?\n/* ? */ FROM events WHERE a IN (?,?) ; -- ?", 3),
        ("SELECT '''?''' FROM events", 0),
        ("SELECT * FROM events MATCH_RECOGNIZE (PATTERN (a? (b c)?) DEFINE a AS x = ?) WHERE y = ?", 2),
        ("SELECT ?||'%'", 1),
    ] {
        assert!(of(sql, count).is_ok(), "{sql}");
        assert!(of(sql, count + 1).is_err() && (count == 0 || of(sql, count - 1).is_err()), "{sql}");
    }
    assert!(
        refused("SELECT\n  ä, ?")
            .starts_with("line 2:6: SYNTAX_ERROR: the statement has 1 `?` and got no value")
    );
}

#[test]
fn one_statement_is_taken_without_its_end() {
    for sql in ["SELECT 1", "SELECT 1;", "SELECT 1 ; ; -- x\n\n/* ; SELECT 2 */ ;\n"] {
        assert_eq!(of(sql, 0).unwrap().text().trim(), "SELECT 1", "{sql}");
    }
    assert!(refused("SELECT 1;\n SELECT ';'").contains("line 2:2: SYNTAX_ERROR: only one statement"));
    assert!(
        refused(" ;").contains("empty") && refused("-- x").contains("empty") && refused("").contains("empty")
    );
    assert!(refused("SELECT 'x").contains("line 1:8") && refused("SELECT 1 /* x").contains("comment"));
}

#[test]
fn sql_is_not_a_placeholder() {
    for sql in [
        "SELECT a<b, b>c FROM t WHERE a <b and c> d AND x < y AND z > 1",
        "SELECT CAST(x AS array<varchar>), CAST(y AS MAP<varchar, array<bigint>>), a <> b, a <= b, c >= d",
        "SELECT json_object('a' :b), '{{x}}', ':x', \"${x}\", '<account-id>' -- {{x}} :x <y>",
        "SELECT \"$path\", user_name$x FROM t",
        "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (a{2,3} b{,4} {- c -}) DEFINE a AS true)",
        "SELECT filter(x, r -> r < 1 and 2 > r)",
    ] {
        assert!(of(sql, 0).is_ok(), "{sql}");
    }
}

#[test]
fn placeholders_are_found_with_their_places() {
    for (sql, blank, at) in [
        ("SELECT 1 FROM t WHERE a = :name", ":name", "1:27"),
        ("SELECT 1 FROM t WHERE a = ${name}", "${name}", "1:27"),
        ("SELECT 1 FROM ${db}.logs", "${db}", "1:15"),
        ("SELECT 1 FROM db_${env}.logs", "db_${env}", "1:15"),
        ("SELECT 1 FROM t\nWHERE a = {{ params.name }}", "{{ params.name }}", "2:11"),
        ("SELECT {name}", "{name}", "1:8"),
        ("SELECT {% if x %}", "{% if x %}", "1:8"),
        ("SELECT {{x", "{", "1:8"),
        ("SELECT 1 FROM <your table>", "<your table>", "1:15"),
        ("SELECT 1 FROM db.<table_name>", "<table_name>", "1:18"),
        ("SELECT 1 FROM t WHERE a IN (<id-1>, <id-2>)", "<id-1>", "1:29"),
        ("SELECT 1 FROM t WHERE a = $1", "$1", "1:27"),
        ("SELECT 1 FROM t WHERE a = @name", "@name", "1:27"),
    ] {
        let message = refused(sql);
        let expected = format!("line {at}: SYNTAX_ERROR: `{blank}` is a placeholder");
        assert!(message.starts_with(&expected) && message.contains("replace it"), "{sql}: {message}");
    }
}

#[test]
fn other_relations_keep_their_names() {
    let names = |name: &str| names_of_events(&[name.to_owned()]).map_err(|error| error.to_string());
    assert!(names("db.logs").unwrap().mean(&["logs"]));
    assert_eq!(
        names("db.Accounts"),
        Err("`accounts` is a table of its own and cannot mean `events`".to_owned())
    );
}
proptest! {
    #[test]
    fn any_text_is_taken_or_refused_at_a_place_in_it(sql in "(SELECT )?[-a?;:<>{}$@'\"/*.,() \n]{0,24}", values in 0usize..3) {
        if let Err(error) = of(&sql, values)
            && let (Some(line), Some(column)) = (error.line, error.column)
        {
            let line = sql.split('\n').nth(line as usize - 1).unwrap();
            prop_assert!(column as usize <= line.chars().count() + 1);
        }
    }
}
