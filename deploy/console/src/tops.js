// The codes and the devices with most alerts held back in storms now.

import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { liveTable } from "../../page/src/table.js";
import { place } from "./place.js";
import { codeLink, deviceLink } from "./links.js";
import { renew, show } from "./renew.js";

const SHOWN = 20;

const CODES = [
  { head: "Code", value: (c) => c.code, node: (c) => codeLink(c.code) },
  { head: "Name", value: (c) => c.name, wide: true },
  { head: "Storms", number: true, value: (c) => c.episodes },
  { head: "Devices", number: true, value: (c) => c.devices },
  { head: "Held back", number: true, value: (c) => c.consolidated },
];
const DEVICES = [
  { head: "Device", value: (d) => d.device, node: (d) => deviceLink(d.device) },
  { head: "Codes", value: (d) => d.codes.join(", "), wide: true },
  { head: "Storms", number: true, value: (d) => d.episodes },
  { head: "Held back", number: true, value: (d) => d.consolidated },
];

export class Tops {
  constructor() {
    this.codes = liveTable({
      name: "Top codes in storms", sortable: true, columns: CODES, keyOf: (c) => c.code,
    });
    this.devices = liveTable({
      name: "Top devices in storms", sortable: true, columns: DEVICES, keyOf: (d) => d.device,
    });
    this.none = h("div");
    const part = (title, content) => h("div", {}, h("h3", {}, title), content.element);
    this.pair = h("div", { class: "pair" }, part("Codes", this.codes),
      part("Devices", this.devices));
    this.note = h("p", { class: "note" });
    this.element = [this.none, this.pair, this.note];
  }

  update({ data, failure }) {
    const known = data !== null && data.codes.length + data.topDevices.length > 0;
    show(this.pair, known);
    show(this.note, known);
    renew(this.none, known ? null : absent(data ? "There are no storms to tell of."
      : failure ? `Not known: ${failure.why}.` : "Asking\u2026"));
    if (data) {
      const { code, find } = place();
      this.codes.update(data.codes.slice(0, SHOWN));
      this.devices.update(data.topDevices.slice(0, SHOWN));
      renew(this.note, `Of all open episodes${code || find ? " that the filter asks for" : ""}, `
        + `the ${SHOWN} with most held back.`);
    }
  }
}
