// A schema that is bad on purpose, and the rules that have to say so.

export const BAD_SCHEMA = `
schema { query: Query mutation: Mutation }
type Query { getUser(token: Password): user!  things: [Thing] }
"A secret." scalar Password
scalar OneTimeSecret
type user { id: ID! userPassword: OneTimeSecret created: DateTime }
scalar DateTime
type Thing { name: String }
type Mutation { resetPassword(id: ID!): Boolean! }
type LostConnection { nodes: [Thing] }
`;

export const EXPECTED_RULES = [
  "eslint/naming-convention",
  "eslint/require-description",
  "eslint/input-name",
  "eslint/no-scalar-result-type-on-mutation",
  "eslint/no-unreachable-types",
  "eslint/no-typename-prefix",
  "eslint/require-nullable-result-in-root",
  "eslint/relay-connection-types",
  "eslint/relay-page-info",
  "schema-linter/fields-have-descriptions",
  "schema-linter/types-are-capitalized",
  "keydesk/secrets-only-in-mutations",
  "keydesk/mutation-shape",
  "keydesk/access-line",
  "keydesk/errors-line",
  "keydesk/node-or-value",
  "keydesk/list-items",
  "keydesk/time-names",
  "keydesk/scalar-spec",
  "keydesk/connection-shape",
];
