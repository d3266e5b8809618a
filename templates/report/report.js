"use strict";
// Shows the brief in the page: stories, findings with filters, coverage, changes. Every text becomes a text node, never markup.
const data = JSON.parse(document.getElementById("brief").textContent);
const records = JSON.parse(document.getElementById("records").textContent);
const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const PAGE = 100;
// Rows of a table that are shown at once, and events of a finding or step whose records are.
const ROWS = 500;
const RECORDS = 20;
const STATES = new Map([["grown", "grown since it was reported"], ["repeated", "already reported"]]);
const STANDINGS = new Map([["paused", "switched off only"], ["check", "changed since"], ["gone", "undone"]]);
const $ = (id) => document.getElementById(id);

// Characters that hide or move text are shown as \u{…}.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\u00a0\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\ufe00-\ufe0f\uffa0\u{e0000}-\u{e0fff}]/gu;
const visible = (text) => String(text).replace(HIDDEN, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
const lines = (text) => text.split("\n").map(visible).join("\n");

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}
const text = (value) => document.createTextNode(visible(value));
const isolated = (value) => make("bdi", {}, text(value));
const ZONE = data.run.timezone || "UTC";
// A browser that does not know the zone shows UTC.
const clock = (() => {
  const [two, year, short] = ["2-digit", "numeric", "short"];
  const parts = { year, month: two, day: two, hour: two, minute: two, second: two, hourCycle: "h23", timeZoneName: short };
  try { return ZONE === "UTC" ? null : new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, ...parts }); } catch { return null; }
})();
function time(at) {
  if (!at) return "no time";
  const date = new Date(at);
  if (!clock || isNaN(date)) return String(at).replace("T", " ").replace("Z", "");
  const part = Object.fromEntries(clock.formatToParts(date).map((it) => [it.type, it.value]));
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second} ${part.timeZoneName}`;
}
const number = (n) => n.toLocaleString("en-US");
const many = (n, one, more) => number(n) + " " + (n === 1 ? one : more || one + "s");
const some = (n, one) => (n ? many(n, one) : null);
const stateOf = (it) => STATES.get(it.state) || it.state;
const noted = (...notes) => { const said = notes.filter(Boolean); return said.length ? " (" + said.join(", ") + ")" : ""; };
const between = (first, last) => time(first) + (last && last !== first ? " – " + time(last) : "");
const when = (word, at) => (at ? word + " " + time(at) : null);
const ADDRESSES = new Map((data.addresses || []).map((it) => [it.address, [it.location, it.operator].filter(Boolean).join(", ")]));
const whereabouts = (address) => ADDRESSES.get(address);
const severity = (of) => make("span", { class: "sev" }, of);
const facts = (rows) => make("table", {}, rows.filter(([, value]) => value !== null && value !== undefined && value !== "")
  .map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, text(name)), make("td", {}, value instanceof Node ? value : isolated(value)))));

const detections = new Map(data.detections.map((detection) => [detection.id, detection]));
const title = (id) => (detections.get(id) || { title: id }).title;
const storyOf = new Map();
data.stories.forEach((story, at) => story.findings.forEach((finding) => storyOf.set(finding, at)));
const accountNames = new Map();
const findings = data.findings.concat(data.suppressed);
findings.forEach((finding) => {
  if (finding.account_id) accountNames.set(finding.account_id, finding.account_name || finding.account_id);
});

let part = "stories";
let page = 0;
const filters = { search: "", severities: new Set(), person: "", account: "", detection: "" };
const idsOf = (finding) => [...new Set([finding.event_id, ...(finding.event_ids || [])].filter(Boolean))];
const haystacks = new Array(findings.length);

// What the search looks through, made when it is first needed.
function haystack(at) {
  if (haystacks[at] === undefined) {
    const f = findings[at];
    haystacks[at] = [f.says, f.actor, f.resource, f.source_ip, f.region, f.action, f.account_id, f.account_name, f.detection,
      title(f.detection), ...idsOf(f), f.details ? JSON.stringify(f.details) : ""].join("\n").toLowerCase();
  }
  return haystacks[at];
}
function matches(at) {
  const f = findings[at];
  return (filters.severities.size === 0 || filters.severities.has(f.severity))
    && (filters.account === "" || f.account_id === filters.account)
    && (filters.detection === "" || f.detection === filters.detection)
    && (filters.person === "" || String(storyOf.get(f.fingerprint)) === filters.person)
    && (filters.search === "" || haystack(at).includes(filters.search));
}
function storyMatches(story, at) {
  return (filters.severities.size === 0 || filters.severities.has(story.severity))
    && (filters.account === "" || story.accounts.some((account) => account.id === filters.account))
    && (filters.person === "" || String(at) === filters.person)
    && (filters.detection === "" || story.findings.some((id) => detectionOf.get(id) === filters.detection))
    && (filters.search === "" || storyHaystack(story, at).includes(filters.search));
}
const detectionOf = new Map(findings.map((finding) => [finding.fingerprint, finding.detection]));
const storyHaystacks = new Map();
function storyHaystack(story, at) {
  if (!storyHaystacks.has(at)) storyHaystacks.set(at, JSON.stringify(story).toLowerCase());
  return storyHaystacks.get(at);
}

function recordsOf(ids) {
  return ids.slice(0, RECORDS).map((id) => {
    const found = Object.hasOwn(records, id) ? records[id] : null;
    if (!found) return make("p", { class: "dim" }, text("Event " + id + ": its record is not in this page"));
    return make("details", {}, make("summary", {}, text("Record of event " + id)), make("pre", {}, lines(JSON.stringify(found, null, 2))));
  }).concat(ids.length > RECORDS ? [make("p", { class: "dim" }, text("… and " + many(ids.length - RECORDS, "more event") + ": " + ids.slice(RECORDS).join(", ")))] : []);
}

// A part that is filled when it is opened.
function opened(box, fill) {
  let filled = false;
  box.addEventListener("toggle", () => {
    if (box.open && !filled) { filled = true; box.append(...fill()); }
  });
  return box;
}

function findingBox(f) {
  const who = f.account_name || f.account_id || "";
  const box = make("details", { class: "finding " + f.severity }, make("summary", {},
    severity(f.severity), " ", make("time", {}, text(time(f.event_time))), isolated(f.says || title(f.detection)),
    make("span", { class: "dim" }, text(" · " + title(f.detection) + (who ? " · " + who : "") + (f.state === "new" ? "" : " · " + stateOf(f))))));
  return opened(box, () => {
    const known = detections.get(f.detection) || { steps: [], benign: [], references: [], attack: [], cis: [] };
    const story = storyOf.get(f.fingerprint);
    const links = known.references.filter((link) => link.startsWith("https://"));
    return [facts([
      ["Actor", f.actor], ["Account", f.account_id && who + " (" + f.account_id + ")"], ["Action", f.action], ["Region", f.region], ["From", f.source_ip && f.source_ip + noted(whereabouts(f.source_ip))], ["New", f.first_time && "first time in 90 days"],
      ["Resource", f.resource], ["Times", f.occurrences], ["First", f.first_seen && time(f.first_seen)], ["Until", f.last_seen && time(f.last_seen)],
      ...Object.entries(f.details || {}).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
      ["Detection", [f.detection, known.status, ...known.attack, ...known.cis.map((section) => "CIS " + section)].filter(Boolean).join(" · ")],
      ["Also", f.replaces.map(title).join("; ")], ["Fingerprint", f.fingerprint], ["Why it matters", known.description],
      ["Story", story === undefined ? null : make("button", { type: "button", onclick: () => goTo(story) }, text(data.stories[story].title))],
      ["Suppressed", f.suppression ? f.suppression.reason + " (" + f.suppression.owner + ")" : null],
      ["Harmless if", known.benign.join("; ")], ["First steps", known.steps.length ? make("ol", {}, known.steps.map((step) => make("li", {}, text(step)))) : null],
      ["References", links.length ? make("span", {}, links.map((link) => make("div", {}, make("a", { href: link, rel: "noreferrer" }, text(link))))) : null],
    ]), ...recordsOf(idsOf(f))];
  });
}

function storyBox(story, at) {
  const where = story.accounts.map((account) => (account.name ? account.name + " (" + account.id + ")" : account.id)).join(", ");
  const from = story.addresses.map((a) => a.address + noted(a.trusted === false && "outside the trusted networks", a.trusted && "trusted network", whereabouts(a.address), a.user_agent, many(a.acts, "act"))).join("; ");
  const command = (it) => (it ? make("pre", {}, lines(it)) : null);
  const actions = (list) => list.map((it) => make("div", {}, isolated(it.what + (story.accounts.length > 1 && it.account_id ? " in " + it.account_id : "") + (it.risk ? ": " + it.risk : "")), command(it.command)));
  const events = (ids) => opened(make("details", {}, make("summary", { class: "dim" }, many(ids.length, "event"))), () => recordsOf(ids));
  const steps = make("table", {}, story.steps.map((step) => make("tr", {}, make("th", { scope: "row" }, text(between(step.time, step.last_seen))),
    make("td", {}, isolated(step.did), step.severity ? [" ", severity(step.severity)] : null, step.event_ids.length ? events(step.event_ids) : null))));
  const left = (it) => make("div", {}, isolated(it.what + noted(STANDINGS.get(it.standing), when("can be undone until", it.deadline))),
    make("details", {}, make("summary", { class: "dim" }, text("by " + it.by + ", " + time(it.time) + ", in " + it.account_id + ", " + it.region)),
      it.contain ? [text("Contain" + (it.risk ? ": " + it.risk : "")), command(it.contain)] : null, it.remove ? [text("Remove"), command(it.remove)] : null, recordsOf([it.event_id])));
  const chain = (link) => make("p", { class: "dim" }, text("also acted: " + link.who + ": " + link.reason + noted(link.time && time(link.time), link.event_id && "event " + link.event_id)));
  const notes = [story.acts_left_out ? "… and " + many(story.acts_left_out, "more act") + " that no brief holds" : null, story.undone ? many(story.undone, "thing") + " undone again" : null].filter(Boolean);
  return make("article", { class: story.severity, tabindex: "0", id: "story-" + at }, make("h3", {}, (at + 1) + ". ", isolated(story.person), " ", severity(story.severity), " ",
    make("span", { class: "dim" }, text(story.kind + ", " + stateOf(story) + ", " + many(story.findings.length, "finding")))),
  make("p", { class: "dim" }, text(between(story.first_seen, story.last_seen) + (where ? " in " + where : "") + (from ? ", from " + from : ""))),
  make("p", { class: "dim" }, text(title(story.why) + " · story " + story.id)),
  ...story.chain.map(chain),
  steps,
  notes.length ? make("p", { class: "dim" }, text(notes.join("; "))) : null,
  story.left_behind.length ? facts([["Left behind", make("div", {}, story.left_behind.map(left))]]) : null,
  story.do_now.length ? make("details", {}, make("summary", {}, many(story.do_now.length, "action") + " to contain it"), actions(story.do_now)) : null,
  make("p", {}, make("button", { type: "button", onclick: () => showFindingsOf(at) }, many(story.findings.length, "finding"))));
}

// What Enter does on a story: opens or closes what to do about it; if there is nothing, shows its findings.
function openStory(article) {
  const box = article.querySelector(":scope > details");
  if (box) box.open = !box.open;
  else article.querySelector(":scope > p > button").click();
}

function paged(all, box) {
  const last = Math.max(0, Math.ceil(all.length / PAGE) - 1);
  page = Math.min(page, last);
  const turn = (by) => () => { page += by; draw(); $("main").focus(); window.scrollTo(0, 0); };
  const bar = () => last === 0 ? null : make("div", { class: "pages" },
    make("button", page === 0 ? { type: "button", disabled: "" } : { type: "button", onclick: turn(-1), "data-turn": "p" }, "Previous"),
    "Page " + (page + 1).toLocaleString("en-US") + " of " + (last + 1).toLocaleString("en-US"),
    make("button", page === last ? { type: "button", disabled: "" } : { type: "button", onclick: turn(1), "data-turn": "n" }, "Next"));
  return [bar(), ...all.slice(page * PAGE, (page + 1) * PAGE).map(box), bar()];
}

function coverage() {
  const run = data.run, c = data.coverage;
  const list = (items) => items.join(", ");
  const drift = (it) => it.what + noted(many(it.records, "record"), "for example in " + it.example, it.detections.length && "concerns " + list(it.detections));
  const pack = (it) => it.pack + noted(many(it.detections, "detection"), "up to " + it.worst, it.schedules.length ? "run by " + list(it.schedules) : "no schedule runs it");
  const habits = (it) => it.since && many(it.habits, "habit") + noted("learned since " + time(it.since), it.learns_until && "learning until " + time(it.learns_until), it.left_out && number(it.left_out) + " left out");
  const cost = Object.entries(run.cost).filter(([, value]) => value).map(([name, value]) => name.replaceAll("_", " ") + " " + number(value));
  return [make("h2", {}, "This run"), facts([
    ["Window", time(run.window.start) + " – " + time(run.window.end)], ["Started", time(run.started)], ["Source", run.source], ["Engine", run.engine],
    ["Files", number(run.files_read) + noted(many(run.bytes_scanned, "byte"))], ["Events", number(run.events_in_window) + " in the window, " + number(run.events_read) + " read"],
    ["Of these", many(run.candidates, "candidate") + ", " + many(run.duplicates_dropped, "duplicate") + " dropped"],
    ["Cost", "$" + run.cost_usd.toFixed(4) + noted(...cost)], ["Run", run.id]]),
  make("h2", {}, "Coverage"), facts([
    ["Detections", c.detections_answered + " answered, " + c.detections_unanswered + " gave no answer"],
    ["Not searched", list(c.skipped.map((it) => time(it.start) + " – " + time(it.end)))], ["Searched up to", c.searched_until && time(c.searched_until)],
    ["Delivered", c.delivered_until && "log files until " + time(c.delivered_until) + " were read"],
    ["No logs of", list(c.accounts_missing)],
    ["Missing regions", list(c.regions_missing.map((it) => it.account + ", " + it.region + noted("last file " + time(it.last_file))))],
    ["Accounts read", list(c.accounts_seen)],
    ["Silent accounts", list(c.accounts_silent)], ["Unknown accounts", list(c.accounts_unknown)], ["Regions read", list(c.regions_seen)],
    ["Silent regions", list(c.regions_silent)], ["Days without logs", list(c.days_silent)], ["Folders not listed", some(c.folders_unlisted, "folder")],
    ["Skipped folders", list(c.folders_skipped.map((it) => it.folder + noted(it.count)))], ["Other deliveries", some(c.files_passed_over, "file")],
    ["Without a time", some(c.events_without_time, "record")], ["Too old", list(c.events_too_late.map((it) => many(it.events, "event") + " of " + it.account))],
    ["Sharing an id", some(c.events_sharing_id, "event")], ["Not documented", c.drift.map(drift).join("; ")],
    ["Habits", habits(c.baseline)], ["Not run", list(c.idle.map((idle) => idle.detection + " (" + idle.reason + ")"))], ["Nothing to read", c.nothing_to_read && list(c.nothing_to_read.detections.map((it) => it.detection + noted(it.data_events && "data events", it.sources.join(" or "))))], ["Not run here", c.packs_left_out.map(pack).join("; ")]]),
  ...tableOf("No answer", data.failures, (it) => [it.detection, it.reason + (it.hint ? "; what to do: " + it.hint : "")]),
  ...tableOf("Not judged", data.undecidable, (it) => [it.detection + noted(it.severity, it.state !== "new" && stateOf(it)), [it.event_id || "no id", time(it.event_time), it.account_id, it.file].filter(Boolean).join(", ") + ": " + it.reason]),
  ...tableOf("Truncated", data.truncated, (it) => [it.detection, leftOut(it)]),
  ...tableOf("Not read", data.problems, (it) => [it.file, it.reason + noted(it.records && "at least " + many(it.records, "record") + " lost", it.uncounted && "how many records are lost is not known")]),
  ...tableOf("Suppressions", data.suppressions, (it) => [it.fingerprint ? "finding " + it.fingerprint : it.detection, (it.condition ? "where " + it.condition + ": " : "") + it.reason + " (" + it.owner + "): "
    + (it.ran ? many(it.matched, "finding") : "did not run") + (it.expired ? ", expired " : ", expires ") + time(it.expires) + (it.line ? ", line " + it.line : "") + (it.error ? ", " + it.error : "")])];
}
function leftOut(it) {
  if (it.left_out === 0) return "more rows than were read, so findings may be missing beside these " + number(it.kept);
  return many(it.left_out, "finding") + (it.is_cut ? " or more" : "") + " left out beside these " + number(it.kept) + noted(...it.by_actor.map((by) => number(by.findings) + " by " + (by.actor || "unknown")));
}

const hasChanges = data.changes !== null || data.roll_up !== null || data.decisions.length > 0;

function changes() {
  const c = data.changes, all = data.roll_up;
  const by = (of) => SEVERITIES.filter((name) => of[name]).map((name) => number(of[name]) + " " + name).join(", ") || "nothing";
  const cared = (it) => it.acknowledged_by && "acknowledged by " + it.acknowledged_by;
  const story = (it) => [it.person, it.severity + ", " + between(it.first_seen, it.last_seen) + ", story " + it.story];
  const decision = (it) => [it.by + " " + it.verdict + " " + it.kind + " " + it.subject, it.reason + noted(time(it.made) + " – " + time(it.expires))];
  const since = c && [make("h2", {}, text("Since " + (c.since ? time(c.since) : "the beginning"))),
    ...tableOf("New", c.new, story), ...tableOf("Grown", c.grown, story), ...tableOf("Quiet now", c.quiet, story),
    ...tableOf("Undone or changed", c.undone, (it) => [it.what, (STANDINGS.get(it.standing) || it.standing) + " by " + it.by + ", " + time(it.time) + ", left by " + it.person + noted(it.severity, "event " + it.event_id)]),
    ...tableOf("Still there", c.still_there, (it) => [it.what, "left by " + it.person + " in " + it.account_id + noted(it.severity, STANDINGS.get(it.standing), when("since", it.since), cared(it))]),
    ...tableOf("From briefs that were not sent", c.waiting, (it) => [it.says, it.severity + noted(it.last_seen && time(it.last_seen), it.fingerprint)]),
    ...tableOf("Decided since", c.decisions, decision)];
  const report = (it) => [make("h2", {}, text("Schedule " + it.schedule)),
    it.trouble ? make("p", {}, text("Not all that it reported is shown here: " + it.trouble))
      : facts([["Findings", by(it.findings) + " in " + many(it.briefs, "brief")], ["Suppressed", some(it.suppressed, "finding")], ["No answer at times", it.unanswered.join(", ")], ["Cost", "$" + it.cost_usd.toFixed(4)]]),
    ...tableOf("Its stories", it.stories, (one) => [one.title, one.severity + ", " + between(one.first_seen, one.last_seen) + ", story " + one.story + noted(one.left_behind.length && "still there: " + one.left_behind.join(", "), cared(one))])];
  const reported = all && [make("h2", {}, text("Reported by other schedules since " + time(all.since))),
    facts([["New findings", by(all.findings)], ["A day before that", by(all.average_7_days) + " (on average of the last 7 days), " + by(all.average_30_days) + " (30 days)"]]), ...all.schedules.flatMap(report)];
  return [...(since || []), ...(reported || []), ...tableOf("Decisions that hold", data.decisions, decision)];
}

// A table that says how many of its rows are shown, and shows more when asked.
function tableOf(name, items, row) {
  if (items.length === 0) return [];
  const body = make("tbody"), more = make("p", { class: "dim" });
  let shown = 0;
  const extend = () => {
    body.append(...items.slice(shown, shown + ROWS).map((it) => make("tr", {}, row(it).map((cell) => make("td", {}, isolated(cell))))));
    shown = Math.min(items.length, shown + ROWS);
    const rest = items.length - shown;
    more.replaceChildren(...(rest === 0 ? [] : [text(number(shown) + " of " + number(items.length) + " are shown. "), make("button", { type: "button", onclick: extend }, "Show " + number(Math.min(ROWS, rest)) + " more")]));
  };
  extend();
  return [make("h2", {}, text(name)), make("table", {}, body), more];
}

function draw() {
  const main = $("main");
  document.querySelectorAll("nav button").forEach((button) => button.setAttribute("aria-current", String(button.dataset.part === part)));
  let content;
  if (part === "stories") {
    const all = data.stories.map((story, at) => [story, at]).filter(([story, at]) => storyMatches(story, at));
    $("count").textContent = many(all.length, "story", "stories");
    content = paged(all, ([story, at]) => storyBox(story, at));
  } else if (part === "findings") {
    const all = [];
    for (let at = 0; at < findings.length; at += 1) if (matches(at)) all.push(at);
    $("count").textContent = many(all.length, "finding");
    content = paged(all, (at) => findingBox(findings[at]));
  } else {
    $("count").textContent = "";
    content = part === "changes" ? changes() : coverage();
  }
  main.replaceChildren(...content.filter((node) => node !== null));
}
function show(which) { part = which; page = 0; draw(); }
function goTo(at) { clear(); filters.person = String(at); $("person").value = filters.person; show("stories"); $("main").focus(); }
function showFindingsOf(at) { clear(); filters.person = String(at); $("person").value = filters.person; show("findings"); $("main").focus(); }
function clear() {
  Object.assign(filters, { search: "", person: "", account: "", detection: "" });
  filters.severities.clear();
  $("search").value = "";
  for (const id of ["person", "account", "detection"]) $(id).value = "";
  document.querySelectorAll("#severities button").forEach((button) => button.setAttribute("aria-pressed", "false"));
}

function options(id, entries) {
  $(id).append(make("option", { value: "" }, "all"), ...entries.map(([value, name]) => make("option", { value }, text(name))));
  $(id).addEventListener("change", () => { filters[id] = $(id).value; page = 0; draw(); });
}
function move(by) {
  const all = [...document.querySelectorAll("main article, main > .finding > summary")];
  const at = all.indexOf(document.activeElement);
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
}
function key(event) {
  const typing = ["INPUT", "SELECT"].includes(event.target.tagName);
  if (event.key === "Escape") { clear(); page = 0; draw(); document.activeElement.blur(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") { event.preventDefault(); $("search").focus(); }
  else if (["1", "2", "3"].includes(event.key)) show(["stories", "findings", "coverage"][Number(event.key) - 1]);
  else if (event.key === "4" && hasChanges) show("changes");
  else if (event.key === "Enter" && event.target.tagName === "ARTICLE") openStory(event.target);
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "n" || event.key === "p") { const button = document.querySelector("[data-turn=" + event.key + "]"); if (button) button.click(); }
}

document.title = visible(data.headline) + " - trailbrief";
$("headline").append(text(data.headline));
$("window").append(text("trailbrief · " + (data.run.schedule || "on demand") + " · " + time(data.run.window.start) + " – " + time(data.run.window.end) + (clock ? "" : " UTC")));
if (clock) $("zone").textContent = "Times are those of " + ZONE + ", in records UTC.";
$("notes").append(...data.run.notes.map((note) => make("li", {}, text(note))));
document.querySelectorAll("nav button").forEach((button) => {
  button.addEventListener("click", () => show(button.dataset.part));
  button.hidden = button.dataset.part === "changes" && !hasChanges;
  const span = button.querySelector("span");
  if (span) span.textContent = (button.dataset.part === "stories" ? data.stories : findings).length.toLocaleString("en-US");
});
$("severities").append(...SEVERITIES.map((name) => make("button", { type: "button", class: name, "aria-pressed": "false", onclick: (event) => {
  const on = !filters.severities.delete(name);
  if (on) filters.severities.add(name);
  event.currentTarget.setAttribute("aria-pressed", String(on));
  page = 0;
  draw();
} }, severity(name))));
options("person", data.stories.map((story, at) => [String(at), story.person + (story.accounts[0] ? " (" + (story.accounts[0].name || story.accounts[0].id) + ")" : "")]));
options("account", [...accountNames].map(([id, name]) => [id, name === id ? id : name + " (" + id + ")"]));
options("detection", [...new Set(findings.map((finding) => finding.detection))].map((id) => [id, title(id)]));
let waiting = 0;
$("search").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { filters.search = $("search").value.trim().toLowerCase(); page = 0; draw(); }, 120);
});
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("clear").addEventListener("click", () => { clear(); page = 0; draw(); });
document.addEventListener("keydown", key);
window.addEventListener("beforeprint", () => document.querySelectorAll("article > details").forEach((box) => { box.open = true; }));
if (data.stories.length === 0) part = findings.length ? "findings" : "coverage";
draw();
