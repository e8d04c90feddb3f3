// What is written and not sent yet: it keeps itself, and rests while it is on its way.
(() => {
  const AUTOSAVE = 3000;
  const TRY_AGAIN = 15_000;
  const MOST_PATIENCE = 2000;
  const { announce } = window.portal;
  const wait = (time) => new Promise((go) => setTimeout(go, time));

  const timers = new Map(); // of forms with words that are not kept yet
  const saves = new Map(); // of those that are being kept
  const sending = new Set(); // those whose answer is awaited
  const released = new WeakSet(); // those that have waited for what the others keep

  function say(text) {
    const place = document.getElementById("composer-saved");
    if (place) place.textContent = text;
  }

  function forget(form) {
    clearTimeout(timers.get(form));
    timers.delete(form);
  }

  function keepSoon(form, time, headers = {}) {
    forget(form);
    timers.set(form, setTimeout(() => keep(form, headers), time));
  }

  // A form says which drafts it has seen (`mark_of` in drafts.py): the one that was surely kept, and
  // those that may have been since. What another place put in besides is put in here as well.

  const MOST_MARKS = 8;
  const marksOf = (form) => form.elements.draft_seen.value.split(" ");

  function markOf(text) {
    const bytes = new TextEncoder().encode(text.replace(/[ \t\n]+$/, ""));
    let [low, high] = [1, 0];
    for (const byte of bytes) {
      low = (low + byte) % 65521;
      high = (high + low) % 65521;
    }
    return `${bytes.length}-${high * 65536 + low}`;
  }

  function note(form, text) {
    const [surely, ...rest] = marksOf(form);
    const mark = markOf(text);
    if (mark === (rest.at(-1) ?? surely)) return;
    form.elements.draft_seen.value = [surely, ...rest.slice(2 - MOST_MARKS), mark].join(" ");
  }

  function arrived(form, text) {
    const marks = marksOf(form);
    const place = marks.lastIndexOf(markOf(text));
    form.elements.draft_seen.value = marks.slice(Math.max(place, 0)).join(" ");
  }

  function show(form, sent, kept) {
    const { body } = form.elements;
    if (body.value !== sent || sending.has(form)) return; // the next save brings it again
    const { selectionStart: start, selectionEnd: end } = body;
    const moved = Math.max(kept.indexOf(sent), 0);
    body.value = kept;
    body.setSelectionRange(start + moved, end + moved);
    note(form, kept);
    announce("Words that came from elsewhere stand in your draft.");
  }

  // Saving

  function dataOf(form) {
    note(form, form.elements.body.value);
    const data = new FormData(form);
    data.delete("files");
    data.set("quietly", "1");
    return data;
  }

  // One after the other: an older text never takes the place of a newer one.
  async function keep(form, headers) {
    forget(form);
    const before = saves.get(form);
    const kept = before ? before.then(() => saved(form, headers)) : saved(form, headers);
    const save = Promise.race([kept, wait(MOST_PATIENCE)]);
    saves.set(form, save);
    await save;
    if (saves.get(form) === save) saves.delete(form);
  }

  async function saved(form, headers) {
    const data = dataOf(form);
    const text = form.elements.body.value;
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: data, headers: { "HX-Request": "true", ...headers } });
      if (answer.status >= 500) return failed(form, "The draft could not be kept");
      if (!answer.ok) return say("The draft could not be kept");
      arrived(form, text);
      if (answer.headers.get("Content-Type")?.startsWith("text/plain")) show(form, text, await answer.text());
      return say("Draft kept");
    } catch {
      return failed(form, "No connection: the draft is only here");
    }
  }

  // Trying again by itself is no sign that somebody is there: the session ends as if it were not.
  function failed(form, words) {
    if (!timers.has(form) && !sending.has(form)) keepSoon(form, TRY_AGAIN, { "X-Background": "1" });
    say(words);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-draft]");
    if (!form || event.target.name !== "body") return;
    say("");
    keepSoon(form, AUTOSAVE);
  });

  // A form that takes the page away waits until the words in the others are kept: the next page is
  // drawn with them. It waits once: what cannot be kept holds nobody. Before all who listen at the
  // document, for they ask once.
  const held = new Set();
  addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (form.dataset.draft) note(form, form.elements.body.value);
    if (released.delete(form)) return;
    const isLeaving = form.dataset.draft || !form.hasAttribute("hx-post");
    if (form.getAttribute("method") !== "post" || !isLeaving) return;
    for (const other of [...timers.keys()]) if (other !== form) keep(other);
    if (!saves.size) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held.has(form)) return;
    held.add(form);
    await Promise.all(saves.values());
    held.delete(form);
    released.add(form);
    if (submitter) submitter.click();
    else form.requestSubmit();
  }, true);
  // Whoever leaves within these seconds keeps the last words, too. What is on its way is kept only
  // if it does not arrive.
  addEventListener("pagehide", () => {
    for (const form of new Set([...timers.keys(), ...sending])) {
      forget(form);
      navigator.sendBeacon(form.dataset.draft, dataOf(form));
    }
  });

  // On its way: nothing is typed that would not be sent, and after a failure all goes on

  function rest(form) {
    forget(form);
    sending.add(form);
    form.setAttribute("aria-busy", "true");
    form.elements.body.readOnly = true;
    say("Sending…");
  }

  function goOn(form) {
    form.removeAttribute("aria-busy");
    form.elements.body.readOnly = false;
  }

  document.addEventListener("htmx:beforeSend", ({ target }) => { if (target.dataset.draft) rest(target); });
  document.addEventListener("htmx:afterRequest", ({ target: form, detail: { xhr } }) => {
    if (!sending.delete(form)) return;
    // Then the next page comes, and until it is there the form rests.
    if (xhr.status === 204 && xhr.getResponseHeader("HX-Redirect")) return;
    goOn(form);
    keep(form);
    if (document.activeElement === document.body) form.elements.body.focus({ preventScroll: true });
  });
  const goOnAll = () => document.querySelectorAll("[data-draft][aria-busy]")
    .forEach((form) => { if (!sending.has(form)) goOn(form); });
  addEventListener("pageshow", goOnAll);
  window.navigation?.addEventListener("navigateerror", goOnAll);
})();
