// Keydesk's own conventions (docs/api.md), each a function from the schema to its findings.

import { accessAndErrorsLines, publicSubset } from "./access.js";
import { fieldShapes } from "./fields.js";
import { mutationShapes } from "./mutations.js";
import { SchemaFacts } from "./facts.js";
import { secretsOnlyInMutations } from "./secrets.js";
import { typeShapes } from "./types.js";

export function conventions(schema) {
  const facts = new SchemaFacts(schema);
  return [secretsOnlyInMutations, accessAndErrorsLines, publicSubset, mutationShapes, typeShapes, fieldShapes]
    .flatMap((convention) => convention(facts))
    .map(({ rule, node, message }) => ({
      rule: `keydesk/${rule}`,
      line: node?.loc?.startToken.line ?? 0,
      message,
    }));
}
