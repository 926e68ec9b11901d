// The shapes of fields and arguments: times, lists, connections, deprecations.

import { getNamedType, isInputObjectType, isInterfaceType, isObjectType } from "graphql";
import { holdsNulls, isList, isNode } from "./facts.js";
import { REMOVAL_DATE } from "./types.js";

const UNTYPED = ["JSON", "Json", "Any"];
const TIME_NAME = /(At|Until|^from|^until)$/;

export function fieldShapes({ types }) {
  return types
    .filter((type) => isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))
    .flatMap((type) => Object.values(type.getFields()).flatMap((field) => fieldShape(type, field)));
}

function fieldShape(type, field) {
  const found = [];
  const where = `${type.name}.${field.name}`;
  const finding = (rule, message) => found.push({ rule, node: field.astNode, message });
  const named = getNamedType(field.type);
  const mayHoldNulls = where === "Query.nodes";
  if (UNTYPED.includes(named.name)) finding("no-json", `${where} is untyped`);
  if (named.name === "DateTime" && !TIME_NAME.test(field.name)) finding("time-names", `${where} should end in At or Until`);
  if (holdsNulls(field.type) && !mayHoldNulls) finding("list-items", `${where} should not hold nulls`);
  if (field.deprecationReason?.includes("\n")) finding("deprecation-one-line", `${where}: some clients cannot read reasons of several lines`);
  const deprecated = [field, ...(field.args ?? [])].filter(({ deprecationReason }) => deprecationReason);
  for (const { name, deprecationReason } of deprecated) {
    if (!REMOVAL_DATE.test(deprecationReason)) finding("deprecation-date", `${where} ${name}: the reason should end with "Removal after YYYY-MM"`);
  }
  for (const argument of field.args ?? []) {
    if (holdsNulls(argument.type)) finding("list-items", `${where}(${argument.name}) should not hold nulls`);
  }
  if (!isObjectType(type)) return found;
  const isPart = type.name.endsWith("Connection") || mayHoldNulls;
  if (isList(field.type) && isNode(named) && !isPart) finding("node-lists", `${where} should be a connection`);
  if (named.name.endsWith("Connection")) {
    for (const name of ["first", "after", "last", "before"]) {
      if (!field.args.some((argument) => argument.name === name)) finding("connection-args", `${where} has no ${name}`);
    }
  }
  return found;
}
