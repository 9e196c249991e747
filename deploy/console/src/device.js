// What is known of one device: each of its keys, a code and a recipient.

import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { liveTable } from "../../page/src/table.js";
import { count, counted, instant } from "../../page/src/words.js";
import { codeLink } from "./links.js";
import { go, place } from "./place.js";
import { renew, show } from "./renew.js";
import { limit } from "./storms.js";

const inEpisode = (name) => ({
  number: true, value: (k) => k.episode?.[name] ?? null,
  text: (k) => (k.episode ? count(k.episode[name]) : ""),
});

const COLUMNS = [
  { head: "Code", value: (k) => k.code, node: (k) => codeLink(k.code) },
  { head: "Name", value: (k) => k.name, wide: true },
  { head: "Counts as", number: true, value: (k) => k.measure },
  { head: "Threshold", number: true, value: (k) => k.threshold,
    text: (k) => (k.excluded ? "never throttled" : limit(k)) },
  { head: "Storm since (UTC)", value: (k) => k.episode?.started ?? null,
    text: (k) => (k.episode ? instant(k.episode.started) : "no storm") },
  { head: "Alerts", ...inEpisode("alerts") },
  { head: "Held back", ...inEpisode("consolidated") },
  { head: "Copies", ...inEpisode("copies") },
  { head: "Pending", ...inEpisode("pending") },
  { head: "Next timer (UTC)", value: (k) => k.nextTimer, text: (k) => instant(k.nextTimer) },
  { head: "This window", number: true, value: (k) => k.current },
  { head: "The one before", number: true, value: (k) => k.previous },
  { head: "Window from (UTC)", value: (k) => k.windowStart, text: (k) => instant(k.windowStart) },
  { head: "until (UTC)", value: (k) => k.windowEnd, text: (k) => instant(k.windowEnd) },
  { head: "Policy of", value: (k) => k.policy, text: (k) => instant(k.policy) },
  { head: "Recipient", value: (k) => k.recipient },
];

export class Device {
  constructor() {
    this.name = h("span", { class: "eui" });
    this.heading = h("h2", { id: "device-name", tabindex: "-1" }, "Device ", this.name);
    this.summary = h("p");
    this.table = liveTable({
      name: "Keys of the device", sortable: true, columns: COLUMNS,
      keyOf: (k) => `${k.code} ${k.recipient}`,
      classOf: (k) => (k.episode ? "marked" : null),
    });
    this.note = h("p", { class: "note" }, "Counts as: what is compared with the threshold. In the "
      + "marked rows the device is in a storm. Pending: held back, and in no copy yet.");
    const close = h("button", { type: "button", onclick: () => go({ device: "" }) }, "Close");
    this.element = h("section", { id: "device", "aria-labelledby": "device-name", hidden: true },
      this.heading, h("p", {}, close), this.summary, this.table.element, this.note);
  }

  address() {
    const { device } = place();
    return device ? `api/keys/${encodeURIComponent(device)}` : null;
  }

  // Brings it to where it is read.
  reveal() {
    this.heading.scrollIntoView();
    this.heading.focus({ preventScroll: true });
  }

  update(feed) {
    const { device } = place();
    show(this.element, device !== "");
    renew(this.name, device);
    const keys = feed.data?.keys ?? [];
    show(this.table.element, keys.length > 0);
    show(this.note, keys.length > 0);
    this.table.update(keys);
    renew(this.summary, sentence(feed));
  }
}

function sentence({ data, failure }) {
  const old = failure ? ` This is not new: ${failure.why}.` : "";
  if (!data) {
    return absent(failure ? `Nothing is known of it: ${failure.why}.` : "Asking\u2026");
  }
  const where = `Partition ${count(data.partition)}, stream time ${instant(data.streamTime)} UTC.`;
  if (data.keys.length === 0) {
    return `No alert of this device is being counted. ${where}${old}`;
  }
  const storms = data.keys.filter((k) => k.episode).length;
  return `${counted(data.keys.length, "key")}, ${storms > 0 ? count(storms) : "none"} in a storm. `
    + where + old;
}
