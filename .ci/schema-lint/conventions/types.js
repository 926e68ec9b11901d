// The shapes of types: identity, connections, filters, enums, scalars.

import { getNullableType, isEnumType, isInputObjectType, isListType, isObjectType, isScalarType } from "graphql";
import { SECRET_SCALARS, isNode } from "./facts.js";

const BUILT_IN = ["String", "Int", "Float", "Boolean", "ID"];
export const REMOVAL_DATE = /Removal after \d{4}-\d{2}\.?$/;

export function typeShapes({ schema, types, rootTypes }) {
  const found = [];
  const finding = (rule, node, message) => found.push({ rule, node, message });
  // graphql_client 0.14 cannot read a file with a description on `schema`.
  if (schema.astNode?.description) finding("no-schema-description", schema.astNode, "some clients cannot parse a description on schema");
  for (const type of types) {
    // `Account` is the one owner's view of a user.
    if (isObjectType(type) && !rootTypes.includes(type) && type.name !== "Account") {
      if (Boolean(type.getFields().id) !== isNode(type)) {
        finding("node-or-value", type.astNode, `${type.name} should have an id exactly when it implements Node`);
      }
    }
    if (isObjectType(type) && type.name.endsWith("Connection")) found.push(...connectionShape(type));
    if (isInputObjectType(type) && type.name.endsWith("Filter")) {
      for (const field of Object.values(type.getFields())) {
        const isPlural = field.name.endsWith("s") && !field.name.endsWith("status");
        if (isListType(getNullableType(field.type)) && !isPlural) {
          finding("plural-lists", field.astNode, `${type.name}.${field.name} takes several values`);
        }
      }
    }
    if (isEnumType(type)) {
      for (const value of type.getValues()) {
        if (value.deprecationReason && !REMOVAL_DATE.test(value.deprecationReason)) {
          finding("deprecation-date", value.astNode, `${type.name}.${value.name}: the reason should end with "Removal after YYYY-MM"`);
        }
      }
    }
    const isOwn = isScalarType(type) && ![...BUILT_IN, ...SECRET_SCALARS].includes(type.name);
    if (isOwn && !type.specifiedByURL) finding("scalar-spec", type.astNode, `${type.name} needs @specifiedBy`);
  }
  return found;
}

function connectionShape(type) {
  const base = type.name.replace(/Connection$/, "");
  const wanted = { edges: `[${base}Edge!]!`, nodes: `[${base}!]!`, pageInfo: "PageInfo!", totalCount: "Int!" };
  const fields = type.getFields();
  return Object.entries(wanted)
    .filter(([name, shape]) => String(fields[name]?.type) !== shape)
    .map(([name, shape]) => ({
      rule: "connection-shape", node: type.astNode, message: `${type.name}.${name} should be ${shape}`,
    }));
}
