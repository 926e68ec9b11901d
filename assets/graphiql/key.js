// The API key: where it comes from, where it is kept, how it is shown.
//
// It is kept in sessionStorage, not in localStorage: a reload should not ask for it again, but closing the
// browser tab must forget it, and no other tab may read it. Memory alone would not be safer, since a script
// that could read sessionStorage could read the field as well.
const STORED = "keydesk:key";
const PAUSE_MS = 500;

const field = document.getElementById("key");
const toggle = document.getElementById("key-toggle");

/** The key as it is in the field now; empty for an anonymous caller. */
export const currentKey = () => field.value.trim();

/** Takes `#key=…` out of the address bar, so that it is neither in the history nor on a shared screen. */
function takeFromFragment() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key === null) return null;
  history.replaceState(null, "", location.pathname);
  return key;
}

field.value = takeFromFragment() ?? sessionStorage.getItem(STORED) ?? "";

/** Calls `changed` now, and again whenever there is another key in the field. */
export function watchKey(changed) {
  let last = null;
  let timer;
  const settle = () => {
    clearTimeout(timer);
    const key = currentKey();
    if (key === last) return;
    last = key;
    if (key) sessionStorage.setItem(STORED, key);
    else sessionStorage.removeItem(STORED);
    changed(key);
  };

  field.addEventListener("change", settle);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(settle, PAUSE_MS);
  });
  toggle.addEventListener("click", () => {
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    toggle.textContent = show ? "Hide" : "Show";
    toggle.setAttribute("aria-pressed", String(show));
  });
  window.addEventListener("hashchange", () => {
    field.value = takeFromFragment() ?? field.value;
    settle();
  });
  settle();
}
