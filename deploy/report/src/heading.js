// The head of the report: what was read, from when to when, what came of it, key figures.

import { h } from "../../page/src/dom.js";
import { outcome, verdict } from "./verdict.js";
import {
  count, counted, duration, instant, joined, period, ratio, share,
} from "../../page/src/words.js";

const NAMED = 3;

function names({ captures }) {
  const named = captures.slice(0, NAMED);
  const others = captures.length - named.length;
  return joined(others > 0 ? [...named, counted(others, "other")] : named);
}

// What was read, and from when to when.
function source(data) {
  const { alerts, first, last } = data.summary;
  const from = names(data);
  return `${counted(alerts, "alert")}${from ? ` in ${from}` : ""}, ${period(first, last)}`;
}

function whose({ tune }) {
  if (!tune) {
    return "";
  }
  const policy = tune.recommended ? "the recommended policy" : "the policy to begin with";
  return ` Figures that name no setting are those of ${policy}.`;
}

function waits({ p99, worst }) {
  const most = p99 === Infinity ? "" : `99\u00a0% within ${duration(p99)}, `;
  return `median; ${most}${worst === Infinity ? "some never" : `all within ${duration(worst)}`}`;
}

function figures(data) {
  const result = outcome(data);
  const { delay, episodes } = result;
  const open = episodes.open > 0 ? `, ${count(episodes.open)} still open` : "";
  const seen = delay.count > 0;
  return [
    ["Alerts", count(result.alerts), `of ${counted(data.summary.read, "record")} read`],
    ["Held back", share(ratio(result.consolidated, result.alerts)),
      counted(result.consolidated, "alert")],
    ["Passed on", count(result.forwarded + result.copies),
      `${count(result.forwarded)} unchanged, ${counted(result.copies, "copy", "copies")}`],
    ["Devices throttled", count(result.devices), counted(episodes.started, "episode") + open],
    ["Busiest minute", count(result.peak_after),
      `alerts passed on; ${count(result.peak_before)} came`],
    ["Until the next copy", duration(seen ? delay.median : null),
      seen ? waits(delay) : "nothing waited for one"],
  ];
}

function keyFigures(data) {
  const items = figures(data).map(([name, value, rest]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, h("strong", {}, value), h("span", {}, rest))));
  return h("dl", { class: "figures" }, items);
}

export function heading(data) {
  const { summary, version, made, kind } = data;
  const title = kind === "tune" ? "Thresholds compared" : "What was throttled";
  document.title = [title, names(data), "Weir"].filter(Boolean).join(" \u2013 ");
  const maker = [`Weir ${version}`.trim(), made === null ? null : `${instant(made)} UTC`];
  return h(
    "header", {},
    h("p", { class: "kicker" }, `Weir ${kind}`),
    h("h1", {}, title),
    h("p", { class: "period" }, source(data)),
    h("p", { class: "verdict" }, verdict(data)),
    summary.alerts > 0 ? keyFigures(data) : null,
    h("p", { class: "made" }, `Made by ${maker.filter(Boolean).join(", ")}.${whose(data)}`),
  );
}
