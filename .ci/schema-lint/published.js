// The published linters: @graphql-eslint with every rule for schemas, and graphql-schema-linter.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pluginModule from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";

const plugin = pluginModule.default ?? pluginModule;
const SCHEMA_LINTER = fileURLToPath(new URL("node_modules/.bin/graphql-schema-linter", import.meta.url));

export async function eslintFindings(sdl, folder) {
  const file = join(folder, "schema.graphql");
  writeFileSync(file, sdl);
  const sets = ["flat/schema-recommended", "flat/schema-all", "flat/schema-relay"];
  const rules = Object.assign({}, ...sets.map((name) => plugin.configs[name].rules));
  rules["@graphql-eslint/require-description"] = ["error", {
    types: true, rootField: true, DirectiveDefinition: true,
    FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true,
  }];
  const eslint = new ESLint({
    cwd: folder,
    overrideConfigFile: true,
    overrideConfig: [{
      files: ["**/*.graphql"],
      plugins: { "@graphql-eslint": plugin },
      rules,
      languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: file } } },
    }],
  });
  const results = await eslint.lintFiles([file]);
  return results.flatMap((result) => result.messages).map(({ ruleId, line, message }) => ({
    rule: `eslint/${(ruleId ?? "fatal").replace("@graphql-eslint/", "")}`,
    line,
    message: message.split("\n")[0],
  }));
}

export function schemaLinterFindings(sdl, folder) {
  const file = join(folder, "schema.graphql");
  writeFileSync(file, sdl);
  const run = spawnSync(SCHEMA_LINTER, ["--format", "json", file], {
    cwd: folder, encoding: "utf8", maxBuffer: 1 << 28,
  });
  let output;
  try {
    output = JSON.parse(run.stdout);
  } catch {
    const message = (run.stderr || run.stdout || String(run.error ?? "no output")).trim();
    return [{ rule: "schema-linter/fatal", line: 0, message }];
  }
  return output.errors.map(({ rule, message, location }) => ({
    rule: `schema-linter/${rule}`,
    line: location?.line ?? 0,
    message: message.split("\n")[0],
  }));
}
