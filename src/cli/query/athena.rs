//! One SQL statement over the configured table: binds it, runs it, and shows its result and its cost.

use super::{Request, answer, shown, written};
use crate::{
    app::{
        App, TableUse,
        log_source::{self, LogSource},
    },
    cli::{Exit, Outcome, UserError},
    engine::athena::{
        adhoc::{self, StatementError},
        older_table,
    },
    plan::{
        Sql,
        adhoc::{BindingError, Relations, bind, reads},
    },
};

pub(super) async fn run(mut app: App, request: Request, all_partitions: bool) -> Outcome {
    let table_use = match reads(request.pasted.text(), "accounts", app.library.views()) {
        true => TableUse::AsItIs,
        false => TableUse::WithoutAccountNames,
    };
    let resolved = log_source::resolve(None, &app, table_use).await?;
    app.learn_accounts(resolved.accounts);
    for note in resolved.notes {
        eprintln!("warning: {}", shown(&note));
    }
    let LogSource::Athena(athena) = resolved.source else {
        unreachable!("without `--logs` the log source is the table");
    };
    let habits = super::habits_for(&app, &Sql::pasted(&request.pasted)).await;
    let for_views = older_table::selection(&athena.table);
    let relations = Relations {
        database: &athena.table.database,
        table: &athena.table.name,
        names: &request.names,
        views: app.library.views(),
        for_views: for_views.as_deref(),
        window: request.window,
        accounts: &app.context.accounts,
        watchlist: &app.context.watchlist,
        habits: &habits,
        all_partitions,
    };
    let sql = bind(&request.pasted, &relations).map_err(unbound)?;
    if let Some(unread) = request.window.and_then(|window| athena.note_of(window)) {
        eprintln!("warning: {}", shown(&unread));
    }
    // Two people may run the same statement in the same second.
    let run = format!("query-{}-{}", chrono::Utc::now().timestamp_micros(), std::process::id());
    let answered = adhoc::run(&athena, &sql, &run, interrupt()).await.map_err(refused)?;
    if !answered.nested.is_empty() {
        eprintln!(
            "warning: Athena gives these nested columns as plain text: {}; write CAST(… AS JSON) for JSON",
            shown(&answered.nested.join(", "))
        );
    }
    let mut out = std::io::stdout().lock();
    let result = tokio::select! {
        biased;
        () = interrupt() => return Err(UserError::failed(anyhow::anyhow!("interrupted: the result is incomplete"))),
        result = answer::write(answered.arriving, request.form, &mut out) => result,
    };
    // The statement is paid for, whether its result could be written or not.
    eprintln!(
        "scanned {} for about ${:.4}, statement {}",
        indicatif::DecimalBytes(answered.scanned_bytes),
        answered.cost_usd,
        shown(&answered.id)
    );
    Ok(written(result)?.unwrap_or(Exit::Done))
}

/// Ends when somebody presses Ctrl-C; never if the signal cannot be received.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

fn unbound(error: BindingError) -> UserError {
    let hint = error.hint();
    hint.into_iter().fold(UserError::usage(error), UserError::hint)
}

fn refused(error: StatementError) -> UserError {
    let hint = match &error {
        StatementError::Refused(error) => error.hint.clone(),
        StatementError::Failed(no_answer) => no_answer.hint.clone(),
        StatementError::Interrupted(_) => None,
    };
    hint.into_iter().fold(UserError::failed(error), UserError::hint)
}
