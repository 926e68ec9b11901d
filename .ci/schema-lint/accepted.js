// Findings of the published linters that stay on purpose, each with its reason.

const RULES = new Map([
  ["eslint/alphabetize", "related things stand together; a docs explorer reads top to bottom"],
  ["eslint/no-root-type", "the rule forbids mutations and subscriptions altogether"],
  ["eslint/require-field-of-type-query-in-mutation-result", "payloads return what changed; a way back to the whole graph defeats cost limits"],
  ["eslint/strict-id-in-types", "payloads, edges, pages and value objects have no identity; what has one implements Node (keydesk/node-or-value)"],
  ["eslint/require-deprecation-date", "async-graphql writes a reason only; the date stands in it (keydesk/deprecation-date)"],
  ["schema-linter/type-fields-sorted-alphabetically", "as eslint/alphabetize"],
  ["schema-linter/interface-fields-sorted-alphabetically", "as eslint/alphabetize"],
  ["schema-linter/input-object-fields-sorted-alphabetically", "as eslint/alphabetize"],
  ["schema-linter/enum-values-sorted-alphabetically", "as eslint/alphabetize; states stand in the order in which they occur"],
]);

const SINGLE = [
  {
    rule: "eslint/relay-edge-types",
    message: /A list type should only wrap an edge type/,
    reason: "the rule means every list, inputs and scalars too; what can grow is a connection (keydesk/node-lists)",
  },
  {
    rule: "eslint/require-description",
    message: /in directive "(include|skip|deprecated|specifiedBy|oneOf)"/,
    reason: "async-graphql prints the built-in directives",
  },
  {
    rule: "eslint/no-typename-prefix",
    message: /"username" starts with the name of the parent type "User"/,
    reason: "username is one word",
  },
];

/** Why a finding stays, or nothing if it must be mended. */
export function reasonFor({ rule, message }) {
  return RULES.get(rule) ?? SINGLE.find((one) => one.rule === rule && one.message.test(message))?.reason;
}
