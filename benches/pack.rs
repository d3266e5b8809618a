//! The full library in one pass, beside what only reading and inflating the same files takes.
//!
//! `cargo bench --bench pack -- [EVENTS]`; a million events by default. The logs are written once into
//! `TRAILBRIEF_BENCH_DIR` (default: `target/bench-logs` of the current directory).

#[path = "pack/load.rs"]
mod load;

use std::{
    env,
    error::Error,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use flate2::read::MultiGzDecoder;
use trailbrief::testing::{
    app::App,
    domain::{
        brief::Brief,
        delivery::{Deliveries, USUAL_DELAY},
        detection::Detection,
        time::Window,
    },
    engine::embedded::{
        scan::Progress,
        source::{Source, walk::walk},
    },
    engine::ledger::NoLedger,
    run::{self, Job, Logs},
};

const SEED: u64 = 20_260_310;
const RUNS: usize = 5;
/// Argument of the child process whose memory is measured.
const ONCE: &str = "--once";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [once, logs] = arguments.as_slice()
        && once == ONCE
    {
        full(&App::load(Some(&empty_config(Path::new(logs))?))?, Path::new(logs), 1)?;
        let status = fs::read_to_string("/proc/self/status")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
        println!("{}", peak.trim());
        return Ok(());
    }
    let events: u64 = arguments.first().map_or(Ok(1_000_000), |text| text.parse())?;
    let root =
        env::var_os("TRAILBRIEF_BENCH_DIR").map_or_else(|| PathBuf::from("target/bench-logs"), PathBuf::from);
    let (whole, half) = (root.join(events.to_string()), root.join((events / 2).to_string()));
    load::write(&whole, events, SEED)?;
    load::write(&half, events / 2, SEED)?;

    let app = App::load(Some(&empty_config(&whole)?))?;
    let (mut inflate, mut pack, mut double, mut of_half) = (vec![], vec![], vec![], vec![]);
    let mut sizes = (0, 0, 0);
    let mut brief = None;
    // In turn, so that a slow moment of the machine meets all of them.
    for run in 0..=RUNS {
        let began = Instant::now();
        sizes = read_and_inflate(&whole)?;
        let inflated = began.elapsed().as_secs_f64();
        let (packed, found) = full(&app, &whole, 1)?;
        let (doubled, _) = full(&app, &whole, 2)?;
        let (halved, _) = full(&app, &half, 1)?;
        // The first round only warms the page cache.
        if run > 0 {
            inflate.push(inflated);
            pack.push(packed);
            double.push(doubled);
            of_half.push(halved);
        }
        brief = Some(found);
    }
    let brief = brief.ok_or("no run")?;
    let child = Command::new(env::current_exe()?).args([ONCE.as_ref(), whole.as_os_str()]).output()?;

    let (files, stored, raw) = sizes;
    println!(
        "{files} files, {} MB stored, {} MB raw, {} threads",
        stored / 1_000_000,
        raw / 1_000_000,
        threads()
    );
    println!(
        "{} events read, {} candidates, {} duplicates, {} findings, {} detections",
        brief.run.events_read,
        brief.run.candidates,
        brief.run.duplicates_dropped,
        brief.findings.len(),
        app.library.detections().count()
    );
    let (inflate, pack, double, of_half) = (
        line("read and inflate", inflate),
        line("full pack", pack),
        line("pack, doubled", double),
        line("pack, half the events", of_half),
    );
    println!("full pack / read and inflate        {:.2}", pack / inflate);
    println!("doubling the detections adds        {:.1} %", (double / pack - 1.0) * 100.0);
    println!("half the events take                {:.1} % of the time", of_half / pack * 100.0);
    println!("peak memory of the full pack        {}", String::from_utf8_lossy(&child.stdout).trim());
    Ok(())
}

/// Prints the seconds of some runs and gives their median.
fn line(name: &str, mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!("{name:<24} median {median:6.2} s   {:.2} – {:.2} s", seconds[0], seconds[seconds.len() - 1]);
    median
}

fn threads() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// A configuration that says nothing, beside the logs.
fn empty_config(logs: &Path) -> Result<PathBuf> {
    let path = logs.join(".empty.toml");
    fs::write(&path, "")?;
    Ok(path)
}

/// Reads and inflates every file, with the threads and the library that the reader uses; files, bytes stored, bytes raw.
fn read_and_inflate(logs: &Path) -> Result<(usize, u64, u64)> {
    let source = Source::open(&logs.to_string_lossy())?;
    let files = walk(&source, Some(Deliveries::of(window()?, USUAL_DELAY)))?.files;
    let (next, stored, raw) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                let mut text = Vec::new();
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let bytes = fs::read(logs.join(&file.path)).expect("the file was listed");
                    text.clear();
                    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).expect("the file is whole");
                    stored.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                    raw.fetch_add(text.len() as u64, Ordering::Relaxed);
                }
            });
        }
    });
    Ok((files.len(), stored.into_inner(), raw.into_inner()))
}

fn window() -> Result<Window> {
    Ok(Window::new("2026-03-10".parse()?, "2026-03-12".parse()?)?)
}

/// Everything from planning to the brief, with the whole library `times` times over; gives the seconds and the brief.
fn full(app: &App, logs: &Path, times: usize) -> Result<(f64, Brief)> {
    let copies: Vec<Detection> = (1..times)
        .flat_map(|copy| {
            app.library.detections().map(move |detection| {
                let mut again = detection.clone();
                again.id = format!("{}-{copy}", detection.id).parse().expect("an id with a number is an id");
                again
            })
        })
        .collect();
    let source = Source::open(&logs.to_string_lossy())?;
    let window = window()?;
    let job = Job::on_demand(
        window,
        app.library.detections().chain(&copies).collect(),
        Logs::Files(&source),
        window.end(),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    let began = Instant::now();
    let outcome =
        runtime.block_on(run::run(&app.context, job, &Arc::new(Progress::default()), &mut NoLedger))?;
    let seconds = began.elapsed().as_secs_f64();
    if !outcome.brief.failures.is_empty() || !outcome.brief.problems.is_empty() {
        return Err(format!("the brief is not clean: {:?}", outcome.brief.failures).into());
    }
    Ok((seconds, outcome.brief))
}
