// The playground page: GraphiQL with an API key above it. See README.md in this folder.
import { examplesPlugin, OpenAtStart } from "./examples.js";
import { watchKey } from "./key.js";
import { loadExamples, loadPublishedSchema, loadSchema, send } from "./server.js";
import { hasStoredTabs, storage } from "./storage.js";

const { createElement: h } = window.React;
const { GraphiQL } = window;
const status = document.getElementById("key-status");

document.getElementById("host").textContent = location.host;

function say(text, kind) {
  status.textContent = text;
  status.dataset.kind = kind;
}

/** The properties of GraphiQL that stay the same for the life of the page. */
function fixedProperties(examples) {
  const fresh = !hasStoredTabs();
  return {
    fetcher: send,
    storage,
    shouldPersistHeaders: false,
    plugins: [examplesPlugin(examples)],
    defaultEditorToolsVisibility: "variables",
    defaultQuery: "# Write an operation here, or open one from the Examples panel on the left.\n",
    ...(examples.length > 0 && {
      defaultTabs: examples.map(({ query, variables }) => ({ query, variables })),
      // GraphiQL fills the variables editor of every default tab but the first.
      ...(fresh && { variables: examples[0].variables }),
    }),
  };
}

async function start() {
  const [examples, published] = await Promise.all([loadExamples(), loadPublishedSchema()]);
  const openAtStart = !hasStoredTabs() && matchMedia("(min-width: 1100px)").matches;
  const fixed = fixedProperties(examples);
  const root = window.ReactDOM.createRoot(document.getElementById("graphiql"));
  // A `null` schema tells GraphiQL not to introspect by itself: nobody without a key may.
  const show = (schema) =>
    root.render(h(GraphiQL, { ...fixed, schema }, h(GraphiQL.Logo, null, ""), openAtStart && h(OpenAtStart)));

  let newest = 0;
  watchKey(async (key) => {
    const turn = ++newest;
    show(published);
    if (!key) return say("No key yet: requests are anonymous.", "none");
    say("Checking the key …", "busy");
    try {
      const schema = await loadSchema();
      if (turn !== newest) return;
      show(schema);
      say("Key accepted.", "good");
    } catch (error) {
      if (turn === newest) say(error.message, "bad");
    }
  });
}

start().catch((error) => say(`The playground could not start: ${error.message}`, "bad"));
