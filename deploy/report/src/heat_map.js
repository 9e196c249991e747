// The settings as maps: thresholds down, windows across, one map for each of the other choices. The
// maps are tables, so that each cell can be read out as well as seen.

import { choice } from "../../page/src/choice.js";
import { chosenSetting } from "./data.js";
import { h } from "../../page/src/dom.js";
import { absent } from "../../page/src/figure.js";
import { scrollBox } from "../../page/src/table.js";
import { count, duration, share } from "../../page/src/words.js";

const STEPS = 7;

const MEASURES = {
  held_back: { text: "share held back", of: (tally) => tally.held_back, say: share },
  devices: { text: "devices throttled", of: (tally) => tally.devices, say: count },
  worst: {
    text: "worst delay", say: duration,
    of: (tally) => (tally.delay.count > 0 ? tally.delay.worst : null),
  },
};

export function forwardName(forward) {
  if (forward === "first_per_window") {
    return "the first of each window passes";
  }
  if (forward === "none") {
    return "nothing passes";
  }
  const each = /^one_in:(\d+)$/.exec(forward);
  return each ? `the first of each window and one in ${count(Number(each[1]))} pass` : forward;
}

// What a map has in common: everything but threshold and window.
function mapName(setting) {
  const parts = [`${setting.window_kind} windows`, forwardName(setting.forward)];
  if (setting.clear !== setting.threshold) {
    parts.push(`cleared at ${count(setting.clear)}`);
  }
  if (setting.last_word === false) {
    parts.push("no last word");
  }
  const name = parts.join(", ");
  return name[0].toUpperCase() + name.slice(1);
}

function maps(settings) {
  const groups = new Map();
  for (const setting of settings) {
    const name = mapName(setting);
    groups.set(name, [...(groups.get(name) ?? []), setting]);
  }
  return [...groups];
}

const distinct = (values) => [...new Set(values)].sort((a, b) => a - b);

// The shade of a value between the least and the most; counts and times by their magnitude.
function shadeOf(measure, values) {
  const bend = measure === MEASURES.held_back ? (v) => v : (v) => Math.log1p(v);
  const bent = values.filter(Number.isFinite).map(bend);
  const [least, most] = [Math.min(...bent), Math.max(...bent)];
  return (value) => {
    if (value === Infinity) {
      return STEPS - 1;
    }
    if (value === null || most === least) {
      return 0;
    }
    return Math.min(STEPS - 1, Math.floor((STEPS * (bend(value) - least)) / (most - least)));
  };
}

// A sign in the corner of a cell, and what it means for those who do not see it.
function markOf(sign, meaning) {
  return h("span", { title: meaning }, h("span", { "aria-hidden": "true" }, sign),
    h("span", { class: "hidden" }, ` ${meaning}`));
}

function cell(setting, tally, measure, shade, chosen) {
  if (!setting) {
    return h("td", { class: "heat-none" }, h("span", { class: "hidden" }, "not tried"));
  }
  const value = measure.of(tally);
  const marks = h("span", { class: "marks" },
    setting.meets ? markOf("\u2713", "meets all targets") : null,
    chosen ? markOf("\u2605", "recommended") : null);
  return h("td", {
    class: `heat heat-${shade(value)}${chosen ? " chosen" : ""}`, "data-setting": setting.id,
    title: setting.name,
  }, measure.say(value), marks);
}

// What a column needs for the longest that is said in it, in rem.
function widthOf(settings, measure, tallies) {
  const lengths = settings.map((s) => measure.say(measure.of(tallies(s))).length);
  return Math.max(3.1, 0.5 + 0.43 * Math.max(...lengths));
}

function map(name, settings, measure, tallies, shade, chosen) {
  const windows = distinct(settings.map((s) => s.window));
  const heads = windows.map((w) => h("th", { scope: "col" }, duration(w)));
  const rows = distinct(settings.map((s) => s.threshold)).map((threshold) =>
    h("tr", {}, h("th", { scope: "row" }, count(threshold)), windows.map((window) => {
      const at = settings.find((s) => s.threshold === threshold && s.window === window);
      return cell(at, at && tallies(at), measure, shade, at !== undefined && at === chosen);
    })));
  const corner = h("td", { class: "corner" }, "threshold", h("br"), "by window");
  const element = h("table", { class: "heatmap" }, h("thead", {}, h("tr", {}, corner, heads)),
    h("tbody", {}, rows));
  element.style.minWidth = `${(windows.length + 1) * widthOf(settings, measure, tallies)}rem`;
  return h("div", {}, h("p", { class: "map-name" }, name),
    scrollBox(`${measure.text}: ${name}`, element));
}

function key(measure, values, shade) {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) {
    return null;
  }
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const swatches = Array.from({ length: STEPS }, (_, i) =>
    h("span", { class: `heat heat-${i}` }));
  return h("p", { class: "ramp", "aria-hidden": "true" }, measure.say(least), " ",
    h("span", { class: "swatches" }, shade(most) > 0 ? swatches : swatches[0]), " ",
    measure.say(most));
}

// The tallies to show: of all alerts, or of one code.
function source(data, code) {
  const of = data.tune.codes.find((c) => c.code === code);
  const ids = data.tune.settings;
  return of ? (s) => of.settings[ids.indexOf(s)] ?? s.totals : (s) => s.totals;
}

function drawMaps(data, { measure, code }) {
  const { settings } = data.tune;
  const tallies = source(data, code);
  const values = settings.map((s) => measure.of(tallies(s)));
  const shade = shadeOf(measure, values);
  const chosen = chosenSetting(data);
  return [
    key(measure, values, shade),
    h("div", { class: "maps" }, maps(settings).map(([name, members]) =>
      map(name, members, measure, tallies, shade, chosen))),
  ].filter(Boolean);
}

function choices(data, state, changed) {
  const measures = Object.entries(MEASURES).map(([name, { text }]) => [name, text]);
  const codes = data.tune.codes.filter((code) => code.settings.length > 0);
  const lists = [choice("Show", measures, (name) => {
    state.measure = MEASURES[name];
    changed();
  })];
  if (codes.length > 0) {
    const options = [["", "all alerts"], ...codes.map((c) => [c.code, `${c.code} ${c.name}`])];
    lists.push(choice("of", options, (code) => {
      state.code = code;
      changed();
    }));
  }
  return h("div", { class: "choices" }, lists);
}

export function heatMapSection(data) {
  if (data.tune.settings.length === 0) {
    return [absent("No settings were compared.")];
  }
  const box = h("div", { class: "plot" });
  const state = { measure: MEASURES.held_back, code: "" };
  const draw = () => box.replaceChildren(...drawMaps(data, state));
  draw();
  const caption = "Thresholds down, windows across; the stronger the colour, the more. A tick "
    + "marks settings that meet all targets, a star and a frame the recommended one. The worst "
    + "delay is the longest time from an alert held back to the next copy.";
  return [h("figure", { "data-plot": "heat-map" }, choices(data, state, draw), box,
    h("figcaption", {}, caption))];
}
