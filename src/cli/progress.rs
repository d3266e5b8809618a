//! Progress of a pass over the log files, on a terminal only.

use std::{
    io::{IsTerminal as _, stderr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{domain::untrusted::visible, engine::embedded::scan::Progress};

/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A bar that follows a pass until it is dropped.
#[derive(Debug)]
pub(super) struct Bar {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Follows this pass on standard error if that is a terminal. Notes are printed in any case.
pub(super) fn follow(progress: &Arc<Progress>) -> Bar {
    progress.listener.listen(|note| eprintln!("note: {}", visible(note)));
    let stop = Arc::new(AtomicBool::new(false));
    // Lines of the log would break the bar.
    if !stderr().is_terminal() || tracing::enabled!(tracing::Level::DEBUG) {
        return Bar { stop, thread: None };
    }
    let (progress, stopped) = (progress.clone(), stop.clone());
    let thread = thread::spawn(move || {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:24} {human_pos}/{human_len} files  {msg}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        while !stopped.load(Ordering::Relaxed) && progress.files_total.load(Ordering::Relaxed) == 0 {
            thread::sleep(TICK);
        }
        let began = Instant::now();
        while !stopped.load(Ordering::Relaxed) {
            let records = progress.records.load(Ordering::Relaxed);
            let per_second = (records as f64 / began.elapsed().as_secs_f64().max(0.1)) as u64;
            bar.set_length(progress.files_total.load(Ordering::Relaxed));
            bar.set_position(progress.files.load(Ordering::Relaxed));
            bar.set_message(format!(
                "{}  {} events/s",
                HumanBytes(progress.bytes.load(Ordering::Relaxed)),
                HumanCount(per_second)
            ));
            thread::sleep(TICK);
        }
        bar.finish_and_clear();
    });
    Bar { stop, thread: Some(thread) }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
