// What tests/browser/looks.py runs in a page beside axe.
self.looks = (() => {
  // Attributes whose value names or places something: of these counts only whether they are filled.
  const naming =
    /^(id|for|href|src|alt|value|name|title|action|formaction|datetime|content|lang|hx-.*|d|x.?|y.?|cx|cy|r|width|height|points|transform|aria-(label|labelledby|describedby|controls|activedescendant))$/;
  let skipped = [];
  let colours = {};

  const isText = (node) => node.nodeType === 3 && node.data.trim() !== "";
  const shows = (one) => one.checkVisibility({ visibilityProperty: true });

  const hash = (text) => {
    let one = 7;
    let two = 11;
    for (let at = 0; at < text.length; at++) {
      one = Math.imul(one ^ text.charCodeAt(at), 2654435761);
      two = Math.imul(two ^ text.charCodeAt(at), 1597334677);
      one ^= one >>> 15;
      two ^= two >>> 13;
    }
    return `${one >>> 0}.${two >>> 0}`;
  };

  // Name, attributes (digits are equal), state, colours and whether it shows: not the words.
  const own = (one) => {
    const style = getComputedStyle(one);
    const state = [one.checked, one.disabled, Boolean(one.value), one === document.activeElement];
    const attributes = [...one.attributes].map(
      ({ name, value }) => `${name}=${naming.test(name) ? value.trim() !== "" : value.replace(/[0-9]+/g, "0")}`,
    );
    return [one.localName, style.color, style.backgroundColor, shows(one), ...state, ...attributes].join(" ");
  };

  // Each element in the order of the document: its form (what it is, what is around it, what is in it), and how many
  // elements it holds, itself among them.
  const forms = () => {
    const all = [];
    const add = (one, around) => {
      const at = all.push(null) - 1;
      const path = hash(around + own(one));
      const inside = [...one.childNodes].map((node) => (node.nodeType === 1 ? add(node, path) : isText(node) ? "text" : ""));
      const form = hash(path + inside.join(" "));
      all[at] = [form, all.length - at];
      return form;
    };
    add(document.body, "");
    return all;
  };

  // Have axe pass over these, by their numbers in the order of the document.
  const skip = (numbers) => {
    const all = [document.body, ...document.body.querySelectorAll("*")];
    skipped = numbers.map((number) => all[number]);
    colours = {};
  };

  // Whether any words show now in other colours than at the sizes before in this scheme, or did not show there.
  const newColours = (scheme) => {
    colours[scheme] ??= new Map();
    const seen = colours[scheme];
    const passedOver = new Set(skipped);
    let isNew = false;
    const walk = (one, behind) => {
      if (passedOver.has(one)) return;
      const style = getComputedStyle(one);
      const around = `${behind} ${style.backgroundColor} ${style.backgroundImage} ${style.opacity}`;
      if ((one.matches("input, select, textarea") || [...one.childNodes].some(isText)) && shows(one)) {
        const its = `${style.color} ${style.fontSize} ${style.fontWeight} ${style.textDecorationLine} ${around}`;
        if (!seen.has(one)) seen.set(one, new Set());
        if (!seen.get(one).has(its)) isNew = true;
        seen.get(one).add(its);
      }
      for (const child of one.children) walk(child, around);
    };
    walk(document.documentElement, "");
    return isNew;
  };

  // What axe finds by these rules, or by those with these tags: of all that it says of a page, 200 kB, what is wrong.
  const axeFinds = async (type, values, without) => {
    const kept = type === "rule" ? values.filter((one) => !without.includes(one)) : values;
    if (kept.length === 0) return [];
    const found = await axe.run(
      { include: [document], exclude: skipped },
      {
        runOnly: { type, values: kept },
        rules: type === "rule" ? {} : Object.fromEntries(without.map((one) => [one, { enabled: false }])),
        resultTypes: ["violations"],
        elementRef: false,
        selectors: false,
        preload: false,
      },
    );
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => [id, html, failureSummary]),
    );
  };

  // Tables that are wider than the room for them, which a page with space beside it does not show by scrolling.
  const sticksOut = () => {
    const main = document.querySelector("main");
    const room = main.getBoundingClientRect().right - Number.parseFloat(getComputedStyle(main).paddingRight);
    const more = [...main.querySelectorAll("table")].map((one) => Math.round(one.getBoundingClientRect().right - room));
    return more.filter((one) => one > 0);
  };

  // Words beyond the edge of the screen that no scrolling brings into sight: what holds them cuts them off.
  const cutOff = () => {
    const scrolls = (one) => one && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
    const cut = [...document.querySelectorAll("main *:not(.visually-hidden)")].filter(
      (one) =>
        one.getBoundingClientRect().right > innerWidth && [...one.childNodes].some(isText) && shows(one) && !scrolls(one),
    );
    return cut.map((one) => one.textContent.trim().slice(0, 40));
  };

  // All of one look: what axe finds, how wide the page is, what sticks out, what is cut off.
  const look = async ([scheme, type, values, ofColours]) => {
    const found = values.length === 0 ? [] : await axeFinds(type, values, newColours(scheme) ? [] : ofColours);
    return [found, document.scrollingElement.scrollWidth, sticksOut(), cutOff()];
  };

  return { forms, skip, axeFinds, look };
})();
