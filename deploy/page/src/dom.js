// Elements. What is shown comes from logs, so text is always text and never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  const missing = [null, undefined, ""];
  element.append(...children.flat().filter((child) => !missing.includes(child)));
  return element;
}

export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

let ids = 0;

// A name that no other element of the page has.
export function newId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}
