// A mutation takes one input, answers a nullable payload, and reports refusals as data.

import { getNamedType, getNullableType, isInputObjectType, isListType, isNonNullType, isObjectType } from "graphql";

export function mutationShapes(facts) {
  const found = facts.mutations.flatMap(mutationShape);
  for (const type of facts.types.filter((type) => isInputObjectType(type) && type.name.endsWith("Input"))) {
    const isUsed = facts.mutations.some((field) => field.args.some((argument) => getNamedType(argument.type) === type));
    if (!isUsed) {
      const message = `${type.name}: the suffix is for inputs of mutations`;
      found.push({ rule: "input-suffix", node: type.astNode, message });
    }
  }
  return found;
}

function mutationShape(field) {
  const found = [];
  const finding = (rule, node, message) => found.push({ rule, node, message });
  const name = field.name[0].toUpperCase() + field.name.slice(1);
  const [input, ...others] = field.args;
  if (others.length > 0 || input?.name !== "input" || String(input.type) !== `${name}Input!`) {
    finding("mutation-shape", field.astNode, `${field.name} should take (input: ${name}Input!)`);
  }
  if (String(field.type) !== `${name}Payload`) {
    finding("mutation-shape", field.astNode, `${field.name} should return ${name}Payload, nullable`);
  }
  const payload = getNamedType(field.type);
  if (!isObjectType(payload)) return found;
  if (String(payload.getFields().errors?.type) !== "[MutationError!]!") {
    finding("mutation-shape", payload.astNode, `${payload.name} should have errors: [MutationError!]!`);
  }
  for (const part of Object.values(payload.getFields()).filter(({ name }) => name !== "errors")) {
    const isCertain = isNonNullType(part.type) && !isListType(getNullableType(part.type));
    if (isCertain && String(part.type) !== "Boolean!") {
      finding("payload-nullable", part.astNode, `${payload.name}.${part.name} has no value when there are errors`);
    }
  }
  return found;
}
