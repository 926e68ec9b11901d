// The requests this page makes. All of them go to the server that served it.
import { currentKey } from "./key.js";

const { buildClientSchema, buildSchema, getIntrospectionQuery } = window.GraphiQL.GraphQL;

/** The example operations: `[{ name, query, variables }]`. */
export async function loadExamples() {
  const response = await fetch("/graphiql/examples.json");
  return response.ok ? response.json() : [];
}

/** The schema from the published SDL, for reading before a key is there; `null` without one. */
export async function loadPublishedSchema() {
  const response = await fetch("/graphiql/schema.graphql");
  return response.ok ? buildSchema(await response.text(), { assumeValidSDL: true }) : null;
}

/** The schema as the server shows it to the holder of the current key; rejects with the server's reason. */
export async function loadSchema() {
  const result = await send({ query: getIntrospectionQuery(), operationName: "IntrospectionQuery" });
  if (result.data?.__schema) return buildClientSchema(result.data);
  throw new Error(result.errors?.[0]?.message ?? "The server sent no schema.");
}

/** Whether the operation that is meant is a subscription. `document` is the whole editor, parsed. */
const isSubscription = ({ operationName }, document) =>
  document?.definitions.some(
    ({ operation, name }) => operation === "subscription" && (!operationName || name?.value === operationName),
  );

/** Opens a socket for one subscription; gives its answers as they come. The socket ends with it. */
function follow(operation, options) {
  const key = currentKey();
  const own = Object.keys(options.headers ?? {}).some((name) => name.toLowerCase() === "authorization");
  const fetcher = window.GraphiQL.createFetcher({
    url: "/graphql",
    subscriptionUrl: `${location.origin.replace(/^http/, "ws")}/graphql/ws`,
    // A browser cannot set headers on a socket, so the key goes with the first message.
    wsConnectionParams: key && !own ? { authorization: `Bearer ${key}` } : {},
  });
  return fetcher(operation, options);
}

/** Sends one operation. `options.headers` are those of GraphiQL's headers editor; they win over the key. */
export async function send(operation, options = {}) {
  if (isSubscription(operation, options.documentAST)) return follow(operation, options);
  const key = currentKey();
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json;q=0.9",
      "Content-Type": "application/json",
      ...(key && { Authorization: `Bearer ${key}` }),
      ...options.headers,
    },
    body: JSON.stringify(operation),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
  }
}
