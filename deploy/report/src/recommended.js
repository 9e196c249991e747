// What is recommended: the policy, why, the targets and what is reached, code by code.

import { codeName } from "./codes.js";
import { chosenSetting, settingOf } from "./data.js";
import { h } from "../../page/src/dom.js";
import { absent } from "../../page/src/figure.js";
import { policyText } from "./policy.js";
import { table } from "../../page/src/table.js";
import { count, counted, duration, ratio, share } from "../../page/src/words.js";

// Where the writer does not say what the numbers are, the measure's name does.
function quantityOf({ quantity, measure }) {
  if (quantity) {
    return quantity;
  }
  return /delay/.test(measure) ? "duration" : measure === "held_back" ? "share" : "count";
}

function reached(target) {
  const quantity = quantityOf(target);
  if (quantity === "duration") {
    return duration(target.reached ?? Infinity);
  }
  return quantity === "share" ? share(target.reached) : count(target.reached);
}

function targetsTable({ targets, settings }, withReached) {
  const reachedColumn = { head: "Reached", number: true, value: (t) => t.reached, text: reached };
  return table({
    name: "Targets",
    columns: [
      { head: "Target", value: (t) => t.text },
      ...(withReached ? [reachedColumn] : []),
      { head: "Met by", number: true, value: (t) => t.met_by,
        text: (t) => `${count(t.met_by)} of ${counted(settings.length, "setting")}` },
    ],
    rows: targets,
  });
}

function codeRows(data) {
  const { codes, settings, recommended } = data.tune;
  const positions = new Map(settings.map((setting, i) => [setting.id, i]));
  return recommended.codes.map((choice) => {
    const code = codes.find((c) => c.code === choice.code);
    const at = positions.get(choice.setting);
    return { ...choice, alerts: code?.alerts ?? null, name: choice.name ?? code?.name,
      setting: settings[at] ?? null, tally: code?.settings[at] ?? null };
  });
}

function codesTable(data) {
  const delay = (row) => (row.tally?.delay.count > 0 ? row.tally.delay.worst : null);
  return table({
    name: "What was chosen, code by code",
    sortable: true,
    columns: [
      { head: "Code", value: (row) => row.code },
      { head: "Name", value: codeName, wide: true },
      { head: "Chosen", value: (row) => row.setting?.name ?? "" },
      { head: "Alerts", number: true, value: (row) => row.alerts },
      { head: "Held back", number: true, value: (row) => ratio(row.tally?.consolidated, row.alerts),
        text: (row) => share(ratio(row.tally?.consolidated, row.alerts)) },
      { head: "Worst delay", number: true, value: delay, text: (row) => duration(delay(row)) },
      { head: "Why", value: (row) => row.why, wide: true },
    ],
    rows: codeRows(data),
  });
}

// By whom the targets are reached, or how nearly.
function reachedBy(data) {
  if (data.tune.recommended) {
    return "Reached: by the recommended policy.";
  }
  const nearest = settingOf(data, data.tune.nearest);
  return nearest && `Reached: by ${nearest.name}, which comes nearest.`;
}

function targetsPart(data) {
  if (data.tune.targets.length === 0) {
    return [h("p", {}, "No targets were given.")];
  }
  const note = reachedBy(data);
  return [h("h3", {}, "The targets"), targetsTable(data.tune, note !== null),
    note && h("p", { class: "note" }, note)];
}

function codesPart(data) {
  return data.tune.recommended.codes.length === 0
    ? [] : [h("h3", {}, "Code by code"), codesTable(data)];
}

function choicePart(data) {
  const { why } = data.tune.recommended;
  const setting = chosenSetting(data);
  return [setting && h("p", { class: "chosen-name" }, setting.name), why && h("p", {}, why)];
}

export function recommendedSection(data) {
  const { recommended } = data.tune;
  if (!recommended) {
    const why = data.tune.targets.length > 0 ? ": no setting meets all targets" : "";
    return [absent(`No policy is recommended${why}.`), ...targetsPart(data)];
  }
  return [
    ...choicePart(data),
    ...targetsPart(data),
    ...codesPart(data),
    h("h3", {}, "The policy"),
    policyText("The recommended policy", recommended.policy ?? ""),
  ];
}
