//! Patterns that a person would not write.

use crate::common::{run, session};

/// A pattern nested so deeply is refused before the stack ends.
#[tokio::test]
async fn deep_patterns_are_refused() {
    for part in ["[", "(", "(?=", "(?<=", "(?i)", "(?:(", "[a&&[", "(?x) ( # \n"] {
        let pattern = part.repeat(100_000);
        let sql = format!("SELECT regexp_like('a', '{pattern}')");
        let error = run(&session(), &sql).await.unwrap_err().to_string();
        assert!(error.contains("NOT_SUPPORTED: so many nested "), "{part}: {}", &error[..200]);
    }
    let repeated = format!("SELECT regexp_like('a', 'a{}')", "*".repeat(100_000));
    let error = run(&session(), &repeated).await.unwrap_err().to_string();
    assert!(error.contains("NOT_SUPPORTED: so many quantifiers"), "{}", &error[..200]);
}
