// Puts the report together, section by section.

import "./style.css";
import { codesSection, excludedSection } from "./codes.js";
import { readData } from "./data.js";
import { alwaysSection, devicesSection } from "./devices.js";
import { h } from "../../page/src/dom.js";
import { episodesSection } from "./episodes.js";
import { frontSection } from "./front.js";
import { heading } from "./heading.js";
import { heatMapSection } from "./heat_map.js";
import { ledger, ledgerCaption } from "./ledger.js";
import { pairsSection } from "./pairs.js";
import { policySection } from "./policy.js";
import { recommendedSection } from "./recommended.js";
import { seriesSection } from "./series.js";
import { settingsTable } from "./settings.js";
import { folded } from "../../page/src/table.js";

const ALERTS = [
  ["series", "Alerts over time", seriesSection],
  ["ledger", "The account", (data) => [ledger(data), h("p", { class: "note" }, ledgerCaption)]],
];
const STORMS = [
  ["codes", "Codes with most alerts", codesSection],
  ["devices", "Devices that stormed most", devicesSection],
  ["episodes", "Episodes", episodesSection],
];
const TUNE = [
  ["recommended", "What is recommended", recommendedSection],
  ["heat-map", "Thresholds and windows", heatMapSection],
  ["front", "Load against delay", frontSection],
  ["settings", "All settings", (data) => [settingsTable(data)]],
];
const FINDINGS = [
  ["excluded", "Excluded codes that storm", excludedSection],
  ["pairs", "Codes that clear each other", pairsSection],
  ["always", "Devices that storm whatever the setting", alwaysSection],
];

function sectionsFor({ tune }) {
  return tune
    ? [...TUNE, ...ALERTS, ...STORMS, ...FINDINGS,
      ["policy", "The policy to begin with", policySection]]
    : [...ALERTS, ...STORMS, ["policy", "The policy in force", policySection]];
}

function section([id, title, build], data) {
  return h("section", { id }, h("h2", {}, title), build(data));
}

function contents(sections) {
  const items = sections.map(([id, title]) => h("li", {}, h("a", { href: `#${id}` }, title)));
  return h("nav", { "aria-label": "Contents" }, h("ol", {}, items));
}

// Without alerts there is little to tell.
function shown(data) {
  const all = sectionsFor(data);
  const always = ["series", "ledger", "policy"];
  return data.summary.alerts > 0 ? all : all.filter(([id]) => always.includes(id));
}

// The licences of what the build put into this page, which also put their texts here.
function licences() {
  const texts = document.getElementById("licences");
  return texts && h("footer", {}, folded("Licences of what this page is made with",
    h("div", { class: "licences" }, texts.content.cloneNode(true))));
}

const data = readData();
const sections = shown(data);
document.getElementById("report").replaceChildren(
  heading(data), contents(sections), ...sections.map((entry) => section(entry, data)),
  licences() ?? "",
);
