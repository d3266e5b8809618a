//! Values of `?`: what each text is read as.

use std::sync::LazyLock;

use datafusion::prelude::SessionContext;
use datafusion_trino::{Bindings, Parameter, TableNames, format_value, plan_with};
use proptest::prelude::*;

use crate::common::{now, session};

static SESSION: LazyLock<SessionContext> = LazyLock::new(session);

/// What `SELECT ?` answers.
async fn answered(value: &str) -> Result<String, String> {
    let context = &*SESSION;
    let (params, tables) = ([value.to_owned()], TableNames::default());
    let bindings = Bindings::new(&params, &tables);
    let plan =
        plan_with(&context.state(), "SELECT ?", now(), &bindings).await.map_err(|error| error.to_string())?;
    let frame = context.execute_logical_plan(plan).await.map_err(|error| error.to_string())?;
    let batches = frame.collect().await.map_err(|error| error.to_string())?;
    let column = batches[0].column(0);
    Ok(format_value(column, 0).unwrap_or_default())
}

proptest! {
    #[test]
    fn a_value_is_one_expression_or_its_own_text(value in "[-'\"?a1().,;:|=/*$ \n]{0,12}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        if let Ok(read) = Parameter::read(&value)
            && let Some(text) = read.as_text()
        {
            let quoted = format!("'{}'", text.replace('\'', "''"));
            prop_assert!(text == value || value.contains(&quoted));
            prop_assert_eq!(runtime.block_on(answered(&value)), Ok(text.to_owned()));
        }
    }

    #[test]
    fn any_text_in_quotes_is_that_text(text in "\\PC{0,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let quoted = format!("'{}'", text.replace('\'', "''"));
        prop_assert_eq!(runtime.block_on(answered(&quoted)), Ok(text));
    }
}
