// What makes the pages more comfortable; everything works without it. All words come from the page.
"use strict";

// A button that shows what is typed into a password field.
for (const field of document.querySelectorAll("[data-show]")) {
  const input = field.querySelector("input");
  const button = document.createElement("button");
  const word = document.createElement("span");
  const rest = document.createElement("span");
  rest.className = "unseen";
  rest.textContent = ` – ${field.querySelector("label").textContent}`;
  button.type = "button";
  button.className = "show";
  button.setAttribute("aria-controls", input.id);
  button.append(word, rest);
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    word.textContent = visible ? field.dataset.hide : field.dataset.show;
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // Browsers offer to keep a password only if it leaves the page as one.
  input.form.addEventListener("submit", () => show(false));
  show(false);
  input.after(button);
  input.parentElement.classList.add("with-show");
}

const DOCUMENT = `mutation($input: CheckPasswordInput!) { checkPassword(input: $input) {
  isAcceptable strength { score } errors { code ... on PasswordRuleError { rule } } } }`;
const PAUSE = 400;

// What the server thinks of a password while it is typed.
for (const meter of document.querySelectorAll("[data-meter]")) {
  const input = document.getElementById(meter.dataset.meter);
  const [bar, words, rules] = meter.children;
  let waiting = 0;
  let asking = new AbortController();

  const told = (judged) => {
    const sentences = judged.errors
      .filter((error) => error.rule)
      .map((error) => meter.dataset[`rule${error.rule.replaceAll("_", "").toLowerCase()}`]);
    rules.replaceChildren(...sentences.filter(Boolean).map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }));
    const score = judged.strength ? judged.strength.score : null;
    bar.dataset.score = score === null ? "" : score;
    words.textContent = score === null ? "" : meter.dataset[`score${score}`];
    if (judged.isAcceptable) words.textContent += ` ${meter.dataset.accepted}`;
    meter.hidden = judged.isAcceptable === null;
  };

  const ask = async () => {
    const others = input.form.querySelectorAll("[name=username], [name=email], [name=name]");
    const avoid = [...others].map((other) => other.value.trim().slice(0, 200)).filter(Boolean);
    asking = new AbortController();
    const body = { query: DOCUMENT, variables: { input: { password: input.value, avoid } } };
    const answer = await fetch(meter.dataset.api, {
      method: "POST",
      credentials: "omit",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: asking.signal,
    });
    told((await answer.json()).data.checkPassword);
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    asking.abort();
    // What was wrong with the one before is no longer.
    document.getElementById(`${input.id}-faults`)?.remove();
    input.removeAttribute("aria-invalid");
    if (!input.value) meter.hidden = true;
    // Without an answer there is no meter; the form still tells.
    else waiting = setTimeout(() => ask().catch(() => {}), PAUSE);
  });
}
