// What the conventions ask about a schema.

import {
  getNamedType, getNullableType, isEnumType, isInputObjectType, isInterfaceType, isListType, isNonNullType,
  isObjectType, isUnionType,
} from "graphql";

export const SECRET_SCALARS = ["Password", "OneTimeSecret"];

export const isNode = (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Node");
export const isList = (type) => isListType(getNullableType(type));
export const holdsNulls = (type) => isList(type) && !isNonNullType(getNullableType(type).ofType);

export class SchemaFacts {
  constructor(schema) {
    this.schema = schema;
    this.types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith("__"));
    this.rootTypes = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(Boolean);
  }

  /** The fields of a root type, or none if the schema does not have it. */
  fieldsOf(type) {
    return type ? Object.values(type.getFields()) : [];
  }

  get mutations() {
    return this.fieldsOf(this.schema.getMutationType());
  }

  /** Every root field with the name of its type. */
  get roots() {
    return this.rootTypes.flatMap((type) => this.fieldsOf(type).map((field) => ({ type, field })));
  }

  /** The values of an enum type, or none. */
  valuesOf(name) {
    const type = this.schema.getType(name);
    return isEnumType(type) ? type.getValues() : [];
  }

  /** The names of the types that root fields lead to, each with the field that leads there. */
  reachableFrom(fields) {
    const seen = new Map();
    const visitField = (field, via) => {
      visit(field.type, via);
      for (const argument of field.args ?? []) visit(argument.type, via);
    };
    const visit = (wrapped, via) => {
      const type = getNamedType(wrapped);
      if (seen.has(type.name)) return;
      seen.set(type.name, via);
      if (isUnionType(type) || isInterfaceType(type)) {
        for (const possible of this.schema.getPossibleTypes(type)) visit(possible, via);
      }
      if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) visitField(field, `${type.name}.${field.name}`);
      }
    };
    for (const field of fields) visitField(field, field.name);
    return seen;
  }
}
