//! Logs in an object store: the same files give the same brief as in a directory.

use std::sync::Arc;

use object_store::{ObjectStoreExt as _, memory::InMemory, path::Path};
use serde_json::json;
use trailbrief::testing::{
    domain::time::Window,
    engine::embedded::{scan::Progress, source::Source},
    run::{self, Job, Logs},
};

use crate::common::{app, base, log_file};

#[test]
fn a_bucket_is_read_by_partitions() {
    let app = app();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    runtime.block_on(async {
        let store = InMemory::new();
        let trail = "central/AWSLogs/o-exampleorgid/123456789012";
        for (number, path) in [
            (1, format!("{trail}/CloudTrail/us-east-1/2026/03/10/a.json.gz")),
            (2, format!("{trail}/CloudTrail/us-east-1/2026/03/11/b.json.gz")),
            (3, format!("{trail}/CloudTrail/us-east-1/2026/03/12/c.json.gz")),
            (4, format!("{trail}/CloudTrail-Insight/us-east-1/2026/03/10/d.json.gz")),
        ] {
            let mut record = base("console-login-root");
            record["eventID"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
            store.put(&Path::from(path), log_file(&[record]).into()).await.unwrap();
        }
        let source = Source::of_store("s3://logs/central", Arc::new(store), Path::from("central"));
        let id = "iam.root-console-login".parse().unwrap();
        let window = Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
        let job =
            Job::on_demand(window, vec![app.library.get(&id).unwrap()], Logs::Files(&source), window.end());
        let brief = run::run(
            &app.context,
            job,
            &Arc::new(Progress::default()),
            &mut trailbrief::testing::engine::ledger::NoLedger,
        )
        .await
        .unwrap()
        .brief;
        // The day of the window and the next: what is delivered after midnight lies there.
        assert_eq!(brief.run.files_read, 2);
        assert_eq!(brief.findings.len(), 2);
        assert_eq!(brief.problems, []);
        assert_eq!(brief.coverage.folders_skipped, [("CloudTrail-Insight".to_owned(), 1)]);
        assert_eq!(brief.coverage.accounts_seen, ["123456789012"]);
    });
}
