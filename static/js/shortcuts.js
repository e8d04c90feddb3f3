// Keys and the command palette. Everything they reach stands in the navigation as well.
(() => {
  const SWITCH = "portal.shortcuts";
  const RECENT = "portal.recent";
  const links = () => [...document.querySelectorAll("#sidebar nav li a, #account-menu a")];
  const words = (link) => link.textContent.trim();

  // Keys of one page: `window.portal.addKeys([{ keys: "r", label: "Reply", act: () => ... }])`.
  // One without `act` only stands in the list, one without `label` does not; one that answers false
  // did nothing.
  const own = [];
  window.portal.addKeys = (keys) => { own.push(...keys); };

  const allowedHere = () => document.body.dataset.shortcuts !== "off";
  const areOn = () => allowedHere() && localStorage.getItem(SWITCH) !== "off";

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const recent = () => {
    try {
      return JSON.parse(sessionStorage.getItem(RECENT)) ?? [];
    } catch {
      return [];
    }
  };

  function remember() {
    const here = { url: location.pathname, label: document.querySelector("h1")?.textContent.trim() };
    // What answered a form has no address at which it could be opened.
    if (!here.label || "answersForm" in document.body.dataset || document.querySelector(".error-page")) return;
    const rest = recent().filter((page) => page.url !== here.url);
    sessionStorage.setItem(RECENT, JSON.stringify([here, ...rest].slice(0, 8)));
  }

  function open(id) {
    const dialog = document.getElementById(id) ?? builders[id]();
    document.querySelector("[popover]:popover-open")?.hidePopover();
    if (!dialog.open) dialog.showModal();
    dialog.dispatchEvent(new Event("opened"));
  }

  function dialogNamed(id, title) {
    const heading = make("h2", { className: "h3", id: `${id}-title`, textContent: title });
    const dialog = make("dialog", { id, className: id }, heading);
    dialog.setAttribute("aria-labelledby", heading.id);
    document.body.append(dialog);
    return dialog;
  }

  function listOfShortcuts() {
    const dialog = dialogNamed("shortcuts", "Keyboard shortcuts");
    const rows = [["?", "Show this list"], ["/", "Search"], ["Ctrl K", "Search or jump to any page"], ["Esc", "Close"]];
    for (const link of links()) if (link.dataset.key) rows.push([`g ${link.dataset.key}`, `Go to ${words(link)}`]);
    if (own.length) {
      const ofPage = own.filter((one) => one.label).map((one) => [one.keys, one.label]);
      dialog.append(make("h3", { className: "h4", textContent: "On this page" }), listOfKeys(ofPage));
      dialog.append(make("h3", { className: "h4 mt-3", textContent: "Everywhere" }));
    }
    dialog.append(listOfKeys(rows), keysSwitch(), closeButton());
    return dialog;
  }

  function listOfKeys(rows) {
    const list = make("dl", { className: "keys" });
    for (const [keys, meaning] of rows) {
      const term = make("dt");
      for (const key of keys.split(" ")) term.append(make("kbd", { textContent: key }), " ");
      list.append(make("div", {}, term, make("dd", { textContent: meaning })));
    }
    return list;
  }

  function keysSwitch() {
    const box = make("input", { type: "checkbox", className: "form-check-input", checked: areOn(), disabled: !allowedHere() });
    box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
    const text = make("span", { className: "form-check-label", textContent: "Use single-key shortcuts in this browser" });
    return make("label", { className: "form-check" }, box, text);
  }

  function closeButton() {
    const close = make("button", { className: "btn", textContent: "Close", autofocus: true });
    return make("form", { method: "dialog", className: "btn-list justify-content-end" }, close);
  }

  function palette() {
    const dialog = dialogNamed("palette", "Search or jump to");
    const input = make("input", { type: "search", className: "form-control", autocomplete: "off", placeholder: "A page, or what you look for" });
    const list = make("ul", { id: "palette-choices", className: "choices" });
    const marks = { role: "combobox", "aria-expanded": "true", "aria-controls": list.id, "aria-autocomplete": "list", "aria-labelledby": "palette-title" };
    for (const [name, value] of Object.entries(marks)) input.setAttribute(name, value);
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-labelledby", "palette-title");
    dialog.append(input, list);
    let chosen = 0;

    function choose(index) {
      const options = [...list.children];
      chosen = options.length ? (index + options.length) % options.length : 0;
      options.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
      input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
      options[chosen]?.scrollIntoView({ block: "nearest" });
    }

    function draw() {
      const text = input.value.trim(), wanted = text.toLowerCase();
      const pages = links().map((link) => ({ url: link.getAttribute("href"), label: words(link) }));
      const known = new Set(pages.map((page) => page.url));
      const past = recent().filter((page) => !known.has(page.url) && page.url !== location.pathname)
        .map((page) => ({ ...page, note: "recent" }));
      const found = [...past, ...pages].filter((page) => page.label.toLowerCase().includes(wanted));
      list.replaceChildren(...[...found, ...searches(text)].map(option));
      list.hidden = !list.children.length;
      choose(0);
    }

    // What no page is called stands perhaps in a ticket, or is a customer.
    function searches(text) {
      const able = text ? links().filter((link) => link.dataset.searches) : [];
      const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
      return able.map((link) => ({
        url: link.dataset.searches + encodeURIComponent(text),
        label: `Find “${shown}” in ${words(link)}`,
      }));
    }

    function option(page, index) {
      const item = make("li", { id: `palette-${index}` }, page.label);
      item.setAttribute("role", "option");
      if (page.note) item.append(make("small", { textContent: page.note }));
      item.addEventListener("click", () => location.assign(page.url));
      item.dataset.url = page.url;
      return item;
    }

    input.addEventListener("input", draw);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") choose(chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen - 1);
      else if (event.key === "Enter") list.children[chosen]?.click();
      else return;
      event.preventDefault();
    });
    dialog.addEventListener("opened", () => {
      input.value = "";
      draw();
      input.focus();
    });
    return dialog;
  }

  const builders = { shortcuts: listOfShortcuts, palette };

  function search() {
    const field = document.querySelector("[data-search]");
    if (!field) return open("palette");
    field.focus();
    field.select();
  }

  let isGoing = false;

  function go(key) {
    isGoing = false;
    const link = links().find((one) => one.dataset.key === key);
    if (link) location.assign(link.href);
    return Boolean(link);
  }

  function press(event) {
    if (isGoing) return go(event.key);
    const mine = own.find((one) => one.act && one.keys === event.key);
    if (mine) return mine.act() !== false;
    if (event.key === "g") {
      isGoing = true;
      setTimeout(() => { isGoing = false; }, 1500);
    } else if (event.key === "?") open("shortcuts");
    else if (event.key === "/") search();
    else return false;
    return true;
  }

  // In a tick box no letter is written.
  const isWriting = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");

  // Letters that come while a form takes the page away are meant for it: they are no commands, here
  // and on the page that comes, until whoever types pauses.
  const PAUSE = 1000;
  const TYPING = "portal.typing";
  const LEAVING = "form[aria-busy], form[data-sent]:not([action$='/export'])";
  let pause;

  function typesOn() {
    sessionStorage.setItem(TYPING, "on");
    clearTimeout(pause);
    pause = setTimeout(() => sessionStorage.removeItem(TYPING), PAUSE);
  }

  function isMeantForAnother() {
    if (!sessionStorage.getItem(TYPING) && !document.querySelector(LEAVING)) return false;
    typesOn();
    return true;
  }

  if (sessionStorage.getItem(TYPING)) typesOn();

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open("palette");
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key.length === 1 && isMeantForAnother()) return;
    if (!areOn() || isWriting(event.target)) return;
    if (press(event)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) open(opener.dataset.opens);
  });

  remember();
})();
