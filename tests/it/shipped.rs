//! The shipped library: nothing to complain of, every case as it says.

use std::thread;

use trailbrief::testing::{
    app,
    cases::{CaseResult, Runner, Subject},
    domain::time::Timestamp,
    library::Sources,
};

use crate::common;

#[test]
fn the_shipped_library_is_without_fault() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let now = Timestamp::from_unix_s(0);
    let checked =
        runtime.block_on(app::check(Some(&common::empty_config()), Sources::shipped(), now)).unwrap();
    let shown: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    assert!(checked.detections >= 25, "only {} detections", checked.detections);
    assert!(checked.cases >= 2 * checked.detections, "only {} cases", checked.cases);
}

#[test]
fn every_case_of_a_view_is_as_it_says() {
    let app = common::app();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for view in app.library.views().iter() {
        let mut runner = Runner::new(&app.context.sessions, &app.context.limits, Subject::View(view));
        for case in app.library.cases_of_view(view) {
            let result = runtime.block_on(runner.run(case)).unwrap();
            assert_eq!(result, CaseResult::Passed, "{}: {}", view.name, case.name);
        }
    }
}

#[test]
fn every_case_is_as_it_says() {
    let app = common::app();
    let all: Vec<_> = app.library.detections().collect();
    let failed: Vec<String> = thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(4)).map(|part| {
            let app = &app;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let run = |detection| {
                    let mut runner = Runner::new(
                        &app.context.sessions,
                        &app.context.limits,
                        Subject::Detection(detection),
                    );
                    let cases = app.library.cases(&detection.id).iter();
                    let results = cases.map(|case| {
                        let result = runtime.block_on(runner.run(case)).unwrap();
                        (detection.id.to_string(), case.name.clone(), result)
                    });
                    results.collect::<Vec<_>>()
                };
                part.iter().copied().flat_map(run).collect::<Vec<_>>()
            })
        });
        let parts: Vec<_> = parts.collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap())
            .filter_map(|(id, name, verdict)| match verdict {
                CaseResult::Passed => None,
                CaseResult::Failed(reason) => Some(format!("{id}: {name}: {reason}")),
            })
            .collect()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
