// Alerts over time: received against passed on.

import * as Plot from "@observablehq/plot";
import { absent, figure, legend } from "../../page/src/figure.js";
import { Reader } from "../../page/src/reader.js";
import { table } from "../../page/src/table.js";
import { brief, count, counted, duration, instant } from "../../page/src/words.js";

const HEIGHT = 300;
const MARGINS = { marginLeft: 52, marginRight: 16, marginTop: 24, marginBottom: 32 };

export function seriesRows({ start, step, received, passed }) {
  return received.map((alerts, i) => ({
    time: start + i * step, end: start + (i + 1) * step, received: alerts, passed: passed[i] ?? 0,
  }));
}

// Steps: the last one is drawn to its end.
function outline(rows) {
  const last = rows[rows.length - 1];
  return [...rows, { ...last, time: last.end }];
}

function chart(rows, step, width) {
  const points = outline(rows);
  const along = { x: (row) => new Date(row.time), curve: "step-after" };
  const most = rows.reduce((top, row) => Math.max(top, row.received, row.passed), 0);
  const ticks = Math.min(5, most); // no parts of an alert
  return Plot.plot({
    width, height: HEIGHT, ...MARGINS,
    style: { fontSize: "13px", fontFamily: "inherit" },
    x: { type: "utc", label: null, ticks: Math.max(2, Math.floor(width / 110)) },
    y: { label: `alerts in ${duration(step)}`, tickFormat: brief, ticks, zero: true },
    marks: [
      Plot.gridY({ stroke: "var(--rule)", strokeOpacity: 1, ticks }),
      Plot.areaY(points, { ...along, y1: "passed", y2: "received", fill: "var(--held-tint)" }),
      Plot.areaY(points, { ...along, y: "passed", fill: "var(--passed-tint)" }),
      Plot.lineY(points, {
        ...along, y: "received", stroke: "var(--received)", strokeWidth: 1.5,
        strokeDasharray: "5 3",
      }),
      Plot.lineY(points, { ...along, y: "passed", stroke: "var(--passed)", strokeWidth: 2 }),
      Plot.ruleY([0], { stroke: "var(--ink)" }),
    ],
  });
}

function attach(reader, drawing, rows, width) {
  const { start, step } = { start: rows[0].time, step: rows[0].end - rows[0].time };
  const scale = drawing.scale("x");
  const clamp = (i) => Math.min(rows.length - 1, Math.max(0, i));
  reader.attach(drawing, {
    position: (i) => scale.apply(new Date(rows[i].time + step / 2)),
    indexAt: (x) => {
      const shown = drawing.clientWidth > 0 ? width / drawing.clientWidth : 1;
      return clamp(Math.floor((scale.invert(x * shown) - start) / step));
    },
    top: MARGINS.marginTop, bottom: HEIGHT - MARGINS.marginBottom,
    left: MARGINS.marginLeft, right: MARGINS.marginRight,
  });
}

function numbers(rows) {
  return table({
    name: "Alerts over time, the numbers",
    columns: [
      { head: "From (UTC)", value: (row) => row.time, text: (row) => instant(row.time) },
      { head: "Received", number: true, value: (row) => row.received },
      { head: "Passed on", number: true, value: (row) => row.passed },
    ],
    rows,
  });
}

function describe(rows, step) {
  const peak = rows.reduce((most, row) => (row.received > most.received ? row : most));
  const most = rows.reduce((top, row) => Math.max(top, row.passed), 0);
  return `Alerts over time in steps of ${duration(step)}, from ${instant(rows[0].time)} to `
    + `${instant(rows[rows.length - 1].end)}. Received: at most ${count(peak.received)}, at `
    + `${instant(peak.time)}. Passed on: at most ${count(most)} in a step.`;
}

// What stands in place of a plot of nothing, of one alert or of one step.
function tooLittle(rows, step) {
  const alerts = rows.reduce((sum, row) => sum + row.received, 0);
  if (alerts === 0) {
    return "There are no alerts with a time to draw.";
  }
  if (alerts > 1 && rows.length > 1) {
    return null;
  }
  const passed = rows.reduce((sum, row) => sum + row.passed, 0);
  return `Too little to draw: ${counted(alerts, "alert")} came in the ${duration(step)} from `
    + `${instant(rows.find((row) => row.received > 0).time)} (UTC), and `
    + `${count(passed)} ${passed === 1 ? "was" : "were"} passed on.`;
}

export function seriesSection({ series }) {
  const rows = seriesRows(series);
  const sentence = tooLittle(rows, series.step);
  if (sentence) {
    return [absent(sentence)];
  }
  const reader = new Reader("Step through time", rows.length, (i) =>
    `${instant(rows[i].time)}: received ${count(rows[i].received)}, passed on `
    + `${count(rows[i].passed)}`);
  const { element } = figure({
    name: "series",
    label: describe(rows, series.step),
    draw: (width) => {
      const drawing = chart(rows, series.step, width);
      attach(reader, drawing, rows, width);
      return drawing;
    },
    before: [legend(
      { mark: "received", text: "received" },
      { mark: "passed", text: "passed on, copies included" },
      { mark: "held", text: "held back" },
    )],
    after: [reader.element],
    caption: `How many alerts came and how many went on, in ${counted(rows.length, "step")} of `
      + `${duration(series.step)}, times in UTC. Where the two lines part, alerts were held back; `
      + "a last word may pass later than the alerts that it stands for. Move the slider, or the "
      + "pointer over the plot, to read the numbers of a step.",
    numbers: numbers(rows),
  });
  return [element];
}
