// A small drawing of received and passed on over time, for a row of a table.

import { svg } from "../../page/src/dom.js";
import { count } from "../../page/src/words.js";

const WIDTH = 120;
const HEIGHT = 24;
const BINS = 60;

// The greatest of each few values, so that a short peak is still seen.
function binned(values) {
  const each = Math.max(1, Math.ceil(values.length / BINS));
  const bins = [];
  for (let i = 0; i < values.length; i += each) {
    bins.push(values.slice(i, i + each).reduce((most, value) => Math.max(most, value), 0));
  }
  return bins;
}

function steps(bins, most) {
  const wide = WIDTH / bins.length;
  return bins.map((value, i) => {
    const y = (HEIGHT - 1 - (HEIGHT - 3) * (most > 0 ? value / most : 0)).toFixed(1);
    return `${(i * wide).toFixed(1)},${y}H${((i + 1) * wide).toFixed(1)}`;
  });
}

function area(line) {
  return `M0,${HEIGHT - 1}L${line.join("L")}L${WIDTH},${HEIGHT - 1}Z`;
}

function largest(values) {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

export function sparkline(received = [], passed = []) {
  if (received.length === 0) {
    return "";
  }
  const most = largest(received);
  const came = steps(binned(received), most);
  const went = steps(binned(passed), most);
  const label = `Over time: received at most ${count(most)} in a step, passed on at most `
    + `${count(largest(passed))}.`;
  const parts = [svg("path", { class: "came", d: area(came) })];
  if (went.length > 0) {
    parts.push(svg("path", { class: "below", d: area(went) }));
    parts.push(svg("path", { class: "went", d: `M${went.join("L")}` }));
  }
  return svg("svg", {
    class: "sparkline", role: "img", "aria-label": label, width: WIDTH, height: HEIGHT,
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
  }, parts);
}
