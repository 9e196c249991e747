// Puts the console together: what is asked, what is shown, and when it is told anew.

import "./console.css";
import * as answers from "./answers.js";
import { h } from "../../page/src/dom.js";
import { folded } from "../../page/src/table.js";
import { Device } from "./device.js";
import { Feed } from "./feed.js";
import { Heading } from "./heading.js";
import { History } from "./history.js";
import { Partitions } from "./partitions.js";
import { go, linkTo, place } from "./place.js";
import { Policy } from "./policy.js";
import { Rates } from "./rates.js";
import { Recent } from "./recent.js";
import { Shadow } from "./shadow.js";
import { Storms } from "./storms.js";
import { Tops } from "./tops.js";

const EVERY = 2000;
const SELDOM = 5000; // for what makes the workers look through all that they know
const TICK = 1000;

const past = new History(EVERY);
const heading = new Heading();
const storms = new Storms(() => follow());
const device = new Device();
const tops = new Tops();
const recent = new Recent();
const rates = new Rates(EVERY);
const partitions = new Partitions();
const shadow = new Shadow();
const policy = new Policy();

const feeds = {
  status: new Feed({ read: answers.status, every: EVERY, changed: statusCame }),
  episodes: new Feed({ read: answers.episodes, every: SELDOM, changed: episodesCame }),
  keys: new Feed({ read: answers.keys, every: SELDOM, changed: keysCame }),
  shadow: new Feed({ read: answers.shadow, every: SELDOM, changed: shadowCame }),
};

const SECTIONS = [
  ["storms", "Storms now", storms],
  ["tops", "Top codes and devices in storms", tops],
  ["recent", "The running 3 minutes", recent],
  ["rates", "Rates", rates],
  ["partitions", "Lag by partition", partitions],
  ["shadow", "Live against shadow", shadow],
  ["policy", "The policy", policy],
];

// Without a filter the answer tells of all storms.
function allStorms() {
  const { code, find } = place();
  return code || find ? null : feeds.episodes.data;
}

function tellHeading() {
  heading.update(feeds.status, allStorms(), past);
}

function configured() {
  return Boolean(feeds.status.data?.shadow);
}

function statusCame({ data, failure }) {
  if (data && !failure) {
    past.add(data);
    storms.learn(data.recent.codes);
  }
  feeds.shadow.follow(configured() ? "api/shadow?top=1000" : null);
  tellHeading();
  recent.update(feeds.status);
  rates.update(past);
  partitions.update(feeds.status);
  policy.update(feeds.status);
  shadow.update(feeds.shadow, configured());
}

function episodesCame(feed) {
  storms.update(feed);
  tops.update(feed);
  tellHeading();
}

function keysCame(feed) {
  device.update(feed);
}

function shadowCame(feed) {
  shadow.update(feed, configured());
}

function reveal(id) {
  const title = document.querySelector(`#${CSS.escape(id)} h2`);
  title?.scrollIntoView();
  title?.focus({ preventScroll: true });
}

function section([id, title, { element }]) {
  return h("section", { id },
    h("h2", { id: `${id}-title`, tabindex: "-1" }, title), element);
}

// Links that leave the rest of the place as it is.
function contents() {
  const links = SECTIONS.map(([id, title]) => {
    const link = h("a", { href: `#at=${id}`, onclick: (event) => {
      event.preventDefault();
      go({ at: id });
      reveal(id);
    } }, title);
    addEventListener("placechange", () => { link.href = linkTo({ at: id }); });
    return h("li", {}, link);
  });
  return h("nav", { "aria-label": "Contents" }, h("ol", {}, links));
}

// The licences of what the build put into this page, which also put their texts here.
function licences() {
  const texts = document.getElementById("licences");
  return texts && h("footer", {}, folded("Licences of what this page is made with",
    h("div", { class: "licences" }, texts.content.cloneNode(true))));
}

// Asks for what the place says; shows what is there of it.
function follow() {
  feeds.episodes.follow(storms.address());
  feeds.keys.follow(device.address());
  episodesCame(feeds.episodes);
  keysCame(feeds.keys);
  shadowCame(feeds.shadow);
}

let shownAt = null; // nothing has been shown yet

function placeChanged() {
  const { device: chosen, at, code } = place();
  const before = shownAt ?? { device: "", at: "", code };
  shownAt = { device: chosen, at, code };
  follow();
  if (chosen && chosen !== before.device) {
    device.reveal();
  } else if (at && at !== before.at && SECTIONS.some(([id]) => id === at)) {
    reveal(at);
  } else if (code !== before.code) {
    storms.reveal();
  }
}

const [first, ...others] = SECTIONS;
document.getElementById("console").replaceChildren(
  heading.element, contents(), section(first), device.element, ...others.map(section),
  licences() ?? "",
);
// Links, and the browser's buttons, change what is behind # without telling the page otherwise.
addEventListener("hashchange", () => dispatchEvent(new Event("placechange")));
addEventListener("placechange", placeChanged);
setInterval(tellHeading, TICK);
statusCame(feeds.status);
dispatchEvent(new Event("placechange"));
feeds.status.follow("api/status");
