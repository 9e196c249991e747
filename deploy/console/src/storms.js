// What is throttled now, with filters.

import { choice } from "../../page/src/choice.js";
import { absent } from "../../page/src/figure.js";
import { h, newId } from "../../page/src/dom.js";
import { liveTable } from "../../page/src/table.js";
import { counted, count, instant } from "../../page/src/words.js";
import { codeLink, deviceLink } from "./links.js";
import { go, place } from "./place.js";
import { renew, show } from "./renew.js";

const DEVICE = /^[0-9a-f]{2}(-[0-9a-f]{2}){7}$/i;
const KNOWN_CODES = 400;
const WAIT = 250; // milliseconds between a key pressed and what it filters

export const limit = ({ threshold, window }) => `${count(threshold)} in ${window || "?"}`;
export const policyName = ({ policy, note }) =>
  (policy === null ? "\u2013" : `${instant(policy)}${note ? ` (${note})` : ""}`);

const COLUMNS = [
  { head: "Device", value: (e) => e.device, node: (e) => deviceLink(e.device) },
  { head: "Code", value: (e) => e.code, node: (e) => codeLink(e.code) },
  { head: "Name", value: (e) => e.name, wide: true },
  { head: "Since (UTC)", value: (e) => e.started, text: (e) => instant(e.started) },
  { head: "Alerts", number: true, value: (e) => e.alerts },
  { head: "Held back", number: true, value: (e) => e.consolidated },
  { head: "Copies", number: true, value: (e) => e.copies },
  { head: "Pending", number: true, value: (e) => e.pending },
  { head: "Threshold", number: true, value: (e) => e.threshold, text: limit },
  { head: "Policy of", value: (e) => e.policy, text: policyName, wide: true },
  { head: "Recipient", value: (e) => e.recipient },
  { head: "Partition", number: true, value: (e) => e.partition },
  { head: "Next timer (UTC)", value: (e) => e.nextTimer, text: (e) => instant(e.nextTimer) },
];

export const isDevice = (text) => DEVICE.test(text);

export class Storms {
  constructor(changed) {
    this.top = 100;
    this.codes = new Map();
    this.code = choice("Code:", [["", "all"]], (code) => go({ code }));
    this.codeList = this.code.querySelector("select");
    const most = choice("At most:", [100, 20, 1000].map((n) => [n, count(n)]), (n) => {
      this.top = Number(n);
      changed();
    });
    this.summary = h("p");
    this.table = liveTable({
      name: "Storms now", sortable: true, tall: true, columns: COLUMNS,
      keyOf: (e) => `${e.device} ${e.code} ${e.recipient}`,
    });
    this.note = h("p", { class: "note" });
    this.element = [h("div", { class: "filters" }, this.code, this.finder(), most),
      this.summary, this.table.element, this.note];
  }

  finder() {
    const id = newId("find");
    let timer;
    this.find = h("input", {
      id, type: "search", autocomplete: "off", spellcheck: "false", maxlength: 200,
      oninput: () => {
        clearTimeout(timer);
        timer = setTimeout(() => go({ find: this.find.value.trim() }, true), WAIT);
      },
    });
    return h("p", { class: "choice" }, h("label", { for: id }, "Device:"), " ", this.find);
  }

  // Brings it to where it is read, if what was chosen is elsewhere.
  reveal() {
    if (document.activeElement !== this.codeList) {
      this.code.scrollIntoView({ block: "nearest" });
      this.codeList.focus({ preventScroll: true });
    }
  }

  // What to ask the API for. A part of a device's id only chooses among what is answered.
  address() {
    const { code, find } = place();
    const query = new URLSearchParams({ top: this.top });
    if (code) {
      query.set("code", code);
    }
    if (isDevice(find)) {
      query.set("device", find);
    }
    return `api/episodes?${query}`;
  }

  // Codes to choose from: all that any answer has named.
  learn(codes) {
    for (const { code, name } of codes) {
      if (code && code !== "other" && this.codes.size < KNOWN_CODES) {
        this.codes.set(code, name);
      }
    }
    const chosen = place().code;
    const known = new Map([...this.codes].sort(([a], [b]) => (a < b ? -1 : 1)));
    if (chosen && !known.has(chosen)) {
      known.set(chosen, "");
    }
    renew(this.codeList, h("option", { value: "" }, "all"), [...known].map(([code, name]) =>
      h("option", { value: code }, name ? `${code} ${name}` : code)));
    this.codeList.value = chosen;
  }

  update(feed) {
    const { find, code } = place();
    const { data } = feed;
    if (document.activeElement !== this.find) {
      this.find.value = find;
    }
    this.learn(data ? data.codes : []);
    const rows = (data?.episodes ?? []).filter((e) =>
      e.device.toLowerCase().includes(find.toLowerCase()));
    show(this.table.element, rows.length > 0);
    this.table.update(rows);
    renew(this.summary, this.sentence(feed, rows, Boolean(find || code)));
    renew(this.note, data && rows.length > 0 ? noteOf(data, rows, find) : "");
  }

  sentence({ data, failure }, rows, filtered) {
    if (!data) {
      return failure ? absent(`Not known: ${failure.why}.`) : absent("Asking\u2026");
    }
    if (data.open === 0) {
      return absent(filtered ? "No storm is like that." : "Nothing is throttled now.");
    }
    const old = failure ? ` This is not new: ${failure.why}.` : "";
    return `${counted(data.open, "storm")} of ${counted(data.devices, "device")} `
      + `${data.open === 1 ? "has" : "have"} held back `
      + `${counted(data.consolidated, "alert")}.${old}`
      + (rows.length === 0 ? " None of those answered has a device like that." : "");
  }
}

function noteOf(data, rows, find) {
  const others = data.open - data.episodes.length;
  const parts = ["A storm is an open episode: a device, a code and a recipient above the "
    + "threshold of the policy version that held when it began. Pending are alerts held "
    + "back that no copy tells of yet."];
  if (others > 0) {
    parts.push("Shown are those with most held back; "
      + `${counted(others, "other is", "others are")} not.`);
  }
  if (find && !isDevice(find)) {
    parts.push(`The device is looked for among the ${count(data.episodes.length)} answered; a `
      + "whole id is looked for among all.");
  }
  return parts.join(" ");
}
