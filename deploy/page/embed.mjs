// Writes a file as a C++ array of characters: string literals may not be that long.
//
//     node embed.mjs FILE.html FILE.cc FUNCTION HEADER
//
// FUNCTION, which HEADER declares, gives the page.

import { readFileSync, writeFileSync } from "node:fs";

const COLUMNS = 24;

const [page, source, name, header] = process.argv.slice(2);
const bytes = readFileSync(page);
if (bytes.some((byte) => byte > 127)) {
  throw new Error(`${page} must be ASCII`);
}
const lines = [];
for (let i = 0; i < bytes.length; i += COLUMNS) {
  lines.push(bytes.subarray(i, i + COLUMNS).join(","));
}
writeFileSync(source, `// Made by embed.mjs from page.html and what it holds.
#include "${header}"

namespace weir {

namespace {

constexpr char kPage[] = {
${lines.join(",\n")}};

}  // namespace

absl::string_view ${name}() { return absl::string_view(kPage, sizeof(kPage)); }

}  // namespace weir
`);
