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
    const clock = /^(?:(\d{1,6}) *(?::|,,|\.\.|u(?:ur|ren)?|h(?:ours?)?)|:) *([0-5]\d)$/i.exec(typed);
    const decimal = /^(\d{0,6})(?:[.,](\d{1,2}))?(?: *(?:u(?:ur|ren)?|h(?:ours?)?))?$/i.exec(typed);
    let minutes = NaN;
    if (typed.length > 20) return NaN;
    if (clock) minutes = Number(clock[1] ?? 0) * 60 + Number(clock[2]);
    else if (decimal && (decimal[1] || decimal[2])) {
      const hundredths = Number(decimal[1]) * 100 + Number((decimal[2] ?? "").padEnd(2, "0"));
      if (hundredths % 5 === 0) minutes = (hundredths / 5) * 3;
    }
    return minutes <= 1440 ? minutes : NaN;
  };

  // Minutes as units.hours_total shows them.
  const asClock = (minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  const hours = (minutes) => minutes % 3
    ? asClock(minutes)
    : (minutes / 60).toFixed(2).replace(".", document.documentElement.lang === "en" ? "." : ",");

  // What a decimal counts as, where it may have been meant as minutes (units.hours_clock).
  const counts = (cell, text) => {
    const place = cell.parentElement.querySelector(".counts") ?? document.createElement("small");
    if (!place.isConnected && !text) return;
    place.className = "counts";
    place.id = `${cell.id}-counts`;
    cell.setAttribute("aria-describedby", place.id);
    if (!place.isConnected) cell.after(place);
    place.textContent = text;
  };

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

  // One queue. What one presses goes to the server one after another, each with the page as it was at that press and
  // the revision that the answer before it brought. When nothing is under way, what was typed since is told after a
  // while: a draft is saved, of what was sent the totals and warnings are asked. Whether there is anything to tell is
  // no flag: it is the page compared with what the server was told last.
  const queue = new Set();
  let told = new Map();
  let timer;
  let isOut = false;
  let isGone = false;

  // What says where to go on to, or what to fill in, is nothing that is kept.
  const isAside = (one) => one.closest("#hour-grid-turn, #grid-fill");
  const controls = () => [...grid().elements].filter((one) => one.id && one.name && one.type !== "submit" && !isAside(one));
  const valueIn = (one) => (one.type === "checkbox" ? one.checked : one.value);
  const givenTo = (one) => {
    if (one.type === "checkbox") return one.defaultChecked;
    if (!one.options) return one.defaultValue;
    return ([...one.options].find((option) => option.defaultSelected) ?? one.options[0]).value;
  };
  const values = () => new Map(controls().map((one) => [one.id, valueIn(one)]));
  const isBehind = () => {
    const now = values();
    return now.size !== told.size || [...now].some(([id, value]) => told.get(id) !== value);
  };
  const isUnsaved = () => Boolean(grid()) && !isGone && (grid().hasAttribute("data-touched") || isBehind());
  const teller = () => grid().querySelector("[data-draft]");
  const tell = () => {
    // Whoever is signing in is left alone: a draft saves itself after that.
    if (!queue.size && !isOut && grid()) teller()?.dispatchEvent(new Event("draft"));
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (window.htmx ? tell() : later()), 600);
  };
  on("input", ({ target }) => {
    if (!target.closest("#hour-grid") || isAside(target)) return;
    if (target.matches("[data-cell]")) {
      const minutes = minutesOf(target.value);
      if (!Number.isNaN(minutes)) target.removeAttribute("aria-invalid");
      counts(target, /[.,]\d/.test(target.value) && minutes % 15 ? `= ${asClock(minutes)}` : "");
      total();
    }
    show(byId("grid-saved"), "");
    later();
  });

  const pressOf = ({ sourceElement, request: { action, submitter, body } }) => {
    const { name, value } = submitter ?? sourceElement;
    return [action, name, value, name === "fill" && [body.get("from"), body.get("number")]].join();
  };
  on("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (!inGrid(ctx)) return;
    ctx.isQuiet = ctx.sourceEvent.type === "draft";
    // One press is one request, and what is told by itself waits until the others are through.
    if (ctx.isQuiet ? queue.size : [...queue].some((other) => !other.isQuiet && pressOf(other) === pressOf(ctx))) {
      return event.preventDefault();
    }
    if (ctx.isQuiet) ctx.request.body.append("quiet", "1");
    // What the server fills in first, whoever pressed Send behind it means to send.
    ctx.isStep = !ctx.isQuiet && /\/(copy|fill|lines)\?/.test(ctx.request.action);
    ctx.isAfter = [...queue].some((other) => other.isStep);
    ctx.told = values();
    queue.add(ctx);
  });
  const isAsked = (name) => /^(add|fill|from|go|number|quiet|remove|restore|to|unsent)$/.test(name);
  on("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (!ctx.told) return;
    const form = inGrid(ctx);
    // Refused before it came to its turn, or its button has made way: what it was pressed on is not there any more.
    if (!form || ctx.isOver || !queue.has(ctx)) return event.preventDefault();
    if (ctx.isAfter) {
      ctx.told = values();
      const now = new FormData(form);
      for (const [name, value] of ctx.request.body) if (isAsked(name)) now.set(name, value);
      ctx.request.body = now;
    }
    for (const { name, value } of all("input[type=hidden]", form)) {
      if (name !== "row" && ctx.request.body.has(name)) ctx.request.body.set(name, value);
    }
    ctx.isIssued = true;
  });
  on("htmx:finally:request", ({ detail: { ctx } }) => {
    if (!queue.delete(ctx)) return;
    const status = ctx.response?.status ?? 500;
    // After a refusal one looks first: it is about what waits behind it too. So is a step that came to nothing.
    if (ctx.isIssued && status >= 400 && (status < 500 || ctx.isStep)) for (const other of queue) other.isOver = true;
    // What failed is asked again by who sees that, or with the next letter.
    if (!queue.size && grid() && !(ctx.isIssued && status >= 500) && isBehind()) later();
  });

  // What was typed after a request left stays as it is: its answer doesn't know of it yet.
  on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    const task = queue.has(ctx) ? tasks.find(({ type }) => type === "main") : undefined;
    const fresh = task?.fragment.querySelector("#hour-grid");
    if (!fresh || !grid()) return;
    // A draft that saves itself does not bring the three hundred workers of a team again.
    fresh.querySelector("#hour-grid-turn:empty")?.replaceWith(byId("hour-grid-turn").cloneNode(true));
    ctx.isDrawn = true;
    ctx.isArrival = fresh.dataset.grid !== grid().dataset.grid;
    if (ctx.isArrival) return;
    ctx.typed = new Map();
    task.swapSpec.style = "outerMorph";
    for (const [id, value] of values()) if (ctx.told.get(id) !== value) ctx.typed.set(id, value);
    if (ctx.typed.size) all("[autofocus]", fresh).forEach((one) => one.removeAttribute("autofocus"));
    for (const opened of all("details[open]", grid())) {
      fresh.querySelector(`#${CSS.escape(opened.id)}`)?.setAttribute("open", "");
    }
  });
  const put = (one, value) => {
    if (one.type === "checkbox") one.checked = value;
    else if (one.value !== value) one.value = value;
  };
  // The cell that one stands in keeps `7u30` where the server writes `7,5`.
  const isSame = (one) => one === document.activeElement && one.matches("[data-cell]") && minutesOf(one.value) === minutesOf(one.defaultValue);
  on("htmx:after:swap", ({ detail: { ctx } }) => {
    // By an answer of its own, or by the page of another moment that Back brings.
    if (grid() && (ctx.isDrawn || (!ctx.told && ctx.target.contains(grid())))) settle(ctx);
  });
  const settle = (ctx) => {
    isGone = false;
    if (ctx.isArrival) queue.clear();
    // htmx looks for its own queue from the button: from one that has made way it would find another.
    for (const other of queue) if (!other.sourceElement.isConnected) Object.assign(other, { sourceElement: grid(), isOver: true });
    const chosen = byId("turn-to");
    if (chosen) chosen.value = givenTo(chosen);
    told = new Map();
    for (const one of controls()) {
      const isTyped = ctx.typed?.has(one.id);
      if (isTyped) put(one, ctx.typed.get(one.id));
      else if (!isSame(one)) put(one, givenTo(one));
      told.set(one.id, isTyped ? givenTo(one) : valueIn(one));
    }
    if (isBehind()) show(byId("grid-saved"), "");
    if (ctx.isStep && !ctx.typed?.size) isTyping = false;
    // A row that was removed from a draft is saved as well.
    if (ctx.response?.status === 200 && byId("grid-save") && grid().hasAttribute("data-touched")) told = new Map();
    total();
    offered();
    bringColon();
    // Whoever took a step back by its button stands where filling in begins: the button has made way.
    const { activeElement: held } = document;
    const isHeld = held && held !== document.body && !held.closest("#grid-undo");
    if (ctx.sourceElement?.id === "grid-undo-button" && byId("grid-undo")?.hidden && !isHeld) {
      byId("grid-fill")?.querySelector("summary").focus({ preventScroll: true });
    }
    if (!ctx.isArrival) return;
    // Not before this script is here: the first Enter would send what nobody has looked at.
    arrive();
    if (!ctx.typed?.size) grid().querySelector("[data-first]")?.focus({ preventScroll: true });
  };

  // The session had ended: nothing was stored until one has signed in again.
  on("htmx:after:request", ({ detail: { ctx } }) => (isOut ||= ctx.response?.status === 401));
  on("token", () => {
    isOut = false;
    if (isUnsaved()) later();
  });

  // Leaving: a draft is kept on the way out, what can't be only saved is asked about.
  const canKeep = () => byId("grid-save") && !queue.size && !isOut && !grid().hasAttribute("data-refused");
  const flush = () => {
    if (!isUnsaved() || !canKeep()) return;
    isGone = true;
    const body = new URLSearchParams(new FormData(grid()));
    fetch(byId("grid-save").formAction, { method: "POST", body, keepalive: true });
  };
  on("submit", ({ target, defaultPrevented }) => (isGone ||= target === grid() && !defaultPrevented));
  addEventListener("beforeunload", (event) => {
    if (isUnsaved() && !canKeep()) event.preventDefault();
  });
  addEventListener("pagehide", flush);
  addEventListener("pageshow", () => (isGone = false));
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
  // One step back: the page carries what the rows held before, as it sends them; the server puts it back.
  let isTyping = false;
  const offer = (what, lines, remark) => {
    const tokens = lines.map(({ id }) => id.slice("row-".length));
    const fields = [...new FormData(grid())].filter(([name, value]) => tokens.includes(name === "row" ? value : name.split("-")[1]));
    byId("grid-undo-fields").value = new URLSearchParams([["what", what], ["seen", "0"], ...remark, ...fields]);
    isTyping = false;
    offered();
  };
  const offered = () => {
    const place = byId("grid-undo");
    if (!place) return;
    const what = new URLSearchParams(byId("grid-undo-fields").value).get("what");
    place.hidden = !what;
    // Of a step of the server it says what that was.
    const said = JSON.parse(place.dataset.steps)[what];
    if (said) show(place.querySelector("span"), said);
  };
  on("input", ({ isTrusted }) => (isTyping ||= isTrusted));
  // A remark that one empties.
  let remark = "";
  on("focusin", ({ target }) => (remark = target.value));
  on("change", ({ target }) => {
    if (!target.matches("#grid-remark, [data-note]") || target.value || !remark) return;
    target.value = remark;
    offer("remark", [target.closest(".line")].filter(Boolean), target.id === "grid-remark" ? [["remark", remark]] : []);
    target.value = "";
    later();
  });

  const inRow = (cell) => cellsIn(cell.closest("tr")).filter(Boolean);
  const fillRight = (cell) => {
    const line = inRow(cell);
    offer("fill", [cell.closest(".line")], []);
    for (const other of line.slice(line.indexOf(cell) + 1)) {
      if (!other.closest(".we")) other.value = cell.value;
    }
    cell.dispatchEvent(new Event("input", { bubbles: true }));
    go(line.at(-1) === cell ? cell : line.findLast((other) => !other.closest(".we")) ?? cell);
  };
  // Beside the cell that one was in stands from which row or week is filled.
  const fillFrom = (cell) => {
    const from = byId("fill-from");
    const row = cell.closest(".line");
    from.value = row.id.slice("row-".length);
    if (from.selectedIndex < 0) from.value = row.parentElement.id.slice("week-".length);
  };
  const KEYS = {
    ArrowUp: (cell) => go(below(cell, -1)),
    ArrowDown: (cell) => go(below(cell, 1)),
    ArrowLeft: (cell) => isAtEdge(cell, false) && go(beside(cell, -1)),
    ArrowRight: (cell) => isAtEdge(cell, true) && go(beside(cell, 1)),
    Home: (cell) => go(inRow(cell)[0]),
    End: (cell) => go(inRow(cell).at(-1)),
    Tab: (cell) => cell === inRow(cell).at(-1) && go(beside(cell, 1)),
    Enter: () => {
      if (performance.now() - since < 3000) {
        arrive();
        show(byId("grid-saved"), `· ${grid().dataset.look}`);
      } else if (byId("grid-send")) grid().requestSubmit(byId("grid-send"));
      return true;
    },
  };
  // An Enter that was meant for what stood here before doesn't send: this form is sent by who typed or moved in it, or
  // waited a while.
  let since = -Infinity;
  const arrive = () => (since = performance.now());
  const attend = ({ target }) => target.closest?.("#hour-grid") && (since = -Infinity);
  on("input", attend);
  on("pointerdown", attend);
  on("keydown", (event) => {
    const { target, key } = event;
    if (key !== "Enter") attend(event);
    else if (event.repeat && target.matches("[data-cell]")) return event.preventDefault();
    if (event.ctrlKey && key === "z" && !isTyping && byId("grid-undo")?.hidden === false && target.closest?.("#hour-grid")) {
      event.preventDefault();
      return byId("grid-undo-button").click();
    }
    if (event.isComposing || event.altKey || event.metaKey || event.shiftKey || !target.closest?.("#hour-grid")) return;
    if (target.matches("[data-note]") && key === "Enter") return event.preventDefault();
    if (!target.matches("[data-cell]")) return;
    if (event.ctrlKey) {
      if (key === "ArrowRight") {
        event.preventDefault();
        fillRight(target);
      } else if (key === "ArrowDown" && byId("grid-fill")) {
        event.preventDefault();
        fillFrom(target);
        byId("grid-fill").querySelector("[value=rest]")?.click();
      }
    } else if (KEYS[key]?.(target)) event.preventDefault();
  });

  // A telephone's decimal pad has no colon: a button beside the cell types it, and leaves the focus where it is.
  const colon = Object.assign(document.createElement("button"), { type: "button", className: "colon", tabIndex: -1, textContent: ":" });
  const bringColon = () => {
    const cell = document.activeElement;
    if (cell.matches("[data-cell]") && matchMedia("(pointer: coarse)").matches) cell.before(colon);
  };
  on("mousedown", (event) => event.target === colon && event.preventDefault());
  on("click", ({ target }) => {
    if (target !== colon) return;
    const cell = colon.nextElementSibling;
    cell.setRangeText(":", cell.selectionStart, cell.selectionEnd, "end");
    cell.dispatchEvent(new Event("input", { bubbles: true }));
  });

  let last = null;
  on("focusin", ({ target }) => {
    if (!target.matches?.("[data-cell]")) return;
    last = target;
    target.select();
    bringColon();
  });
  // The click that brought the focus would put the caret in the text again.
  let pressed = null;
  on("mousedown", ({ target }) => (pressed = target === document.activeElement ? null : target));
  on("mouseup", (event) => {
    if (event.target === pressed && pressed.matches("[data-cell]")) event.preventDefault();
  });
  on("click", ({ target }) => {
    if (last?.isConnected && target.matches("#grid-fill > summary")) fillFrom(last);
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
    offer("paste", [...new Set(block.map(([input]) => input.closest(".line")))], []);
    for (const [input, text] of block) input.value = text;
    block.at(-1)?.[0].dispatchEvent(new Event("input", { bubbles: true }));
  });

  on("change", ({ target }) => target.closest("#registration-filter") && !target.form.hasAttribute("hx-get") && target.form.requestSubmit());

  // What was typed before this script came: nothing else differs, for a browser restores nothing in this form.
  if (grid()) {
    settle({ isArrival: true, typed: new Map(controls().filter((one) => valueIn(one) !== givenTo(one)).map((one) => [one.id, valueIn(one)])) });
    if (isBehind()) {
      dispatchEvent(new Event("input")); // to app.js: somebody was here
      later();
    }
  }
})();
