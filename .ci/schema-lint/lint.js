// Lints a schema in SDL: node lint.js [--verbose] FILE …, or node lint.js --selftest.
//
// Exit code: 0 no finding but the accepted ones (accepted.js), 1 findings, 2 could not run.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSchema, validateSchema } from "graphql";

import { reasonFor } from "./accepted.js";
import { conventions } from "./conventions/index.js";
import { BAD_SCHEMA, EXPECTED_RULES } from "./selftest.js";
import { eslintFindings, schemaLinterFindings } from "./published.js";

/** Everything that is wrong with a schema: `{ rule, line, message }`. */
async function lint(sdl) {
  let schema;
  try {
    schema = buildSchema(sdl);
  } catch (error) {
    return [{ rule: "graphql-js/invalid", line: error.locations?.[0]?.line ?? 0, message: error.message }];
  }
  const invalid = validateSchema(schema);
  if (invalid.length > 0) {
    return invalid.map((error) => ({
      rule: "graphql-js/invalid",
      line: error.locations?.[0]?.line ?? 0,
      message: error.message,
    }));
  }
  const folder = mkdtempSync(join(tmpdir(), "schema-lint-"));
  try {
    return [
      ...(await eslintFindings(sdl, folder)),
      ...schemaLinterFindings(sdl, folder),
      ...conventions(schema),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Map.groupBy, which Node 20 does not have. */
function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** Prints the findings by rule. Gives how many are not accepted. */
function report(file, findings, verbose) {
  const rules = groupBy(findings, (finding) => {
    const reason = reasonFor(finding);
    return reason ? `${finding.rule}  [accepted: ${reason}]` : finding.rule;
  });
  const open = findings.filter((finding) => !reasonFor(finding));
  console.log(`== ${file}`);
  for (const [rule, list] of [...rules].sort(([left], [right]) => left.localeCompare(right))) {
    console.log(`${String(list.length).padStart(6)}  ${rule}`);
    const shown = verbose ? list : list.filter((finding) => !reasonFor(finding));
    for (const { line, message } of shown) console.log(`          line ${line}: ${message}`);
  }
  console.log(`   errors: ${open.length}; accepted: ${findings.length - open.length}`);
  return open.length;
}

async function selftest() {
  const found = new Set((await lint(BAD_SCHEMA)).map((finding) => finding.rule));
  const missed = EXPECTED_RULES.filter((rule) => !found.has(rule));
  console.log(missed.length > 0
    ? `selftest: not reported: ${missed.join(", ")}`
    : `selftest: all ${EXPECTED_RULES.length} expected rules were reported`);
  return missed.length;
}

async function main(words) {
  const verbose = words.includes("--verbose");
  const files = words.filter((word) => !word.startsWith("--"));
  if (words.includes("--selftest")) return selftest();
  if (files.length === 0) throw new Error("name a schema file");
  let open = 0;
  for (const file of files) open += report(file, await lint(readFileSync(file, "utf8")), verbose);
  return open;
}

try {
  process.exitCode = (await main(process.argv.slice(2))) > 0 ? 1 : 0;
} catch (error) {
  console.error("schema-lint:", error?.stack ?? error);
  process.exitCode = 2;
}
