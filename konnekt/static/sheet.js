// What only who does something needs: to close what is opened in a list or a menu, to go on to the next one, to hear what
// a filter found, to search. It comes with the first sign of somebody (app.js).
"use strict";
(() => {
  const names = ".list :is(.who a[hx-get], a.opens)";
  const place = (name) => name.closest("tbody").querySelector(".detail td");
  const close = (name) => {
    place(name).replaceChildren();
    name.ariaExpanded = false;
  };

  document.addEventListener("click", (event) => {
    // A second press on a worker's name, or on a clock, closes the detail that it opened.
    const name = event.target.closest(names);
    if (name && place(name).firstElementChild) {
      event.preventDefault();
      event.stopPropagation();
      close(name);
    }
    // Volgende: this one closes and the next one opens, where it stands on this page of the list.
    const way = event.target.closest("[data-next]");
    const next = way && document.querySelector(`#sheet-${way.dataset.next} .who a`);
    if (!next) return;
    event.preventDefault();
    close(way.closest("tbody").querySelector(".who a"));
    next.focus();
    if (place(next).firstElementChild) reveal(next);
    else next.click();
  }, true);

  // A menu of the hour grid closes with Escape, and by a press on what stands in it.
  const opened = ":is(.fill, .keys)[open]";
  const shut = (menu, isHeld) => {
    menu.open = false;
    if (isHeld) menu.firstElementChild.focus();
  };
  document.addEventListener("keydown", ({ key, target, defaultPrevented }) => {
    const menu = key === "Escape" && !defaultPrevented && document.querySelector(opened);
    if (menu) shut(menu, menu.contains(target) || target === document.body);
  });
  document.addEventListener("click", ({ target }) => {
    const menu = target.matches("button") && target.closest(opened);
    if (menu) shut(menu, true);
  });

  // The agency's form of hours that is sent while a filling is under way waits for it, and sends what stands there then.
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement.id === "sheet-change") ctx.request.body = new FormData(ctx.sourceElement);
  });

  // On a phone what is opened fills the screen, but for the field that has the focus.
  const reveal = (inside) => {
    const row = inside.closest?.("tbody"); // what is swapped need not be an element
    if (!row?.querySelector(".opened") || row.querySelector("[autofocus]") || matchMedia("(width >= 48rem)").matches) return;
    scrollTo(0, scrollY + row.getBoundingClientRect().top);
  };

  // What a filter found, and the page that one turned to, stand on screen already: here they are said aloud.
  const tell = ({ pressed, target }) => {
    const where = pressed.matches(".filters") ? ".sub:not(:has(> a)), .sub > span, .empty, h2:has(.count)" : pressed.matches(".pager a") && ".pager span";
    const found = where && document.getElementById(target.id)?.querySelector(where);
    if (!found) return;
    const said = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: found.textContent.trim() });
    document.getElementById("status").replaceChildren(said);
  };

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    reveal(ctx.target);
    if (!(ctx.response?.status >= 400)) tell(ctx);
  });
  // The press that opened it was the first sign.
  document.querySelectorAll(".opened").forEach(reveal);

  // The answers under the search field of the bar come when it first has the focus: which may have been that sign.
  const find = document.getElementById("find");
  const bring = (name, address) => document.head.append(Object.assign(document.createElement(name), address));
  const attend = () => {
    if (document.activeElement !== find) return;
    document.removeEventListener("focusin", attend);
    const { use } = find.dataset;
    bring("link", { rel: "stylesheet", href: use.replace(".js", ".css") });
    bring("script", { src: use });
  };
  document.addEventListener("focusin", attend);
  attend();

  // The page of ours that says so when there is no connection.
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
})();
