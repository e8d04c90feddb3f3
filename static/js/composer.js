// What is written and not sent yet: it keeps itself.
(() => {
  const AUTOSAVE = 3000;
  const MOST_PATIENCE = 2000;
  const { announce } = window.portal;
  const wait = (time) => new Promise((go) => setTimeout(go, time));

  const timers = new Map(); // of forms with words that are not kept yet
  const saves = new Map(); // of those that are being kept

  function say(text) {
    const place = document.getElementById("composer-saved");
    if (place) place.textContent = text;
  }

  function forget(form) {
    clearTimeout(timers.get(form));
    timers.delete(form);
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
    form.elements.draft_seen.value = [surely, ...rest.slice(2 - MOST_MARKS), markOf(text)].join(" ");
  }

  function arrived(form, text) {
    const marks = marksOf(form);
    const place = marks.lastIndexOf(markOf(text));
    form.elements.draft_seen.value = marks.slice(Math.max(place, 0)).join(" ");
  }

  function show(form, sent, kept) {
    const { body } = form.elements;
    if (body.value !== sent) return; // the next save brings it again
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
  async function keep(form) {
    forget(form);
    const before = saves.get(form);
    const save = Promise.race([before ? before.then(() => saved(form)) : saved(form), wait(MOST_PATIENCE)]);
    saves.set(form, save);
    await save;
    if (saves.get(form) === save) saves.delete(form);
  }

  async function saved(form) {
    const data = dataOf(form);
    const text = form.elements.body.value;
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: data, headers: { "HX-Request": "true" } });
      if (answer.ok) arrived(form, text);
      if (answer.status === 200) show(form, text, await answer.text());
      say(answer.ok ? "Draft kept" : "The draft could not be kept");
    } catch {
      say("No connection: the draft is only here");
    }
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-draft]");
    if (!form || event.target.name !== "body") return;
    say("");
    forget(form);
    timers.set(form, setTimeout(() => keep(form), AUTOSAVE));
  });

  // A form that takes the page away waits until the words in the others are kept: the next page is
  // drawn with them. Before all who listen at the document, for they ask once.
  const held = new Set();
  addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    forget(form);
    if (form.dataset.draft) note(form, form.elements.body.value);
    const isLeaving = form.dataset.draft || !form.hasAttribute("hx-post");
    if (form.getAttribute("method") !== "post" || !isLeaving) return;
    for (const other of [...timers.keys()]) keep(other);
    if (!saves.size) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held.has(form)) return;
    held.add(form);
    await Promise.all(saves.values());
    held.delete(form);
    if (submitter) submitter.click();
    else form.requestSubmit();
  }, true);
  // Whoever leaves within these seconds keeps the last words, too.
  addEventListener("pagehide", () => {
    for (const form of [...timers.keys()]) {
      forget(form);
      navigator.sendBeacon(form.dataset.draft, dataOf(form));
    }
  });
})();
