// The answers under the search field of the bar while one types: a combobox with a list, as the ARIA practices have it.
// It comes when the field first has the focus (app.js). Without it, and where it gets no answer, Enter asks for the page.
"use strict";
(() => {
  const field = document.getElementById("find");
  const { form } = field;
  const style = document.querySelector('link[href*="find.css"]');
  const make = (attributes, ...inside) => {
    const part = document.createElement("div");
    for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
    part.append(...inside);
    return part;
  };
  const words = make({ class: "sub" });
  // A list that scrolls is a stop of the tab key in some browsers: the field keeps the focus.
  const list = make({ id: "find-list", role: "listbox", tabindex: "-1", "aria-label": field.ariaLabel });
  const panel = make({ class: "find-panel", hidden: "" }, words, list);
  form.append(panel);
  const is = (name, value) => field.setAttribute(`aria-${name}`, value);
  field.setAttribute("role", "combobox");
  is("autocomplete", "list");
  is("controls", list.id);
  is("expanded", false);
  field.enterKeyHint = "search";

  const options = () => [...list.querySelectorAll("a")];
  const active = () => list.querySelector("[aria-selected=true]");
  const choose = (option) => {
    active()?.setAttribute("aria-selected", "false");
    field.removeAttribute("aria-activedescendant");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    is("activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  let asked = new AbortController();
  let timer;
  const close = () => {
    clearTimeout(timer);
    asked.abort();
    choose();
    panel.hidden = true;
    is("expanded", false);
  };
  const open = () => {
    if (!style.sheet) return style.addEventListener("load", open, { once: true });
    panel.hidden = false;
    is("expanded", !!options().length);
  };

  // One kind of answers: its heading names the group, and each way on is an option.
  const group = (block, number) => {
    const title = make({ id: `find-${number}`, class: "find-kind", role: "presentation" }, block.querySelector("h2").textContent);
    const links = [...block.querySelectorAll("a")].map((link, at) => {
      link.append(...[...link.parentElement.querySelectorAll(":scope > small")].flatMap((small) => [" ", small]));
      for (const [name, value] of Object.entries({ id: `find-${number}-${at}`, role: "option", "aria-selected": "false", tabindex: "-1" })) {
        link.setAttribute(name, value);
      }
      return link;
    });
    return make({ role: "group", "aria-labelledby": title.id }, title, ...links);
  };
  // What is shown is said aloud by the page's own line, as after every swap.
  const show = (sentence, groups = []) => {
    choose();
    words.replaceChildren(sentence);
    list.replaceChildren(...groups);
    const said = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: words.textContent });
    document.getElementById("status").replaceChildren(said);
    open();
  };
  // The session has ended: whoever signs in comes to the answers. The page that one is on is not left by itself.
  const lead = async (way, signal) => {
    const login = new DOMParser().parseFromString(await (await fetch(way, { signal })).text(), "text/html");
    show(Object.assign(document.createElement("a"), { href: way, textContent: login.querySelector("h1").textContent }));
  };
  const draw = (html) => {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    show(body.querySelector(".sub, .notice")?.textContent.trim() ?? "", [...body.querySelectorAll(".block")].map(group));
  };
  const look = async () => {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const here = `${form.action}?${new URLSearchParams({ q: field.value })}`;
    try {
      const answer = await fetch(here, { signal, headers: { "HX-Request": "true", "HX-Current-URL": here } });
      const html = await answer.text();
      if (signal.aborted) return;
      const way = answer.headers.get("HX-Redirect");
      if (way) await lead(way, signal);
      else draw(html);
    } catch {
      if (!signal.aborted) show(document.getElementById("problem").dataset.failed);
    }
  };
  const later = () => {
    clearTimeout(timer);
    if (field.value.trim()) timer = setTimeout(look, 200);
    else close();
  };

  field.addEventListener("input", later);
  field.addEventListener("keydown", (event) => {
    const { key, isComposing } = event;
    const all = options();
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (step && panel.hidden && field.value.trim()) look();
    else if (step && !panel.hidden && all.length) {
      const at = all.indexOf(active());
      choose(all.at((at < 0 ? Math.min(step, 0) : at + step) % all.length));
    } else if (key === "Enter" && active()) active().click();
    else if (key === "Escape" && !panel.hidden) close();
    // A second time it gives the focus back to where the slash was pressed.
    else if (key === "Escape" && field.from) {
      field.blur();
      field.from.focus();
    } else return;
    event.preventDefault();
  });
  // A press on an answer leaves the focus where one types; one elsewhere closes.
  panel.addEventListener("mousedown", (event) => event.preventDefault());
  form.addEventListener("focusout", ({ relatedTarget }) => form.contains(relatedTarget) || close());
  document.addEventListener("pointerdown", ({ target }) => form.contains(target) || close());
  addEventListener("pagehide", close);
  if (document.activeElement === field) later();
})();
