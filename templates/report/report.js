"use strict";
// Shows the brief in the page: stories, findings with filters, coverage. Every text becomes a text node, never markup.
const data = JSON.parse(document.getElementById("brief").textContent);
const records = JSON.parse(document.getElementById("records").textContent);
const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const PAGE = 100;
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
const time = (at) => (at ? String(at).replace("T", " ").replace("Z", "") : "no time");
const many = (n, one, more) => n.toLocaleString("en-US") + " " + (n === 1 ? one : more || one + "s");
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
  return ids.slice(0, 20).map((id) => {
    const found = records[id];
    if (!found) return make("p", { class: "dim" }, text("Event " + id + ": its record is not in this page"));
    return make("details", {}, make("summary", {}, text("Record of event " + id)), make("pre", {}, lines(JSON.stringify(found, null, 2))));
  }).concat(ids.length > 20 ? [make("p", { class: "dim" }, many(ids.length - 20, "more event"))] : []);
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
    make("span", { class: "dim" }, text(" · " + title(f.detection) + (who ? " · " + who : "") + (f.state === "new" ? "" : " · " + f.state)))));
  return opened(box, () => {
    const known = detections.get(f.detection) || { steps: [], benign: [], references: [] };
    const story = storyOf.get(f.fingerprint);
    const links = known.references.filter((link) => link.startsWith("https://"));
    return [facts([
      ["Actor", f.actor], ["Account", f.account_id && who + " (" + f.account_id + ")"], ["Action", f.action], ["Region", f.region], ["From", f.source_ip],
      ["Resource", f.resource], ["Times", f.occurrences], ["Until", f.last_seen && time(f.last_seen)],
      ...Object.entries(f.details || {}).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
      ["Detection", f.detection], ["Fingerprint", f.fingerprint],
      ["Story", story === undefined ? null : make("button", { type: "button", onclick: () => goTo(story) }, text(data.stories[story].title))],
      ["Suppressed", f.suppression ? f.suppression.reason + " (" + f.suppression.owner + ")" : null],
      ["Harmless if", known.benign.join("; ")], ["First steps", known.steps.length ? make("ol", {}, known.steps.map((step) => make("li", {}, text(step)))) : null],
      ["References", links.length ? make("span", {}, links.map((link) => make("div", {}, make("a", { href: link, rel: "noreferrer" }, text(link))))) : null],
    ]), ...recordsOf(idsOf(f))];
  });
}

function storyBox(story, at) {
  const where = story.accounts.map((account) => (account.name ? account.name + " (" + account.id + ")" : account.id)).join(", ");
  const from = story.addresses.map((a) => a.address + (a.trusted === false ? " (outside the trusted networks)" : a.trusted ? " (trusted network)" : "")).join(", ");
  const commands = (list) => list.map((it) => make("div", {}, isolated(it.what + (it.risk ? " – " + it.risk : "")), it.command ? make("pre", {}, lines(it.command)) : null));
  const steps = make("table", {}, story.steps.map((step) => make("tr", {}, make("th", { scope: "row" }, text(time(step.time))),
    make("td", {}, isolated(step.did), step.event_ids.length ? opened(make("details", {}, make("summary", { class: "dim" }, many(step.event_ids.length, "event"))), () => recordsOf(step.event_ids)) : null))));
  return make("article", { class: story.severity, tabindex: "0", id: "story-" + at }, make("h3", {}, (at + 1) + ". ", isolated(story.person), " ", severity(story.severity), " ",
    make("span", { class: "dim" }, text(story.state + ", " + many(story.findings.length, "finding")))),
  make("p", { class: "dim" }, text(time(story.first_seen) + " – " + time(story.last_seen) + (where ? " in " + where : "") + (from ? ", from " + from : ""))),
  ...story.chain.map((link) => make("p", { class: "dim" }, text("also acted: " + link.who + ": " + link.reason))),
  steps,
  story.left_behind.length ? facts([["Left behind", make("div", {}, story.left_behind.map((it) => make("div", {}, isolated(it.what + (it.standing === "present" ? "" : " (" + it.standing + ")")))))]]) : null,
  story.do_now.length ? make("details", {}, make("summary", {}, many(story.do_now.length, "action") + " to contain it"), commands(story.do_now)) : null,
  make("p", {}, make("button", { type: "button", onclick: () => showFindingsOf(at) }, many(story.findings.length, "finding"))));
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
  return [make("h2", {}, "This run"), facts([
    ["Window", time(run.window.start) + " – " + time(run.window.end)], ["Started", time(run.started)], ["Source", run.source], ["Engine", run.engine],
    ["Files", run.files_read.toLocaleString("en-US")], ["Events", run.events_in_window.toLocaleString("en-US") + " in the window, " + run.events_read.toLocaleString("en-US") + " read"],
    ["Cost", "$" + run.cost_usd.toFixed(4)], ["Run", run.id]]),
  make("h2", {}, "Coverage"), facts([
    ["Detections", c.detections_answered + " answered, " + c.detections_unanswered + " gave no answer"], ["Accounts read", list(c.accounts_seen)],
    ["Silent accounts", list(c.accounts_silent)], ["Unknown accounts", list(c.accounts_unknown)], ["Regions read", list(c.regions_seen)],
    ["Silent regions", list(c.regions_silent)], ["Days without logs", list(c.days_silent)], ["Not run", list(c.idle.map((idle) => idle.detection + " (" + idle.reason + ")"))]]),
  ...tableOf("No answer", data.failures, (it) => [it.detection, it.reason]),
  ...tableOf("Not judged", data.undecidable, (it) => [it.detection, (it.event_id || "") + " " + it.reason]),
  ...tableOf("Not read", data.problems, (it) => [it.file, it.reason]),
  ...tableOf("Suppressions", data.suppressions, (it) => [it.detection, it.reason + " (" + it.owner + "): " + many(it.matched, "finding") + (it.expired ? ", expired" : "") + (it.error ? ", " + it.error : "")])];
}
function tableOf(name, items, row) {
  return items.length ? [make("h2", {}, name), make("table", {}, items.slice(0, 500).map((it) => {
    const [head, body] = row(it);
    return make("tr", {}, make("td", {}, isolated(head)), make("td", {}, isolated(body)));
  }))] : [];
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
    content = coverage();
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
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "n" || event.key === "p") { const button = document.querySelector("[data-turn=" + event.key + "]"); if (button) button.click(); }
}

document.title = visible(data.headline) + " - trailbrief";
$("headline").append(text(data.headline));
$("window").append(text("trailbrief · " + (data.run.schedule || "on demand") + " · " + time(data.run.window.start) + " – " + time(data.run.window.end) + " UTC"));
$("notes").append(...data.run.notes.map((note) => make("li", {}, text(note))));
document.querySelectorAll("nav button").forEach((button) => {
  button.addEventListener("click", () => show(button.dataset.part));
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
