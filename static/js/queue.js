// A queue by the keyboard, and a list that stands still while it is read.
(() => {
  const list = () => document.getElementById("queue-rows");
  const links = () => [...list().querySelectorAll(".queue-link")];
  const current = () => document.activeElement?.closest?.(".queue-row");

  function go(step) {
    const all = links();
    const here = all.findIndex((link) => link.closest(".queue-row") === current());
    const wanted = all[here < 0 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1)];
    return wanted ? show(wanted, "nearest") : false;
  }

  function show(link, block) {
    link.focus({ preventScroll: true });
    link.closest(".queue-row").scrollIntoView({ block });
    return true;
  }

  function open() {
    const link = current()?.querySelector(".queue-link");
    link?.click();
    return Boolean(link);
  }

  function tick() {
    const box = current()?.querySelector("[name=ticket]");
    if (!box) return false;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    window.portal.announce(box.checked ? "Selected" : "Not selected");
    return true;
  }

  function take() {
    const row = current();
    if (!row?.dataset.take) return false;
    send(row.dataset.take, row.id.replace("ticket-", ""));
    return true;
  }

  async function send(url, number) {
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    try {
      const answer = await fetch(url, { method: "POST", headers, redirect: "manual" });
      const isDone = answer.ok || answer.type === "opaqueredirect";
      if (isDone) window.portal.announce(`${number} is yours`);
      else window.portal.toast(`${number} could not be assigned to you. Open it to see why.`);
    } catch {
      window.portal.toast("The portal could not be reached. Check your connection and try again.");
    }
    window.htmx.trigger(list(), "refresh");
  }

  window.portal.addKeys([
    { keys: "j", label: "Next ticket", act: () => go(1) },
    { keys: "k", label: "Previous ticket", act: () => go(-1) },
    { keys: "o", label: "Open it", act: open },
    { keys: "Enter", label: "Open it" },
    { keys: "x", label: "Select it", act: tick },
    { keys: "m", label: "Assign it to me", act: take },
    { keys: "1 … 9", label: "Another queue, by its place" },
  ]);
  const views = [...document.querySelectorAll(".desk-views a")].slice(0, 9);
  window.portal.addKeys(views.map((view, place) => ({ keys: String(place + 1), act: () => view.click() })));

  function count() {
    const place = document.getElementById("bulk-count");
    if (!place) return;
    const ticked = document.querySelectorAll("[name=ticket]:checked").length;
    const isAll = document.querySelector("[name=everything]").checked;
    place.textContent = isAll ? "All selected" : ticked ? `${ticked} selected` : "";
  }
  document.addEventListener("change", (event) => {
    if (event.target.form?.id === "queue-form") count();
  });

  // What was ticked stays ticked when the rows are drawn anew.
  let ticked = new Set();
  const isList = (event) => event.detail.target?.id === "queue-rows";
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isList(event)) return;
    ticked = new Set([...list().querySelectorAll("[name=ticket]:checked")].map((box) => box.value));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isList(event)) return;
    for (const box of list().querySelectorAll("[name=ticket]")) box.checked = ticked.has(box.value);
    count();
  });

  // Nobody reads a hidden page; it is asked for again as soon as somebody does.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "queue-rows" && document.hidden) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) window.htmx.trigger(list(), "refresh");
  });
  count();

  // A list of orders is left as any other: by a key, or by going elsewhere.
  const orders = document.querySelector(".desk-sort");
  const leave = (event) => orders.contains(event.target) || orders.removeAttribute("open");
  if (orders) for (const kind of ["click", "focusin"]) document.addEventListener(kind, leave);
  orders?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !orders.open) return;
    event.stopPropagation();
    orders.removeAttribute("open");
    orders.querySelector("summary").focus();
  });

  // Who comes back from a ticket (ticket.js) goes on at its row, or where it stood.
  const PLACE = "portal.queue";
  function comeBack() {
    const number = location.hash.replace(/^#ticket-/, "");
    if (!number) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    const { numbers } = JSON.parse(sessionStorage.getItem(PLACE)) ?? { numbers: [] };
    const at = numbers.indexOf(number);
    const near = at < 0 ? [number] : [...numbers.slice(at), ...numbers.slice(0, at).reverse()];
    const found = near.map((each) => document.querySelector(`#ticket-${CSS.escape(each)} .queue-link`)).find(Boolean);
    if (found) show(found, "center");
  }

  addEventListener("pagehide", () => {
    orders?.removeAttribute("open");
    const numbers = list().querySelector("[name=shown]").value.split(",");
    const url = list().getAttribute("hx-get");
    if (url) sessionStorage.setItem(PLACE, JSON.stringify({ url, numbers }));
  });
  comeBack();

  // On a phone the views stand in a row, of which the present one must be seen.
  document.querySelector(".desk-views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
})();
