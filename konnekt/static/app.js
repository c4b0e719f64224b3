// What HTML and htmx leave: adding up what is ticked, the busy button, notices, failed requests.
// Listeners sit on the document, so that they outlive every swap.
"use strict";
(() => {
  const on = (name, listener, capture) => document.addEventListener(name, listener, capture);
  const each = (selector, visit, root = document) => root.querySelectorAll(selector).forEach(visit);
  const line = (id) => document.getElementById(id);

  // Minutes as units.hours_total shows them.
  const hours = (minutes) => {
    const size = Math.abs(minutes);
    const text = size % 3
      ? `${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`
      : (size / 60).toFixed(2).replace(".", document.documentElement.lang === "en" ? "." : ",");
    return (minutes < 0 ? "−" : "") + text;
  };

  const picksOf = (form) => [...form.elements].filter((box) => box.name === "pick");

  const count = (form) => {
    const picks = picksOf(form);
    const chosen = picks.filter((box) => box.type === "hidden" || box.checked);
    const minutes = chosen.reduce((sum, box) => sum + Number(box.dataset.minutes), 0);
    each("[data-picks-bar]", (bar) => {
      const { chosen: words, hours: unit } = bar.dataset;
      const sum = [make("b", { textContent: chosen.length }), ` ${words}${unit ? ` · ${hours(minutes)}\xa0${unit}` : ""}`];
      bar.querySelector(".sum").replaceChildren(...sum);
      bar.hidden = !chosen.length;
    }, form);
    each("[data-pick-all] input", (all) => {
      const boxes = picks.filter((box) => box.type === "checkbox");
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    });
  };

  // What only works with scripts is made here: a text browser would show it, hidden or not.
  const make = (name, properties = {}, ...inside) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...inside);
    return made;
  };
  const furnish = () => {
    each("th[data-pick-all]:empty", (cell) => cell.append(make("label", {},
      make("input", { type: "checkbox", id: "pick-all" }),
      make("span", { className: "visually-hidden", textContent: cell.dataset.pickAll }))));
    each("[data-picks-bar]:not(:has(.clear))", (bar) => bar.prepend(make("p", { className: "sum" }),
      make("button", { type: "button", className: "clear", textContent: bar.dataset.clear })));
  };

  const refresh = () => {
    furnish();
    each(".list :is(.who a[hx-get], a.opens)", (name) => (name.ariaExpanded = !!name.closest("tbody").querySelector(".detail td > *")));
    each("[data-js]", (thing) => (thing.hidden = false));
    each("[data-nojs]", (thing) => (thing.hidden = true));
    each("form[data-picks]", count);
  };

  on("change", ({ target }) => {
    const form = target.form || document.querySelector("form[data-picks]");
    if (!form?.matches("[data-picks]")) return;
    if (target.matches("[data-pick-all] input")) for (const box of picksOf(form)) box.checked = target.checked;
    count(form);
  });

  on("click", ({ target }) => {
    const button = target.closest("[data-picks-bar] .clear");
    if (!button) return;
    for (const box of picksOf(button.form)) box.type === "hidden" ? box.remove() : (box.checked = false);
    count(button.form);
    document.querySelector("[data-pick-all] input, [name=pick]")?.focus();
  });

  // Where nothing is typed, a slash leads to the search; on a phone its field stands in the menu.
  on("keydown", (event) => {
    const { key, target } = event;
    if (key !== "/" || event.ctrlKey || event.altKey || event.metaKey || document.cookie.includes("slash=off") || target.closest("input, select, textarea")) return;
    event.preventDefault();
    const field = line("q") || line("find");
    if (!field.offsetParent) document.querySelector(".menu").open = true;
    field.from = target;
    field.focus();
  });

  // One press is one request: the second of a double click goes nowhere.
  const busy = new Map();
  let left;
  const hold = (source, button) => {
    busy.set(source, button);
    button?.setAttribute("aria-busy", "true");
  };
  const free = (source) => {
    busy.get(source)?.removeAttribute("aria-busy");
    busy.delete(source);
  };
  on("submit", (event) => {
    if (busy.has(event.target)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else {
      // A download leaves the page where it is.
      const isOver = () => event.defaultPrevented || "download" in event.target.dataset;
      setTimeout(() => isOver() || hold(event.target, event.submitter));
    }
  }, true);
  // A link whose hx-get is empty asks for where it leads; a button with an empty hx-post sends where its form would.
  on("htmx:config:request", ({ detail: { ctx: { request, sourceElement } } }) =>
    (request.action ||= sourceElement.href || sourceElement.formAction));
  on("htmx:before:request", ({ detail: { ctx } }) => {
    ctx.pressed = ctx.sourceElement;
    ctx.had = ctx.pressed.contains(document.activeElement) && document.activeElement;
    hold(ctx.pressed, ctx.request.submitter || ctx.pressed);
    if (line("problem").contains(ctx.pressed)) return;
    if (!line("problem").contains(document.activeElement)) left = document.activeElement;
    line("problem").replaceChildren();
    // A draft that saves itself says so elsewhere.
    if (!ctx.pressed.matches("[data-draft]")) line("status").replaceChildren();
  });
  on("htmx:finally:request", ({ detail: { ctx } }) => free(ctx.pressed));
  addEventListener("pageshow", () => {
    [...busy.keys()].forEach(free);
    refresh();
  });

  // The page stays as it was; the same can be asked again.
  const fail = ({ pressed, request }) => {
    const { failed, again } = line("problem").dataset;
    const button = make("button", { type: "button", textContent: again });
    button.onclick = () => {
      if (!pressed?.isConnected) location.reload();
      else if (pressed.requestSubmit) pressed.requestSubmit(request.submitter);
      else pressed.click();
    };
    const words = make("p", { className: "notice bad", role: "alert" }, make("span", { textContent: failed }), button);
    line("problem").replaceChildren(words);
  };
  on("htmx:error", ({ detail: { ctx } }) => ctx && fail(ctx));
  on("htmx:response:error", ({ detail: { ctx } }) => ctx.response.status >= 500 && fail(ctx));

  on("notice", ({ detail }) => {
    line("status").replaceChildren(make("span", { className: "notice good", textContent: detail.value.trim() }));
    each("#main > .notice[role=status]", (older) => older.remove());
  });
  on("counts", ({ detail }) => each("[data-count]", (badge) => {
    const number = detail[badge.dataset.count];
    if (number === undefined) return;
    badge.firstChild.textContent = number;
    badge.hidden = !number;
  }));

  // Signed in again: the forms of this page get a token that works, and one goes on where one was.
  on("token", ({ detail }) => {
    each("[name=csrf_token]", (field) => (field.value = detail.value));
    left?.focus();
  });

  // A swap that took what had the focus away leaves it on what is called so now, else on the pressed button's like in the
  // new form, else on its row's name, else on the content.
  const regain = ({ had, pressed, target }) => {
    const isLost = () => document.activeElement === document.body;
    if (!had || !isLost()) return;
    line(had.id)?.focus();
    if (!isLost()) return;
    const { action } = (pressed.closest("form") || pressed).attributes;
    const like = action && [...document.forms].find((form) => form.getAttribute("action") === action.value);
    like?.querySelector("button:not([type=button], [aria-hidden])")?.focus();
    const place = target.isConnected ? target : line(target.id);
    if (isLost()) place?.closest("tbody")?.querySelector(".who a")?.focus();
    if (isLost()) line("main").focus({ preventScroll: true });
  };

  const attend = () => document.querySelector("[data-error-summary]")?.focus();
  on("htmx:after:swap", ({ detail: { ctx } }) => {
    refresh();
    if (ctx.response?.status >= 400) attend();
    regain(ctx);
  });
  attend();
  refresh();

  // htmx comes when the page has been painted, a few frames after its load: until it is here, links and forms do the
  // same with a reload. What was typed into a filter meanwhile is looked for then.
  const { then, use } = document.currentScript.dataset;
  const fields = (form) => `${new URLSearchParams(new FormData(form))}`;
  const onload = () => each("form[hx-get]", (form) => {
    const fresh = form.cloneNode(true);
    fresh.reset();
    if (fields(form) !== fields(fresh)) form.requestSubmit();
  });
  const bring = (address) => document.head.append(address.includes(".css")
    ? make("link", { rel: "stylesheet", href: address })
    : make("script", { src: address, onload: address.includes("htmx") ? onload : null }));
  const content = '{"includeIndicatorCSS":false,"noSwap":[204,304,"5xx"],"defaultSwap":"outerHTML"}';
  document.head.append(make("meta", { name: "htmx-config", content }));
  if (then) addEventListener("load", () => setTimeout(bring, 50, then));
  // Back to what only htmx can bring.
  addEventListener("popstate", ({ state }) => state?.htmx && !self.htmx && location.reload());

  // Who only looks needs no more. With the first sign of somebody comes what the page needs then.
  const signs = ["pointermove", "pointerdown", "keydown", "input"];
  const begin = ({ type, movementX, movementY }) => {
    // Chromium tells of a pointer that rests too.
    if (type === signs[0] && !movementX && !movementY) return;
    for (const sign of signs) removeEventListener(sign, begin, true);
    use.split(" ").forEach(bring);
  };
  for (const sign of signs) addEventListener(sign, begin, true);
})();
