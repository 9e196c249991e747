// Episodes as bars over time.

import * as Plot from "@observablehq/plot";
import { absent, figure, legend } from "../../page/src/figure.js";
import { table } from "../../page/src/table.js";
import { count, counted, duration, instant } from "../../page/src/words.js";

const ROW = 20;
const TOP = 28;
const NARROW = 560;

const keyOf = (e) => `${e.device} ${e.code} ${e.recipient ?? ""}`;

// Bars with their ends; one that is open lasts until the log ends.
function bars({ episodes, summary }) {
  return episodes.shown.map((episode) => ({
    ...episode,
    key: keyOf(episode),
    open: episode.ended === null || episode.ended === undefined,
    until: episode.ended ?? Math.max(summary.last ?? 0, episode.started),
  }));
}

function label(key, width) {
  const [device, code] = key.split(" ");
  return width < NARROW ? `\u2026${device.slice(-5)} ${code}` : `${device}  ${code}`;
}

function words(bar) {
  const end = bar.open ? "still open" : `until ${instant(bar.ended)}`;
  const numbers = `${counted(bar.alerts, "alert")}, ${counted(bar.copies, "copy", "copies")}`;
  return `${bar.device} ${bar.code}\n${instant(bar.started)} ${end}\n${numbers}`;
}

function marks(rows, width) {
  const along = { y: "key", x1: (b) => new Date(b.started), x2: (b) => new Date(b.until) };
  const end = { y: "key", x: (b) => new Date(b.until) };
  const closed = rows.filter((bar) => !bar.open);
  const open = rows.filter((bar) => bar.open);
  const shape = { insetTop: 4, insetBottom: 4, strokeWidth: 1.5 };
  return [
    Plot.gridX({ stroke: "var(--rule)", strokeOpacity: 1 }),
    Plot.axisY({
      label: null, tickSize: 0, tickFormat: (key) => label(key, width), fontFamily: "var(--mono)",
    }),
    Plot.barX(closed, { ...along, ...shape, fill: "var(--passed)", stroke: "var(--passed)" }),
    Plot.barX(open, { ...along, ...shape, fill: "var(--held-tint)", stroke: "var(--received)" }),
    Plot.text(open, {
      ...end, text: () => "\u25b6", textAnchor: "start", dx: 1, fill: "var(--received)",
    }),
    Plot.tip(rows, Plot.pointerY({
      y: "key", x: (b) => new Date((b.started + b.until) / 2), title: words, lineWidth: 30,
      fill: "var(--paper)", stroke: "var(--ink)", fontSize: 13,
    })),
  ];
}

function chart(rows, width) {
  const keys = [...new Set(rows.map((bar) => bar.key))];
  const ends = [Math.min(...rows.map((b) => b.started)), Math.max(...rows.map((b) => b.until))];
  return Plot.plot({
    width, height: TOP + 12 + keys.length * ROW,
    marginLeft: width < NARROW ? 92 : 236, marginRight: 20, marginTop: TOP, marginBottom: 12,
    style: { fontSize: "12px", fontFamily: "inherit" },
    x: {
      type: "utc", label: null, axis: "top", ticks: Math.max(3, Math.floor(width / 130)),
      domain: [ends[0], Math.max(ends[1], ends[0] + 1)].map((t) => new Date(t)),
    },
    y: { domain: keys, label: null },
    marks: marks(rows, width),
  });
}

function episodeTable(rows) {
  return table({
    name: "Episodes, the numbers",
    sortable: true,
    columns: [
      { head: "Device", value: (e) => e.device },
      { head: "Code", value: (e) => e.code },
      { head: "Recipient", value: (e) => e.recipient ?? "" },
      { head: "Started (UTC)", value: (e) => e.started, text: (e) => instant(e.started) },
      { head: "Ended (UTC)", value: (e) => e.ended,
        text: (e) => (e.open ? "still open" : instant(e.ended)) },
      { head: "Lasted", number: true, value: (e) => e.until - e.started,
        text: (e) => duration(e.until - e.started) },
      { head: "Why it ended", value: (e) => e.reason ?? "" },
      { head: "Alerts", number: true, value: (e) => e.alerts },
      { head: "Copies", number: true, value: (e) => e.copies },
    ],
    rows,
  });
}

function describe(rows, total) {
  const longest = rows.reduce((most, bar) =>
    (bar.until - bar.started > most.until - most.started ? bar : most));
  return `Episodes as bars over time, ${count(rows.length)} of ${count(total)}, `
    + `${count(rows.filter((bar) => bar.open).length)} still open. The longest is of `
    + `${longest.device}, ${longest.code}: ${duration(longest.until - longest.started)} from `
    + `${instant(longest.started)}.`;
}

function caption(rows, total) {
  const others = total - rows.length;
  return "Each bar is an episode: the time during which alerts of one device, code and recipient "
    + "were throttled. Times are in UTC."
    + (others > 0 ? ` Shown are the ${count(rows.length)} with most alerts held back; `
      + `${counted(others, "other is", "others are")} not.` : "");
}

export function episodesSection(data) {
  if (data.episodes === null) {
    return [absent(data.note ?? "Episodes were not looked at one by one.")];
  }
  const rows = bars(data).sort((a, b) => a.started - b.started || (a.key < b.key ? -1 : 1));
  if (rows.length === 0) {
    return [absent("There was no episode: no device went beyond a threshold.")];
  }
  const { element } = figure({
    name: "episodes",
    label: describe(rows, data.episodes.total),
    draw: (width) => chart(rows, width),
    before: [legend(
      { mark: "bar", text: "ended" },
      { mark: "open-bar", text: "open when the log ended" },
    )],
    caption: caption(rows, data.episodes.total),
    numbers: episodeTable(rows),
  });
  return [element];
}
