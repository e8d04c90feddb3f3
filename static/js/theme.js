// Loaded before anything is drawn, so that a page never flashes in the wrong theme.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let theme = root.dataset.bsTheme ?? "auto";

  function follow() {
    if (theme === "auto") root.dataset.bsTheme = dark.matches ? "dark" : "light";
  }

  // The switch in the account menu: the page stays, with all that is typed in it.
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, requestConfig } = event.detail;
    if (!successful || !elt.matches?.(".theme-choice")) return;
    theme = requestConfig.formData.get("theme");
    root.dataset.bsTheme = theme;
    follow();
    for (const button of elt.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === theme));
    for (const radio of document.querySelectorAll('input[name="theme"]')) radio.checked = radio.value === theme;
  });

  root.classList.add("js");
  dark.addEventListener("change", follow);
  follow();
})();
