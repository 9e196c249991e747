// A policy as YAML, with a button that copies it.

import { h } from "../../page/src/dom.js";

// Pages opened from a file may be denied the clipboard; then the text is left selected.
async function copy(text, block, status) {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(block);
    status.textContent = "Selected: copy it with the keyboard.";
  }
}

export function policyText(name, yaml) {
  const block = h(
    "pre", { tabindex: "0", role: "region", "aria-label": name }, h("code", {}, yaml),
  );
  const status = h("span", { role: "status", class: "status" });
  const button = h("button", { type: "button", onclick: () => copy(yaml, block, status) }, "Copy");
  return h("div", { class: "policy" }, h("p", {}, button, " ", status), block);
}

export function policySection({ policy, kind }) {
  if (policy.trim() === "") {
    return [h("p", {}, "No policy file was given: the built-in defaults held.")];
  }
  return [policyText(kind === "tune" ? "The policy to begin with" : "The policy in force", policy)];
}
