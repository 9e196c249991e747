// The devices with most alerts held back, and those that storm whatever the setting.

import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { sparkline } from "./sparkline.js";
import { table } from "../../page/src/table.js";
import { count, counted, ratio, share } from "../../page/src/words.js";

const held = (row) => ratio(row.consolidated, row.alerts);
const device = { head: "Device", value: (d) => d.device,
  node: (d) => h("span", { class: "eui" }, d.device) };
const codes = { head: "Codes", value: (d) => d.codes.join(", ") };

export function devicesSection({ devices, note }) {
  if (devices === null) {
    return [absent(note ?? "Devices were not looked at one by one.")];
  }
  if (devices.length === 0) {
    return [absent("No device was throttled.")];
  }
  return [table({
    name: "Devices that stormed most",
    sortable: true,
    tall: true,
    columns: [
      device,
      codes,
      { head: "Over time", node: (d) => sparkline(d.received, d.passed) },
      { head: "Alerts", number: true, value: (d) => d.alerts },
      { head: "Held back", number: true, value: (d) => d.consolidated },
      { head: "Share", number: true, value: held, text: (d) => share(held(d)) },
      { head: "Episodes", number: true, value: (d) => d.episodes },
    ],
    rows: devices,
  })];
}

export function alwaysSection({ tune }) {
  const { always, always_total: total, settings } = tune;
  if (always.length === 0) {
    return [absent("No device storms under every setting.")];
  }
  const others = total - always.length;
  return [
    h("p", {}, `${counted(total, "device goes", "devices go")} beyond the threshold under each of `
      + `the ${counted(settings.length, "setting")}: no threshold among them changes that, and a `
      + "look at the devices themselves may."
      + (others > 0 ? ` ${count(others)} of them are not shown.` : "")),
    table({
      name: "Devices that storm under every setting",
      sortable: true,
      tall: true,
      columns: [device, codes, { head: "Alerts", number: true, value: (d) => d.alerts }],
      rows: always,
    }),
  ];
}
