// The session ended while something was being typed: the page stays, and so does the text, in the
// page alone. Whoever signs in in another tab goes on here.
(() => {
  const AGAIN = "/account/again";
  const LONG = 5 * 60_000;
  // Tabs tell each other: whoever sees a page of nobody has signed out, or is about to sign in.
  const tabs = new BroadcastChannel("portal-sessions");
  const isSignedIn = "person" in document.body.dataset;
  tabs.postMessage(isSignedIn);
  if (!isSignedIn) return;
  let dialog;
  let heard = performance.now();

  const isChanged = (field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
    : field.options ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.value !== field.defaultValue;

  const isTyped = () =>
    [...document.querySelectorAll("textarea, select, input:not([type=hidden], [type=submit], [type=search])")]
      .some((field) => (field.form?.method === "post" || field.form?.hasAttribute("hx-post")) && isChanged(field));

  const make = (tag, className, text, more = {}) =>
    Object.assign(document.createElement(tag), { className, textContent: text }, more);

  function draw() {
    const title = make("h2", "h3", "Your session ended", { id: "again-title" });
    const words = make("p", "text-secondary", "Your text is kept. Sign in in another tab, then come back and go on here.");
    const state = make("p", "text-warning-emphasis", "", { id: "again-state" });
    state.setAttribute("role", "status");
    const signIn = make("a", "btn btn-primary", "Sign in in a new tab", {
      href: `/sign-in?next=${AGAIN}`, target: "_blank", rel: "noopener",
    });
    const goOn = make("button", "btn", "Go on", { type: "button" });
    goOn.addEventListener("click", check);
    const choices = make("div", "btn-list justify-content-end", "");
    choices.append(goOn, signIn);
    dialog = make("dialog", "ask", "", { id: "session-ended" });
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.append(title, words, state, choices);
    dialog.addEventListener("close", () => { dialog.remove(); dialog = undefined; });
    document.body.append(dialog);
    dialog.showModal();
    signIn.focus();
  }

  function say(text) {
    if (!dialog) draw();
    document.getElementById("again-state").textContent = text;
  }

  // Is this page's person signed in? If not, the dialog says so.
  async function check() {
    const answer = await fetch(AGAIN, { redirect: "manual", headers: { "X-Background": "1" } }).catch(() => null);
    if (!answer) say("The portal could not be reached.");
    else if (!answer.ok) say("You are not signed in yet.");
    else return isSamePerson(new DOMParser().parseFromString(await answer.text(), "text/html").body);
    return false;
  }

  function isSamePerson(fresh) {
    if (fresh.dataset.person !== document.body.dataset.person) {
      say("Somebody else is signed in there. This text is yours: sign in as yourself.");
      return false;
    }
    resume(fresh.getAttribute("hx-headers"));
    return true;
  }

  // The forms of this page belong to the new session from here on.
  function resume(headers) {
    document.body.setAttribute("hx-headers", headers);
    const token = JSON.parse(headers)["X-CSRFToken"];
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
    heard = performance.now();
    if (!dialog) return;
    dialog.close();
    window.portal.announce("You are signed in again. Nothing was sent yet.");
  }

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = event.detail;
    if (xhr.status !== 401 || !xhr.getResponseHeader("HX-Redirect") || !(dialog || isTyped())) return;
    event.preventDefault();
    if (!dialog) draw();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) heard = performance.now();
  });
  window.portal.askFirst = () => { heard = -Infinity; };
  // A form that takes the page away asks first whether it would arrive, once the page is old.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const isPlain = form.getAttribute("method") === "post" && !form.hasAttribute("hx-post");
    if (!isPlain || performance.now() - heard < LONG) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    if (await check()) form.requestSubmit(button);
  }, true);
  tabs.addEventListener("message", ({ data: isSomebody }) => {
    if (!isSomebody) heard = -Infinity;
    else if (heard < 0 && isTyped()) check();
  });
  addEventListener("focus", () => { if (dialog) check(); });
})();
