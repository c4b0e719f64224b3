// Passkeys: makes what only works with them (a text browser would show it, hidden or not), and sends what the
// device signs with the form of its button.
"use strict";
(() => {
  const key = self.PublicKeyCredential;
  if (!key?.parseRequestOptionsFromJSON) return;
  const make = (name, properties) => Object.assign(document.createElement(name), properties);

  const way = document.querySelector("[data-passkey-way]:empty");
  if (way) {
    const { title, why, passkeyWay: href } = way.dataset;
    const stack = make("div", { className: "stack" });
    const buttons = make("div", { className: "buttons" });
    buttons.append(make("a", { className: "button", href, textContent: title }));
    stack.append(make("p", { textContent: why }), buttons);
    way.append(make("h2", { textContent: title }), stack);
    way.hidden = false;
  }

  const place = document.querySelector("[data-passkey]:empty");
  if (!place) return;
  const { passkey: address, words, why, look, suggest } = place.dataset;
  const button = make("button", { type: "button", textContent: words, className: look || "" });
  const failed = make("p", { role: "alert" });
  const fail = (textContent) => Object.assign(failed, { textContent, className: textContent && "notice look" });
  place.append(failed, button);
  const form = button.form;
  let waiting = new AbortController();

  // A new question puts an end to the one that waits: a page has one at a time.
  const ask = async (mediation) => {
    waiting.abort();
    const { signal } = (waiting = new AbortController());
    const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
    const answer = await fetch(address, { method: "POST", body, signal });
    const options = await answer.json();
    const made = options.user
      ? await navigator.credentials.create({ publicKey: key.parseCreationOptionsFromJSON(options), signal })
      : await navigator.credentials.get({ publicKey: key.parseRequestOptionsFromJSON(options), mediation, signal });
    const name = options.user ? "new_passkey" : "passkey";
    const field = form.elements[name] || form.appendChild(make("input", { type: "hidden", name }));
    field.value = JSON.stringify(made);
    form.noValidate = true;
    form.requestSubmit();
    form.noValidate = false;
  };

  button.addEventListener("click", async () => {
    button.disabled = true;
    fail("");
    try {
      await ask();
    } catch {
      fail(why);
      listen();
    }
    button.disabled = false;
  });

  // Browsers name passkeys in the list below the name; what they sign is good for five minutes.
  let hears = false;
  const listen = () => {
    if (hears && !document.hidden) ask("conditional").catch(() => {});
  };
  if (suggest) {
    key.isConditionalMediationAvailable?.().then((can) => {
      hears = can;
      listen();
      setInterval(() => button.disabled || listen(), 240_000);
      document.addEventListener("visibilitychange", () => button.disabled || listen());
    });
  }
})();
