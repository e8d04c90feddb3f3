// The log by the keyboard, and one event beside it.
(() => {
  const drawer = document.getElementById("event-drawer");
  const links = () => [...document.querySelectorAll(".event-link")];
  let last = "";

  const shown = () => drawer?.open;
  const place = () => {
    const address = shown() ? last : document.activeElement?.closest?.(".event")?.querySelector(".event-link")?.getAttribute("href");
    return links().findIndex((link) => link.getAttribute("href") === address);
  };

  function go(step) {
    const all = links();
    const here = place();
    const wanted = all[here < 0 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1)];
    if (!wanted) return false;
    if (shown()) open(wanted);
    else wanted.focus({ preventScroll: true });
    wanted.closest(".event").scrollIntoView({ block: "nearest" });
    return true;
  }

  function open(link) {
    last = link.getAttribute("href");
    window.htmx.ajax("GET", last, { target: "#event", swap: "outerHTML" }).then(() => {
      drawer.hidden = false;
      if (!drawer.open) drawer.showModal();
      document.getElementById("event-title")?.focus();
    });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-drawer]") || event.target === drawer) {
      drawer.close();
      return;
    }
    if (event.target.closest("[data-print]")) window.print();
    const link = event.target.closest(".event-link");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !drawer || !isPlain) return;
    event.preventDefault();
    open(link);
  });

  // Inside a dialog the page's own keys rest, so the drawer listens for its two itself.
  drawer?.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.shortcuts === "off") return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    go(step);
  });
  drawer?.addEventListener("close", () => {
    drawer.hidden = true;
    links().find((link) => link.getAttribute("href") === last)?.focus();
  });

  window.portal.addKeys?.([
    { keys: "j", label: "Next event", act: () => go(1) },
    { keys: "k", label: "Previous event", act: () => go(-1) },
    { keys: "Enter", label: "Open the event" },
  ]);
})();
