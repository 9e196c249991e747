// What the settings cost and bring: the load that they pass on against the delay.

import * as Plot from "@observablehq/plot";
import { choice } from "../../page/src/choice.js";
import { chosenSetting } from "./data.js";
import { absent, figure, legend } from "../../page/src/figure.js";
import { labelBeside } from "./front_label.js";
import { table } from "../../page/src/table.js";
import { count, counted, duration, durationTicks, ratio, share } from "../../page/src/words.js";

const HEIGHT = 400;
const BOTTOM = 44;
const MARGINS = { marginLeft: 56, marginRight: 20, marginTop: 28, marginBottom: BOTTOM };
const GRID = { stroke: "var(--rule)", strokeOpacity: 1 };
const MINUTE = 60000;
const NAMES = { p99: "99th percentile", worst: "worst" };

function pointsOf(data, measure) {
  const chosen = chosenSetting(data);
  const placed = data.tune.settings.filter(({ totals: { delay } }) =>
    delay.count > 0 && delay[measure] !== Infinity);
  return placed.map((setting) => ({
    setting,
    name: setting.name,
    delay: setting.totals.delay[measure],
    load: ratio(setting.totals.forwarded + setting.totals.copies, data.summary.alerts) ?? 0,
    meets: setting.meets,
    chosen: setting === chosen,
  }));
}

// The points that no other one beats in both, from the shortest delay on.
function frontOf(points) {
  const sorted = [...points].sort((a, b) => a.delay - b.delay || a.load - b.load);
  let least = Infinity;
  return sorted.filter((point) => {
    const better = point.load < least;
    least = Math.min(least, point.load);
    return better;
  });
}

// Delays by their magnitude. A delay of nothing has a place too, then at the left end.
function delayScale(points, width) {
  const delays = points.map((point) => point.delay);
  const [least, most] = [Math.min(...delays), Math.max(...delays, 1)];
  const shift = least > 0 ? 0 : MINUTE;
  const place = (delay) => Math.log(delay + shift);
  const [from, to] = least > 0 ? [least / 1.4, most * 1.4] : [0, most * 1.4];
  const ticks = durationTicks(from, to, Math.floor(width / 80));
  return { place, domain: [place(from), place(to)], ticks: shift > 0 ? [0, ...ticks] : ticks };
}

function percent(value) {
  return `${Number((100 * value).toFixed(1))}\u00a0%`;
}

function marks(points, { place, ticks }) {
  const front = frontOf(points);
  const at = { x: (point) => place(point.delay), y: "load" };
  const onFront = new Set(front);
  const others = points.filter((point) => !onFront.has(point));
  const colour = (list, stroke) => [
    Plot.dot(list.filter((p) => p.meets), { ...at, r: 4.5, fill: stroke, stroke }),
    Plot.dot(list.filter((p) => !p.meets), {
      ...at, r: 4.5, fill: "var(--paper)", stroke, strokeWidth: 1.5,
    }),
  ];
  const chosen = points.filter((point) => point.chosen);
  return [
    Plot.gridX({ ...GRID, ticks: ticks.map(place) }),
    Plot.gridY({ ...GRID, ticks: 5 }),
    Plot.line(front, { ...at, stroke: "var(--passed)", strokeWidth: 1.5 }),
    ...colour(others, "var(--muted)"),
    ...colour(front, "var(--passed)"),
    Plot.dot(chosen, { ...at, r: 9, stroke: "var(--received)", strokeWidth: 2.5 }),
    Plot.tip(points, Plot.pointer({
      ...at, fill: "var(--paper)", stroke: "var(--ink)", fontSize: 13,
      title: (p) => `${p.name}\npasses on ${share(p.load)}\n${duration(p.delay)}`,
    })),
  ];
}

// The recommended point's name: short where the page is narrow.
function chosenLabel(points, { place }, drawing, width) {
  const chosen = points.find((point) => point.chosen);
  if (!chosen) {
    return null;
  }
  const [x, y] = ["x", "y"].map((name) => drawing.scale(name));
  const at = (point) => ({ x: x.apply(place(point.delay)), y: y.apply(point.load) });
  const frame = { left: MARGINS.marginLeft, right: width - 4, bottom: HEIGHT - BOTTOM };
  const text = width < 720 ? "recommended" : `recommended: ${chosen.name}`;
  return labelBeside(text, at(chosen), points.filter((p) => p !== chosen).map(at), frame);
}

function chart(points, name, width) {
  const delays = delayScale(points, width);
  const names = new Map(delays.ticks.map((tick) => [delays.place(tick), duration(tick)]));
  const drawing = Plot.plot({
    width, height: HEIGHT, ...MARGINS,
    style: { fontSize: "13px", fontFamily: "inherit" },
    x: {
      domain: delays.domain, ticks: [...names.keys()], tickFormat: (at) => names.get(at),
      label: `delay, ${name} \u2192`,
    },
    y: { label: "\u2191 share of alerts passed on", tickFormat: percent, ticks: 5, nice: true },
    marks: marks(points, delays),
  });
  const label = chosenLabel(points, delays, drawing, width);
  if (label) {
    drawing.insertBefore(label, drawing.querySelector("[aria-label=tip]")); // below the tip
  }
  return drawing;
}

function numbers(points) {
  const onFront = new Set(frontOf(points));
  return table({
    name: "Load against delay, the numbers",
    sortable: true,
    columns: [
      { head: "Setting", value: (p) => p.name },
      { head: "Delay", number: true, value: (p) => p.delay, text: (p) => duration(p.delay) },
      { head: "Passed on", number: true, value: (p) => p.load, text: (p) => share(p.load) },
      { head: "Meets targets", value: (p) => (p.meets ? "yes" : "no") },
      { head: "On the front", value: (p) => (onFront.has(p) ? "yes" : "no") },
    ],
    rows: points,
    classOf: (p) => (p.chosen ? "marked" : null),
  });
}

function describe(points, name) {
  const front = frontOf(points);
  const [first, last] = [front[0], front[front.length - 1]];
  const chosen = points.find((point) => point.chosen);
  const ends = `${first.name}, which passes on ${share(first.load)} with ${duration(first.delay)}`
    + (last === first ? "" : ` to ${last.name}, ${share(last.load)} with ${duration(last.delay)}`);
  const meet = points.filter((point) => point.meets).length;
  return `Share of alerts passed on against the delay (${name}), for `
    + `${counted(points.length, "setting")}; ${counted(meet, "meets", "meet")} all targets. `
    + `The front has ${count(front.length)}: ${ends}.`
    + (chosen ? ` Recommended: ${chosen.name}, ${share(chosen.load)} with `
      + `${duration(chosen.delay)}.` : "");
}

function caption(data, points) {
  const all = data.tune.settings;
  const silent = all.filter((s) => s.totals.delay.count === 0).length;
  const endless = all.length - silent - points.length;
  return "Each point is a setting: the lower, the less is passed on; the further left, the sooner "
    + "an alert that was held back is spoken for by a copy. The line joins the front, the settings "
    + "that no other one beats in both."
    + (silent > 0 ? ` Left out: ${counted(silent, "setting")} under which nothing waits for a copy.`
      : "")
    + (endless > 0 ? ` ${counted(endless, "setting has", "settings have")} no place here, as some `
      + "alerts would wait for ever." : "");
}

// Those by which there is something to compare.
function measuresOf(data) {
  return Object.entries(NAMES).filter(([measure]) => pointsOf(data, measure).length > 1);
}

function keyOf(points) {
  const entries = [
    { mark: "on-front", text: "on the front" },
    { mark: "off-front", text: "beaten by another" },
    { mark: "misses", text: "hollow: misses a target" },
  ];
  const chosen = { mark: "chosen-point", text: "recommended" };
  return legend(...entries, ...(points.some((point) => point.chosen) ? [chosen] : []));
}

export function frontSection(data) {
  let measure = "p99";
  let points = pointsOf(data, measure);
  if (points.length < 2) {
    return [absent(points.length === 1
      ? `Only ${points[0].name} holds anything back that waits for a copy: there is nothing to `
        + "compare it with."
      : "No setting holds anything back that waits for a copy.")];
  }
  const frame = figure({
    name: "front",
    label: describe(points, NAMES[measure]),
    draw: (width) => chart(points, NAMES[measure], width),
    before: [
      choice("Delay:", measuresOf(data), (name) => {
        measure = name;
        points = pointsOf(data, measure);
        frame.again(describe(points, NAMES[measure]));
        frame.element.querySelector("figcaption").textContent = caption(data, points);
        frame.element.querySelector("details .scroll").replaceWith(numbers(points));
      }),
      keyOf(points),
    ],
    caption: caption(data, points),
    numbers: numbers(points),
  });
  return [frame.element];
}
