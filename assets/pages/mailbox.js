// Keeps the list of mails up to date: asks every two seconds whether anything changed, and then takes the
// list out of the same page. What is typed in the search and how far one has scrolled stay.
"use strict";

const EVERY_MS = 2000;

let state = document.querySelector("#mails").dataset.state;

async function look() {
  const answer = await fetch("/mailbox/state", { cache: "no-store" });
  if (!answer.ok) return;
  const now = await answer.text();
  if (now === state) return;
  const page = await fetch(location.href, { cache: "no-store" });
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  const list = fresh.querySelector("#mails");
  document.querySelector("#mails").replaceWith(list);
  state = list.dataset.state;
}

async function again() {
  // The server may be restarting; the next look finds it.
  try { await look(); } catch { /* nothing to tell anybody */ }
  setTimeout(again, EVERY_MS);
}

setTimeout(again, EVERY_MS);
