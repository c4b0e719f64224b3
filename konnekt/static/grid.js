// The hour grid: totals while one types, drafts that save themselves, a spreadsheet's keys, pasted blocks.
// Everything works without it, a page at a time. Listeners sit on the document: they outlive every swap.
"use strict";
(() => {
  if (window.hasHourGrid) return;
  window.hasHourGrid = true;

  const on = (name, listener, capture) => document.addEventListener(name, listener, capture);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const grid = () => byId("hour-grid");
  const inGrid = ({ sourceElement }) => (sourceElement.isConnected && sourceElement.closest("#hour-grid")) || null;
  const cellsIn = (row) => all("td", row).slice(0, 7).map((cell) => cell.querySelector("[data-cell]"));
  const rows = () => all(".line", grid());

  // Hours as units.parse_hours reads them: minutes, or NaN. Integers all the way.
  const minutesOf = (text) => {
    const typed = text.trim();
    if (!typed) return 0;
    const clock = /^(\d{1,6})[:uU]([0-5]\d)$/.exec(typed);
    const decimal = /^(\d{0,6})(?:[.,](\d{1,2}))?$/.exec(typed);
    let minutes = NaN;
    if (clock) minutes = Number(clock[1]) * 60 + Number(clock[2]);
    else if (decimal && (decimal[1] || decimal[2])) {
      const hundredths = Number(decimal[1]) * 100 + Number((decimal[2] ?? "").padEnd(2, "0"));
      if (hundredths % 5 === 0) minutes = (hundredths / 5) * 3;
    }
    return minutes <= 1440 ? minutes : NaN;
  };

  // Minutes as units.hours_total shows them.
  const hours = (minutes) => minutes % 3
    ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`
    : (minutes / 60).toFixed(2).replace(".", document.documentElement.lang === "en" ? "." : ",");

  const show = (place, text) => place && place.textContent !== text && (place.textContent = text);
  const total = () => {
    let sheet = 0;
    for (const week of all("tbody", grid())) {
      const lines = all(".line", week);
      const days = Array(7).fill(0);
      for (const row of lines) {
        let sum = 0;
        cellsIn(row).forEach((cell, day) => {
          const minutes = (cell && minutesOf(cell.value)) || 0;
          sum += minutes;
          days[day] += minutes;
        });
        show(row.querySelector("[data-sum-row]"), hours(sum));
      }
      const sum = days.reduce((left, right) => left + right, 0);
      sheet += sum;
      show(week.querySelector("[data-sum-week]"), hours(sum));
      all(".week-foot td", week).slice(0, 7).forEach((place, day) =>
        show(place.querySelector("span"), lines.length > 1 && days[day] ? hours(days[day]) : ""));
    }
    show(grid().querySelector("[data-sum-sheet]"), hours(sheet));
  };

  // What is a draft saves itself; of what was sent only totals and warnings are asked.
  const isQuiet = ({ sourceElement }) => sourceElement.matches("[data-draft]");

  // What was typed and not stored yet; how many requests of the grid that are no saving are under way.
  let dirty = false;
  let pending = 0;
  let flying = 0;
  let waiting = false;
  const changed = () => {
    dirty = true;
    grid().querySelector("[data-draft]")?.dispatchEvent(new Event("draft"));
  };
  on("input", ({ target }) => {
    if (!target.closest("#hour-grid") || target.id === "turn-to") return;
    if (target.matches("[data-cell]")) {
      if (!Number.isNaN(minutesOf(target.value))) target.removeAttribute("aria-invalid");
      total();
    }
    show(byId("grid-saved"), "");
    changed();
  });

  // Requests of the grid go one after another, with the revision that the answer before them brought. A
  // saving carries the page as it is when it leaves, a sending as it was when one pressed the button; a
  // saving that would overtake a sending waits its turn.
  on("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (!inGrid(ctx)) return;
    // Whoever is signing in is left alone: a draft saves itself after that.
    if (isOut && ctx.sourceEvent.type === "draft") event.preventDefault();
    else if (pending) {
      waiting ||= isQuiet(ctx);
      event.preventDefault();
    } else if (!isQuiet(ctx)) {
      pending += 1;
      ctx.isPending = true;
      ctx.sent = values(grid());
    }
  });
  const values = (form) => new Map([...form.elements].filter(({ id }) => id).map((one) =>
    [one.id, one.type === "checkbox" ? one.checked : one.value]));
  on("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    const form = inGrid(ctx);
    if (!form) {
      // Its grid has made way for another worker's while it waited.
      if (ctx.isPending || isQuiet(ctx)) event.preventDefault();
      return;
    }
    if (ctx.isPending) {
      for (const { name, value } of all("input[type=hidden]", form)) {
        if (name !== "row" && ctx.request.body.has(name)) ctx.request.body.set(name, value);
      }
    } else {
      ctx.request.body = new URLSearchParams(new FormData(form));
      if (ctx.sourceEvent.type === "draft") ctx.request.body.append("quiet", "1");
      ctx.sent = values(form);
    }
    flying += 1;
    ctx.isFlying = true;
  });
  on("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.isPending) pending -= 1;
    if (ctx.isFlying) flying -= 1;
    ctx.isPending = ctx.isFlying = false;
    if (!waiting || pending) return;
    waiting = false;
    // What was refused stays on the page until one types again.
    if (ctx.response?.status < 400) changed();
  });

  // What was typed after a request left stays as it is: its answer doesn't know of it yet.
  const keep = (live, fresh) => {
    if (fresh.matches("select")) {
      [...fresh.options].forEach((option) => {
        const same = [...live.options].find(({ value }) => value === option.value);
        option.toggleAttribute("selected", same?.hasAttribute("selected") ?? false);
      });
    } else if (fresh.matches("textarea")) fresh.textContent = live.defaultValue;
    else if (fresh.type !== "checkbox") {
      if (live.hasAttribute("value")) fresh.setAttribute("value", live.getAttribute("value"));
      else fresh.removeAttribute("value");
    }
  };
  on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    // Once its answer stands here the next button may be pressed, before htmx has settled it.
    if (ctx.isPending) pending -= 1;
    ctx.isPending = false;
    const task = tasks.find(({ type }) => type === "main");
    const fresh = task?.fragment.querySelector("#hour-grid");
    const live = grid();
    if (!ctx.sent || !fresh || !live || fresh.dataset.grid !== live.dataset.grid) return;
    task.swapSpec.style = "outerMorph";
    ctx.kept = 0;
    for (const [id, value] of values(live)) {
      const twin = fresh.querySelector(`#${CSS.escape(id)}`);
      if (!twin || id === "turn-to" || !ctx.sent.has(id) || ctx.sent.get(id) === value) continue;
      keep(byId(id), twin);
      ctx.kept += 1;
    }
    if (ctx.kept) all("[autofocus]", fresh).forEach((one) => one.removeAttribute("autofocus"));
    for (const opened of all("details[open]", live)) {
      fresh.querySelector(`#${CSS.escape(opened.id)}`)?.setAttribute("open", "");
    }
  });
  on("htmx:after:swap", ({ detail: { ctx } }) => {
    if (!ctx.sent || !grid()) return;
    const chosen = byId("turn-to");
    if (chosen) chosen.value = chosen.querySelector("[selected]").value;
    total();
    if (ctx.response.status === 200) dirty = grid().hasAttribute("data-touched");
    // A row that was added or removed is saved as well.
    if (ctx.kept || (dirty && ctx.response.status === 200 && !isQuiet(ctx))) changed();
  });

  // The session had ended: nothing was stored until one has signed in again.
  on("htmx:after:request", ({ detail: { ctx } }) => (isOut ||= ctx.response?.status === 401));
  on("token", () => {
    isOut = false;
    if (dirty && grid()) changed();
  });

  // Leaving: a draft is kept on the way out, what can't be only saved is asked about.
  let isOut = false;
  const canKeep = () => byId("grid-save") && !flying && !isOut && !grid().hasAttribute("data-conflict");
  const flush = () => {
    if (!dirty || !grid() || !canKeep()) return;
    dirty = false;
    const body = new URLSearchParams(new FormData(grid()));
    fetch(byId("grid-save").formAction, { method: "POST", body, keepalive: true });
  };
  addEventListener("beforeunload", (event) => {
    if (dirty && grid() && !canKeep()) event.preventDefault();
  });
  addEventListener("pagehide", flush);
  on("htmx:before:history:restore", flush);

  // The keys of a spreadsheet.
  const go = (cell) => {
    if (!cell) return false;
    cell.focus();
    return true;
  };
  const isAtEdge = (cell, end) => {
    const all = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
    const edge = end ? cell.value.length : 0;
    return all || (cell.selectionStart === edge && cell.selectionEnd === edge);
  };
  const beside = (cell, step) => {
    const cells = all("[data-cell]", grid());
    return cells[cells.indexOf(cell) + step];
  };
  const below = (cell, step) => {
    const lines = rows();
    const row = cell.closest("tr");
    const day = cellsIn(row).indexOf(cell);
    for (let at = lines.indexOf(row) + step; at >= 0 && at < lines.length; at += step) {
      const found = cellsIn(lines[at])[day];
      if (found) return found;
    }
    return null;
  };
  const inRow = (cell) => cellsIn(cell.closest("tr")).filter(Boolean);
  const fillRight = (cell) => {
    const line = inRow(cell);
    for (const other of line.slice(line.indexOf(cell) + 1)) {
      if (!other.closest(".we")) other.value = cell.value;
    }
    cell.dispatchEvent(new Event("input", { bubbles: true }));
    go(line.at(-1) === cell ? cell : line.findLast((other) => !other.closest(".we")) ?? cell);
  };
  const KEYS = {
    ArrowUp: (cell) => go(below(cell, -1)),
    ArrowDown: (cell) => go(below(cell, 1)),
    ArrowLeft: (cell) => isAtEdge(cell, false) && go(beside(cell, -1)),
    ArrowRight: (cell) => isAtEdge(cell, true) && go(beside(cell, 1)),
    Home: (cell) => go(inRow(cell)[0]),
    End: (cell) => go(inRow(cell).at(-1)),
    Tab: (cell) => cell === inRow(cell).at(-1) && go(beside(cell, 1)),
    Enter: () => byId("grid-send") && (grid().requestSubmit(byId("grid-send")), true),
  };
  on("keydown", (event) => {
    const { target, key } = event;
    if (event.isComposing || event.altKey || event.metaKey || event.shiftKey || !target.closest?.("#hour-grid")) return;
    if (target.matches("[data-note]") && key === "Enter") return event.preventDefault();
    if (!target.matches("[data-cell]")) return;
    if (event.ctrlKey) {
      if (key === "ArrowRight") {
        event.preventDefault();
        fillRight(target);
      }
    } else if (KEYS[key]?.(target)) event.preventDefault();
  });

  let last = null;
  on("focusin", ({ target }) => {
    if (!target.matches?.("[data-cell]")) return;
    last = target;
    target.select();
  });
  // The click that brought the focus would put the caret in the text again.
  let pressed = null;
  on("mousedown", ({ target }) => (pressed = target === document.activeElement ? null : target));
  on("mouseup", (event) => {
    if (event.target === pressed && pressed.matches("[data-cell]")) event.preventDefault();
  });
  on("click", ({ target }) => {
    if (target.closest("[data-fill]")) fillRight(last?.isConnected ? last : grid().querySelector("[data-cell]"));
  });

  // A block from a spreadsheet: shown first, with what can't be read; only what can is filled in.
  let block = [];
  const preview = (cell, lines) => {
    const dialog = byId("paste");
    const down = rows();
    const start = down.indexOf(cell.closest("tr"));
    const day = cellsIn(cell.closest("tr")).indexOf(cell);
    const table = dialog.querySelector("tbody");
    table.replaceChildren();
    block = [];
    let left = 0;
    lines.forEach((texts, number) => {
      const row = table.insertRow();
      const inputs = down[start + number] ? cellsIn(down[start + number]) : [];
      texts.forEach((text, column) => {
        const input = inputs[day + column];
        const place = row.insertCell();
        place.textContent = text;
        place.className = "hours";
        if (!text.trim()) return;
        if (input && !Number.isNaN(minutesOf(text))) {
          place.title = input.getAttribute("aria-label");
          block.push([input, text.trim()]);
        } else {
          left += 1;
          place.className = "hours error";
          const why = document.createElement("small");
          why.textContent = input ? dialog.dataset.unread : dialog.dataset.nowhere;
          place.append(why);
        }
      });
    });
    show(dialog.querySelector("[data-paste-count]"), String(block.length));
    show(dialog.querySelector("[data-paste-left]"), String(left));
    dialog.querySelector("[data-paste-some]").hidden = !left;
    dialog.querySelector("[data-paste-yes]").disabled = !block.length;
    dialog.showModal();
  };
  on("paste", (event) => {
    if (!event.target.matches?.("[data-cell]")) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    preview(event.target, text.split("\n").slice(0, 60).map((line) => line.split("\t").slice(0, 31)));
  });
  on("click", ({ target }) => {
    const dialog = target.closest("#paste");
    if (!dialog || !target.closest("button")) return;
    dialog.close();
    if (!target.closest("[data-paste-yes]")) return;
    for (const [input, text] of block) input.value = text;
    block.at(-1)?.[0].dispatchEvent(new Event("input", { bubbles: true }));
  });

  on("change", ({ target }) => target.closest("#registration-filter") && !target.form.hasAttribute("hx-get") && target.form.requestSubmit());
})();
