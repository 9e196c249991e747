// Devices and codes lead to what is known of them.

import { h } from "../../page/src/dom.js";
import { linkTo } from "./place.js";

export function deviceLink(device) {
  return device ? h("a", { class: "eui", href: linkTo({ device, at: "" }) }, device) : "\u2013";
}

export function codeLink(code) {
  return code ? h("a", { href: linkTo({ code, at: "" }) }, code) : "\u2013";
}
