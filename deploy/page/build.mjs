// Builds a page: style and script bundled into its page.html, with the licences of what is bundled.
//
//     node build.mjs --page FOLDER --modules DIR/node_modules --out FILE.html
//
// FOLDER holds page.html and src/main.js. Places in the page are filled: @STYLE@, @SCRIPT@,
// @LICENCES@, and @SCRIPT_HASH@ for a content security policy that lets no other script run; other
// ones stay, for the program. The page is ASCII, so that it may be embedded, and read, by anything.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: { page: { type: "string" }, modules: { type: "string" }, out: { type: "string" } },
});
const folder = resolve(options.page);
const modules = resolve(options.modules);
const esbuild = createRequire(join(modules, "x"))("esbuild");

async function bundle() {
  const result = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: ["src/main.js"],
    nodePaths: [modules],
    outdir: "out",
    write: false,
    bundle: true,
    minify: true,
    metafile: true,
    format: "iife",
    charset: "ascii",
    legalComments: "inline",
    target: ["chrome100", "firefox100", "safari15"],
  });
  if (result.warnings.length > 0) {
    throw new Error("what esbuild warns of above is to be mended");
  }
  const textOf = (ending) => result.outputFiles.find((file) => file.path.endsWith(ending)).text;
  const used = Object.values(result.metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0));
  return { script: textOf(".js"), style: textOf(".css"), inputs: used.map(([path]) => path) };
}

// `.../node_modules/@scope/name/src/x.js` belongs to `@scope/name`.
function packageOf(path) {
  const match = /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
  return match && match[1];
}

function licenceOf(name) {
  const place = join(modules, name);
  const { version, license } = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
  const file = readdirSync(place).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(place, file), "utf8").trim() : null;
  return { title: `${name} ${version}`, text: text ?? `Licence: ${license}` };
}

function escaped(text) {
  return text.replace(/[<>&]|[^\x20-\x7e\n]/gu, (c) => `&#${c.codePointAt(0)};`);
}

// Packages with the same text share it.
function licences(inputs) {
  const packages = [...new Set(inputs.map(packageOf).filter(Boolean))].sort();
  const byText = new Map();
  for (const { title, text } of packages.map(licenceOf)) {
    byText.set(text, [...(byText.get(text) ?? []), title]);
  }
  return [...byText].map(([text, titles]) =>
    `<h3>${escaped(titles.join(", "))}</h3>\n<pre>${escaped(text)}</pre>`).join("\n");
}

// In literals of JavaScript, those of regular expressions included, any character may be escaped.
function ascii(script) {
  return script.replace(/[^\x00-\x7f]/g, (unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// A script ends at the first thing that looks like its end.
function checked(name, text) {
  const found = /<\/(script|style)|<!--|[^\x00-\x7f]/i.exec(text);
  if (found) {
    throw new Error(`the ${name} must not hold ${JSON.stringify(found[0])}`);
  }
  return text.trim();
}

const { script: bundled, style, inputs } = await bundle();
const script = checked("script", ascii(bundled));
const places = {
  "@STYLE@": checked("style", style),
  "@SCRIPT@": script,
  "@SCRIPT_HASH@": `sha256-${createHash("sha256").update(script).digest("base64")}`,
  "@LICENCES@": licences(inputs),
};
const skeleton = readFileSync(join(folder, "page.html"), "utf8");
const page = skeleton.replace(/@(STYLE|SCRIPT|SCRIPT_HASH|LICENCES)@/g, (place) => places[place]);
writeFileSync(options.out, page);
