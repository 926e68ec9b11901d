// Each root field says who may use it; each mutation lists its error codes; the public part of the schema
// does not lead to administrators' data.

import { getNamedType, isInputObjectType } from "graphql";
import { isNode } from "./facts.js";

const ACCESS = /^Access: (anyone|signed in|scope [A-Z_]+(?:, scope [A-Z_]+)*(?:, step-up)?)( \(public endpoint\))?\.$/m;
const ERRORS = /^Errors: ([A-Z_, ]+)\.$/m;

/** Fields of an input that bring a code of their own. */
const PAIRS = [
  ["idempotencyKey", "IDEMPOTENCY_KEY_REUSED"],
  ["ifVersion", "VERSION_CONFLICT"],
  ["actorPassword", "STEP_UP_REQUIRED"],
];

const accessOf = (field) => (field.description ?? "").match(ACCESS);
const errorsOf = (field) => (field.description ?? "").match(ERRORS)?.[1].split(", ");

export function accessAndErrorsLines(facts) {
  const found = [];
  const scopes = new Set(facts.valuesOf("Scope").map(({ name }) => name));
  for (const { type, field } of facts.roots) {
    const access = accessOf(field);
    const finding = (message) => found.push({ rule: "access-line", node: field.astNode, message });
    if (!access) finding(`${type.name}.${field.name} needs a line "Access: …"`);
    for (const [, scope] of access?.[1].matchAll(/scope ([A-Z_]+)/g) ?? []) {
      if (!scopes.has(scope)) finding(`${type.name}.${field.name} names an unknown scope ${scope}`);
    }
  }
  const known = facts.valuesOf("ErrorCode");
  for (const field of facts.mutations) found.push(...mutationErrors(field, new Set(known.map(({ name }) => name))));
  const used = new Set(facts.mutations.flatMap((field) => errorsOf(field) ?? []));
  for (const value of known.filter(({ name }) => !used.has(name))) {
    found.push({ rule: "unused-error-code", node: value.astNode, message: `no mutation lists ${value.name}` });
  }
  return found;
}

function mutationErrors(field, known) {
  const found = [];
  const finding = (message) => found.push({ rule: "errors-line", node: field.astNode, message: `Mutation.${field.name}: ${message}` });
  const codes = errorsOf(field);
  if (!codes) {
    finding('needs a line "Errors: …"');
    return found;
  }
  for (const code of codes.filter((code) => !known.has(code))) finding(`unknown code ${code}`);
  const access = accessOf(field)?.[1];
  if (access && /scope/.test(access) !== codes.includes("FORBIDDEN")) finding("FORBIDDEN belongs to a scope in the Access line");
  if (access && /step-up/.test(access) && !codes.includes("STEP_UP_REQUIRED")) finding("STEP_UP_REQUIRED is missing");
  const input = field.args[0] && getNamedType(field.args[0].type);
  if (!isInputObjectType(input)) return found;
  const fields = input.getFields();
  for (const [name, code] of PAIRS) {
    if (Boolean(fields[name]) !== codes.includes(code)) finding(`${name} and ${code} go together`);
  }
  const needed = [];
  if (fields.user && getNamedType(fields.user.type).name === "UserRef") needed.push("USER_NOT_FOUND", "TARGET_NOT_MANAGEABLE");
  if (fields.redirectUrl) needed.push("REDIRECT_URL_NOT_ALLOWED");
  for (const code of needed.filter((code) => !codes.includes(code))) finding(`${code} is missing`);
  return found;
}

export function publicSubset(facts) {
  const roots = facts.roots.map(({ field }) => field).filter((field) => accessOf(field)?.[2]);
  const found = [];
  for (const [name, via] of facts.reachableFrom(roots)) {
    const type = facts.schema.getType(name);
    if (!isNode(type)) continue;
    const message = `${name} can be reached from the public endpoint through ${via}`;
    found.push({ rule: "public-subset", node: type.astNode, message });
  }
  return found;
}
