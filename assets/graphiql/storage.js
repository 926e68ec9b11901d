// What GraphiQL may remember.
//
// What was typed (tabs, variables, headers, history) may hold passwords, so it lives in sessionStorage: it
// survives a reload and ends with the browser tab. Theme and pane sizes hold nothing and stay.
const LASTING = /^graphiql:(theme|\w+Flex)$/;
const PREFIX = "keydesk:";

const storeFor = (key) => (LASTING.test(key) ? localStorage : sessionStorage);
const ownKeys = (store) => Object.keys(store).filter((key) => key.startsWith(PREFIX + "graphiql:"));

/** The `Storage` that GraphiQL is given. */
export const storage = {
  getItem: (key) => storeFor(key).getItem(PREFIX + key),
  setItem: (key, value) => storeFor(key).setItem(PREFIX + key, value),
  removeItem: (key) => storeFor(key).removeItem(PREFIX + key),
  clear() {
    for (const store of [localStorage, sessionStorage]) {
      for (const key of ownKeys(store)) store.removeItem(key);
    }
  },
  get length() {
    return ownKeys(localStorage).length + ownKeys(sessionStorage).length;
  },
};

/** Whether this browser tab has open GraphiQL tabs from before a reload. */
export const hasStoredTabs = () => storage.getItem("graphiql:tabState") !== null;
