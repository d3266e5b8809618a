//! What happens every day and is not an attack: how much of it, when, and in which accounts.

mod near;
mod people;
mod pipeline;
mod services;
mod workloads;

use super::{
    END, START,
    actor::Actor,
    organization::{
        ACCOUNTS, Account, LOG_ARCHIVE, MANAGEMENT, PAYMENTS, REGIONS, SANDBOX, SECURITY, WEB_SHOP,
    },
    random::Random,
    scribe::{Scene, Scribe},
};
use crate::domain::time::{Span, Timestamp};

/// A kind of noise: how often in two days, in which accounts, whether in office hours only, and how to write it.
struct Noise {
    times: u32,
    accounts: &'static [&'static Account],
    office_hours: bool,
    write: fn(&mut Scribe, Scene),
}

const fn kind(
    times: u32,
    accounts: &'static [&'static Account],
    office_hours: bool,
    write: fn(&mut Scribe, Scene),
) -> Noise {
    Noise { times, accounts, office_hours, write }
}

static EVERYWHERE: [&Account; 6] = ACCOUNTS;
static MEMBERS: [&Account; 5] = [&SECURITY, &LOG_ARCHIVE, &PAYMENTS, &WEB_SHOP, &SANDBOX];
static BUSY: [&Account; 3] = [&PAYMENTS, &WEB_SHOP, &SANDBOX];
static SHOPS: [&Account; 2] = [&PAYMENTS, &WEB_SHOP];

static NOISES: [Noise; 18] = [
    kind(520, &EVERYWHERE, false, services::keys),
    kind(420, &EVERYWHERE, false, services::assume_role),
    kind(60, &[&LOG_ARCHIVE, &PAYMENTS], false, services::log_delivery_denied),
    kind(210, &EVERYWHERE, false, services::config_sweep),
    kind(190, &SHOPS, false, services::agents),
    kind(60, &SHOPS, false, services::scaling),
    kind(40, &SHOPS, false, services::own_events),
    kind(250, &BUSY, false, workloads::objects),
    kind(120, &SHOPS, false, workloads::secrets),
    kind(60, &BUSY, false, workloads::throttled),
    kind(6, &SHOPS, false, workloads::head_buckets),
    kind(80, &EVERYWHERE, false, workloads::audit_sweep),
    kind(44, &BUSY, true, pipeline::plan),
    kind(26, &MEMBERS, true, pipeline::apply),
    kind(8, &SHOPS, true, pipeline::release),
    kind(75, &EVERYWHERE, true, people::browse),
    kind(40, &[&MANAGEMENT], true, people::portal),
    kind(6, &SHOPS, true, people::mistakes),
];

/// Writes two days of noise.
pub(super) fn make(scribe: &mut Scribe) {
    for kind in &NOISES {
        for _ in 0..kind.times {
            let account = *scribe.random.pick(kind.accounts);
            let at = time(&mut scribe.random, kind.office_hours);
            let region = if scribe.random.percent(70) {
                *scribe.random.pick(&REGIONS[..2])
            } else {
                *scribe.random.pick(&REGIONS)
            };
            let actor = Actor::service("cloudtrail.amazonaws.com");
            (kind.write)(scribe, Scene { account, region, at, actor });
        }
    }
    near::make(scribe);
    scribe.events.retain(|event| event.at < END);
    hold_back(scribe);
    repeat(scribe);
}

/// A time of the two days.
fn time(random: &mut Random, office_hours: bool) -> Timestamp {
    let day = random.within(0..2) * 86_400;
    let second = if office_hours { random.within(7 * 3_600..18 * 3_600) } else { random.within(0..86_400) };
    START.plus(Span::from_s(day + second))
}

/// Lets some records of both evenings be delivered five hours late, in the folder of the next day.
fn hold_back(scribe: &mut Scribe) {
    for event in &mut scribe.events {
        let second_of_day = event.at.unix_s().rem_euclid(86_400);
        if !event.planted && second_of_day >= 69_000 && scribe.random.percent(4) {
            event.handed_over = event.at.plus(Span::from_s(5 * 3_600));
        }
    }
}

/// Writes one record in a thousand twice into its file.
fn repeat(scribe: &mut Scribe) {
    for event in &mut scribe.events {
        event.twice |= scribe.random.below(1_000) == 0;
    }
}
