// The "Examples" panel. Tabs that were edited stay as they are; here every example can be had afresh.
const { createElement: h, useEffect, useRef } = window.React;
const { useEditorContext, usePluginStore } = window.GraphiQL.React;

const TITLE = "Examples";

const Icon = (props) =>
  h("svg", { viewBox: "0 0 20 20", fill: "none", stroke: "currentColor", strokeWidth: 1.5, ...props },
    h("path", { d: "M4 3.5h12v13H4z" }),
    h("path", { d: "M7 7.5h6M7 10h6M7 12.5h3.5", strokeLinecap: "round" }));

/** Opens an example in a new tab; the editors are filled once GraphiQL has switched to that tab. */
function useOpenExample() {
  const { addTab, tabs, queryEditor, variableEditor } = useEditorContext();
  const waiting = useRef(null);
  useEffect(() => {
    const example = waiting.current;
    if (!example) return;
    waiting.current = null;
    queryEditor?.setValue(example.query);
    variableEditor?.setValue(example.variables ?? "");
  }, [tabs.length, queryEditor, variableEditor]);
  return (example) => {
    waiting.current = example;
    addTab();
  };
}

/** Presses the panel's button in the sidebar, the only way that opens and closes its pane as well. */
const press = (action) =>
  document.querySelector(`.graphiql-sidebar [aria-label="${action} ${TITLE}"]`)?.click();

/** On a narrow screen the panel lies over the editors, so it makes way. */
function makeWay() {
  if (matchMedia("(max-width: 760px)").matches) press("Hide");
}

/** Opens the panel as soon as GraphiQL has its plugins; its `visiblePlugin` leaves the pane closed. */
export function OpenAtStart() {
  const ready = usePluginStore().plugins.length > 0;
  useEffect(() => {
    if (ready) press("Show");
  }, [ready]);
  return null;
}

/** The panel as a GraphiQL plugin. */
export function examplesPlugin(examples) {
  function Content() {
    const open = useOpenExample();
    const item = (example) =>
      h("li", { key: example.name },
        h("button", { type: "button", onClick: () => { open(example); makeWay(); } }, example.name));
    return h("section", { className: "examples", "aria-label": TITLE },
      h("h2", null, TITLE),
      h("p", null, "Each opens a fresh copy in a new tab."),
      h("ul", null, examples.map(item)));
  }
  return { title: TITLE, icon: Icon, content: Content };
}
