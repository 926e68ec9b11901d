// Secrets go in and out through mutations alone, and client caches keep none.

import { getNamedType, isObjectType } from "graphql";
import { SECRET_SCALARS, isNode } from "./facts.js";

export function secretsOnlyInMutations(facts) {
  const found = [];
  const reading = [facts.schema.getQueryType(), facts.schema.getSubscriptionType()];
  const readable = facts.reachableFrom(reading.flatMap((type) => facts.fieldsOf(type)));
  for (const name of SECRET_SCALARS.filter((name) => readable.has(name))) {
    found.push({
      rule: "secrets-only-in-mutations",
      message: `${name} can be reached from Query or Subscription through ${readable.get(name)}`,
    });
  }
  for (const type of facts.types) {
    if (SECRET_SCALARS.includes(type.name) && type.specifiedByURL) {
      found.push({ rule: "secrets-only-in-mutations", node: type.astNode, message: `${type.name} should stay opaque` });
    }
    if (!isNode(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!SECRET_SCALARS.includes(getNamedType(field.type).name)) continue;
      const message = `${type.name}.${field.name}: client caches keep the fields of nodes`;
      found.push({ rule: "secret-payload-no-id", node: field.astNode, message });
    }
  }
  for (const { type } of facts.mutations) {
    const payload = getNamedType(type);
    if (!isObjectType(payload) || !payload.getFields().id) continue;
    const holds = Object.values(payload.getFields()).some((field) => getNamedType(field.type).name === "OneTimeSecret");
    if (holds) {
      const message = `${payload.name} has an id, so client caches would keep its secret`;
      found.push({ rule: "secret-payload-no-id", node: payload.astNode, message });
    }
  }
  return found;
}
