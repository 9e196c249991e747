// The head: which instance this is, whether it is well, what is wrong, and key figures.

import { h } from "../../page/src/dom.js";
import { counted, count, duration, instant, ratio, share } from "../../page/src/words.js";
import { healthOf, LEVELS } from "./health.js";
import { renew, show } from "./renew.js";

const RECENTLY = 60_000;
const MARKS = { silent: "\u2715", bad: "\u2715", watch: "!", well: "\u2713" };

const wholeSeconds = (ms) => 1000 * Math.floor(ms / 1000);
const age = (since) => duration(wholeSeconds(Math.max(0, Date.now() - since)));

function identity({ version, group, input, started, now, policy }) {
  const up = started !== null && now !== null ? `up ${duration(Math.max(0, now - started))}` : "";
  return [
    input && `Reads ${input}`, group && `group ${group}`, version && `version ${version}`,
    policy?.digest && `policy ${policy.digest}`, up,
  ].filter(Boolean).join(", ");
}

function rate(past, name) {
  const mean = past.mean(name, RECENTLY);
  return mean === null ? null : Math.round(mean * 10) / 10;
}

const bySecond = (value) => (value !== null && value > 0 && value < 10
  ? value.toFixed(1) : count(value));

function lagFigure({ partitions }) {
  const sum = partitions.reduce((total, p) => total + (p.lag ?? 0), 0);
  const most = partitions.reduce((top, p) => Math.max(top, p.lagSeconds ?? 0), 0);
  return ["Lag", count(sum), `records; at most ${duration(1000 * most)} behind`];
}

function partitionFigure({ partitions }) {
  const restored = partitions.filter((p) => p.state === "restoring").length;
  return ["Partitions", count(partitions.length),
    restored > 0 ? `${count(restored)} being restored` : "none being restored"];
}

function stormFigure({ partitions }, storms) {
  const open = partitions.reduce((total, p) => total + (p.open ?? 0), 0);
  const of = storms ? `of ${counted(storms.devices, "device")}` : "open episodes";
  return ["Storms now", count(storms ? storms.open : open), of];
}

function figures(status, storms, past) {
  const [read, forwarded, held] = ["read", "forwarded", "held"].map((name) => rate(past, name));
  const part = held === null || forwarded === null ? null : ratio(held, held + forwarded);
  const which = held === null ? "known after a few answers" : "in the last minute";
  return [
    stormFigure(status, storms), lagFigure(status), partitionFigure(status),
    ["Read a second", bySecond(read), which],
    ["Forwarded a second", bySecond(forwarded), held === null ? which : "copies included"],
    ["Held back a second", bySecond(held),
      part === null ? which : `${share(part)} of the alerts`],
  ];
}

function silence({ failure, at, every }) {
  const shown = at === null ? "There is nothing to show yet."
    : `What is shown is ${age(at)} old.`;
  return `No answer since ${instant(wholeSeconds(failure.since))} UTC, for ${age(failure.since)} `
    + `(${failure.why}). It is asked every ${duration(every)}. ${shown}`;
}

export class Heading {
  constructor() {
    this.title = h("h1", {}, "Weir");
    this.identity = h("p", { class: "period" });
    this.mark = h("span", { class: "mark", "aria-hidden": "true" });
    this.level = h("strong");
    this.items = h("ul");
    this.verdict = h("div", { class: "health" },
      h("p", { class: "level" }, this.mark, this.level), this.items);
    this.told = h("p", { class: "hidden", role: "status" });
    this.age = h("p", { class: "made" });
    this.figures = h("dl", { class: "figures" });
    this.element = h("header", {}, h("p", { class: "kicker" }, "Weir console"), this.title,
      this.identity, this.verdict, this.told, this.figures, this.age);
  }

  // `feed` is that of the status, `storms` what all open episodes are, if it is known.
  update(feed, storms, past) {
    const { data, failure } = feed;
    const health = data ? healthOf(data) : { level: "silent", items: [] };
    const level = failure ? "silent" : health.level;
    const items = failure ? [silence(feed), ...health.items] : health.items;
    const name = data?.instance || "Weir";
    const text = data || failure ? LEVELS[level] : "Asking\u2026";
    this.verdict.dataset.level = data || failure ? level : "asking";
    renew(this.title, name);
    renew(this.mark, data || failure ? MARKS[level] : "");
    renew(this.level, text);
    renew(this.items, items.map((item) => h("li", {}, item)));
    renew(this.told, text); // read out when it changes
    document.title = `${text} \u2013 ${name} \u2013 Weir`;
    show(this.figures, data !== null);
    if (data) {
      renew(this.identity, identity(data));
      renew(this.figures, figures(data, storms, past).map(([what, value, rest]) =>
        h("div", {}, h("dt", {}, what), h("dd", {}, h("strong", {}, value), h("span", {}, rest)))));
      renew(this.age, `As of ${instant(data.now)} UTC by its own clock, `
        + `${age(feed.at)} ago.`);
    }
  }
}
