// What every page does beyond plain HTML: htmx manners, messages, show/hide, copy.
(() => {
  const find = (id) => document.getElementById(id);

  function announce(text) {
    const region = find("announcer");
    region.textContent = "";
    requestAnimationFrame(() => { region.textContent = text; });
  }

  function toast(text) {
    const item = document.createElement("div");
    item.className = "alert alert-danger toast-item";
    item.append(text);
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.dataset.dismiss = "";
    close.setAttribute("aria-label", "Dismiss this message");
    item.append(close);
    find("toasts").replaceChildren(item);
  }

  function focusWhatMatters(root) {
    const target = root.matches?.("[data-focus]") ? root : root.querySelector("[data-focus]");
    if (target) target.focus();
  }

  async function copy(button) {
    const source = find(button.dataset.copy);
    const text = source.dataset.value ?? [...(source.matches("ul, ol") ? source.children : [source])]
      .map((part) => part.textContent.trim()).join("\n");
    const label = button.querySelector("[data-label]");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(source);
      announce("Selected. Press Ctrl and C to copy.");
      return;
    }
    announce("Copied");
    if (!label) return;
    const before = label.textContent;
    label.textContent = "Copied";
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  function reveal(button) {
    const input = find(button.dataset.reveal);
    const isShown = input.type === "password";
    input.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, isShown ? "#eye-off" : "#eye"));
  }

  function fill(button) {
    const input = find(button.dataset.fill);
    input.value = button.dataset.value;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function dismiss(button) {
    button.closest(".alert").remove();
    find("content")?.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a");
    if (!button) return;
    if ("copy" in button.dataset) copy(button);
    else if ("reveal" in button.dataset) reveal(button);
    else if ("fill" in button.dataset) fill(button);
    else if ("dismiss" in button.dataset) dismiss(button);
    else if ("back" in button.dataset) history.back();
  });

  // An export answers with a file: the page stays, and its form token may be of before a proof.
  function afterFile(form, goOn) {
    const path = (form.getAttribute("action") ?? location.pathname).split("?")[0];
    if (!path.endsWith("/export")) return;
    setTimeout(() => {
      goOn();
      window.portal.askFirst?.();
    }, 5000);
  }

  // Enter in a field that finds while it is typed in finds at once: its form goes nowhere.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-finds]")) return;
    event.preventDefault();
    window.htmx.trigger(event.target, "find");
  });

  // A second press of a button must not send the form twice, however long the answer takes.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    afterFile(form, () => { delete form.dataset.sent; });
  });
  const mayBeSent = () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  };
  addEventListener("pageshow", mayBeSent);
  // Whoever stops the browser's waiting stays on the page, too.
  window.navigation?.addEventListener("navigateerror", mayBeSent);

  // Revealed passwords go out as password fields, so that browsers do not remember them as text.
  document.addEventListener("submit", (event) => {
    for (const button of event.target.querySelectorAll('[data-reveal][aria-pressed="true"]')) reveal(button);
  }, true);

  const refusals = {
    0: "The portal could not be reached. Check your connection and try again.",
    401: "You are signed out. Reload the page to sign in again.",
    403: "You may not do this, or the page is too old. Reload and try again.",
    404: "This is no longer there.",
    409: "Someone changed this in the meantime. Reload to see it.",
    413: "That is too large to send.",
    429: "Too many tries. Wait a little, then try again.",
    503: "This cannot be done just now. Nothing was changed. Try again in a minute; if it stays, tell whoever runs the portal.",
  };

  // Where only the portal itself refuses so, it says why.
  const WITH_REASONS = [409, 429, 503];
  function reason(answer) {
    const page = new DOMParser().parseFromString(answer.responseText, "text/html");
    return page.querySelector("[data-why]")?.textContent.replace(/\s+/g, " ").trim();
  }

  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    // The sign-in page is where a lost session goes; HX-Redirect, when sent, got there first.
    if (answer.status === 401 && !answer.getResponseHeader("HX-Redirect")) {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    const id = answer.getResponseHeader("X-Request-Id");
    const why = WITH_REASONS.includes(answer.status) && reason(answer);
    const text = why || (refusals[answer.status] ?? "Something broke. Nothing was changed.");
    toast(id ? `${text} Request id ${id}` : text);
  });
  // A 403 that names its place is no error but the prompt that asks for a proof first.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status !== 403 || !xhr.getResponseHeader("HX-Retarget")) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
  document.addEventListener("htmx:sendError", () => toast(refusals[0]));
  document.addEventListener("htmx:timeout", () => toast(refusals[0]));

  document.addEventListener("htmx:afterSettle", (event) => {
    const swapped = event.detail.elt;
    focusWhatMatters(swapped);
    const words = swapped.dataset?.announce ?? swapped.querySelector?.("[data-announce]")?.dataset.announce;
    if (words) announce(words);
  });

  // An answer that is still held: its button leaves when the mail does, and nothing moves.

  function hold(form) {
    const seconds = Number(form.dataset.held);
    delete form.dataset.held;
    const key = find("composer") ? ": press U" : "";
    setTimeout(() => announce(`You can take your answer back for ${seconds} seconds${key}.`), 500);
    setTimeout(() => {
      if (!form.isConnected) return;
      const hadFocus = form.contains(document.activeElement);
      const place = form.closest(".message")?.querySelector(".message-at") ?? find("content");
      form.remove();
      announce("Your answer can no longer be taken back.");
      if (hadFocus) place.focus({ preventScroll: true });
    }, seconds * 1000);
  }

  const holdAll = () => document.querySelectorAll("[data-held]").forEach(hold);

  // A long menu opens where the page stands in it.
  function showPlace() {
    document.querySelector("#sidebar [aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  find("sidebar")?.addEventListener("toggle", showPlace);
  showPlace();

  // Names of pages visited (shortcuts.js) do not outlive the sign-in.
  if (!find("sidebar")) sessionStorage.clear();
  focusWhatMatters(document.body);
  window.portal = { afterFile, announce, toast, holdAll };
  holdAll();
})();
