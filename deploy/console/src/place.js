// What is looked at, as the part of the address behind #: `#code=8F3F&find=00-1A&device=...`, and
// at which section. So it can be linked to, and the browser's own buttons go back and forth.

const NAMES = ["at", "code", "find", "device"];
const LONGEST = 200;

export function place() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(NAMES.map((name) => [name, (given.get(name) ?? "").slice(0, LONGEST)]));
}

// The address of the place with some of it changed.
export function linkTo(changes) {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...place(), ...changes })) {
    if (value) {
      next.set(name, value);
    }
  }
  return `#${next}`;
}

export function go(changes, replace = false) {
  const link = linkTo(changes);
  if (link !== location.hash) {
    history[replace ? "replaceState" : "pushState"](null, "", link);
    dispatchEvent(new Event("placechange"));
  }
}
