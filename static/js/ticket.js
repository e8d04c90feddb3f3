// One ticket: keys, prepared answers, who else is there. Everything works without it.
(() => {
  const find = (id) => document.getElementById(id);
  const { announce } = window.portal;

  // Reply or note

  function write(kind) {
    const choice = find(`write-${kind}`);
    const body = find(`${kind}-body`);
    if (!choice || !body) return announce("Nobody answers this ticket any more.");
    choice.checked = true;
    body.focus();
    body.scrollIntoView({ block: "nearest" });
    return undefined;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-write]");
    if (!link) return;
    event.preventDefault();
    write(link.dataset.write);
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "Enter" || event.isComposing) return;
    const form = event.target.closest(".composer-form");
    if (!form) return;
    event.preventDefault();
    const next = event.shiftKey && form.querySelector('[value="solved next"]');
    (next || form.querySelector(".composer-foot [type=submit]")).click();
  });

  let typedAt = 0;
  document.addEventListener("input", ({ target }) => {
    if (target.name === "body" && target.form?.dataset.draft) typedAt = Date.now();
  });

  // Prepared answers: / in an empty reply opens the list

  const picker = () => find("answer-picker");

  function pick() {
    picker().open = true;
    find("answer-search-field").focus();
  }

  function fill(text) {
    const body = find("reply-body");
    write("reply");
    body.setRangeText(text, body.selectionStart, body.selectionEnd, "end");
    body.dispatchEvent(new Event("input", { bubbles: true }));
    picker().open = false;
    announce("The answer stands in your reply.");
  }

  // Enter may come before the list shows what was typed: then its first answer is waited for.
  let isAwaited = false;

  function fillFirst() {
    const list = find("answers");
    isAwaited = list.dataset.search !== find("answer-search-field").value.trim();
    const first = list.querySelector("[data-fill]");
    if (!isAwaited && first) fill(first.dataset.fill);
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "answer-search-field") isAwaited = false;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (isAwaited && picker()?.open) fillFirst();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#answer-picker [data-fill]");
    if (!link) return;
    event.preventDefault();
    fill(link.dataset.fill);
  });

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (key === "/" && target.id === "reply-body" && !target.value && picker()) {
      event.preventDefault();
      pick();
      return;
    }
    if (!target.closest?.("#answer-picker")) return;
    const links = [...picker().querySelectorAll("[data-fill]")];
    const place = links.indexOf(target);
    if (key === "Escape") {
      picker().open = false;
      find("reply-body").focus();
    } else if (key === "ArrowDown") links[Math.min(place + 1, links.length - 1)]?.focus();
    else if (key === "ArrowUp") (links[place - 1] ?? find("answer-search-field")).focus();
    else if (key === "Enter" && target.id === "answer-search-field") fillFirst();
    else return;
    event.preventDefault();
  });

  document.addEventListener("toggle", (event) => {
    if (event.target.id === "answer-picker" && event.target.open) find("answer-search-field").focus();
  }, true);

  // What is new, and who is there

  // What somebody else set is shown once nobody is at work in the fields: it is asked for again.
  let areFieldsOld = false;

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "ticket-news") return;
    if (document.hidden) event.preventDefault();
    else if (Date.now() - typedAt < 15_000) event.detail.parameters.typing = "1";
    if (areFieldsOld) event.detail.path = event.detail.path.replace(/version=\d+/, "version=0");
  });
  document.addEventListener("visibilitychange", () => {
    const news = find("ticket-news");
    if (news && !document.hidden) window.htmx.trigger(news, "look");
  });

  function isAtWork(fields) {
    const typed = [...fields.querySelectorAll("input:not([type=hidden]), textarea")];
    return fields.contains(document.activeElement)
      || fields.querySelector("[open], .is-waiting, .htmx-request") !== null
      || typed.some((field) => field.value !== field.defaultValue);
  }
  // What was asked for before a change may come after it: the newer one stays.
  const isOlder = (version, shown) => Number(version) < Number(shown.dataset.version);

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (isOlder(fragment.querySelector("[data-version]")?.dataset.version, target)) {
      event.detail.shouldSwap = false;
      return;
    }
    if (target.id !== "ticket-fields") return;
    areFieldsOld = isAtWork(target);
    event.detail.shouldSwap = !areFieldsOld;
  });

  // A change may take the control away that made it: the focus stays where that was.
  const PLACES = { snooze: "#snoozed button", snoozed: "#snooze summary", subject: "#subject summary" };
  let left = null;
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    if (target?.id === "ticket-fields") left = document.activeElement?.closest(".field-block")?.id;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!PLACES[left]) return;
    const { activeElement: now, body } = document;
    if (!now || now === body || !now.checkVisibility()) document.querySelector(PLACES[left])?.focus();
    left = null;
  });

  // Messages come in above the composer: whoever writes there must not see it move.
  let place = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (target?.id === "ticket-news") {
      const composer = find("composer");
      place = composer?.contains(document.activeElement) ? composer.getBoundingClientRect().top : null;
    }
    if (target?.id === "ticket-fields" && xhr.status === 200) {
      const comes = /data-version="(\d+)"/.exec(xhr.responseText)?.[1];
      if (isOlder(comes, target)) event.detail.shouldSwap = false;
    }
    if (xhr.status !== 409 || !/^(ticket-fields|problem-)/.test(target?.id ?? "")) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
  document.addEventListener("htmx:afterSettle", () => {
    look();
    window.portal.holdAll();
    if (place === null) return;
    scrollBy({ top: find("composer").getBoundingClientRect().top - place, behavior: "instant" });
    place = null;
  });

  // The form says which message its writer has seen: one that came in counts once it is in view.
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) see(Number(entry.target.dataset.public));
  }, { threshold: 0.5 });

  function see(id) {
    const field = document.querySelector('#reply-form [name="seen_message_id"]');
    if (field && id > Number(field.value)) field.value = String(id);
  }

  function look() {
    const last = [...document.querySelectorAll("#messages > [data-public]")].pop();
    if (last) seen.observe(last);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keep-editing]");
    if (!button) return;
    see(Number(button.dataset.keepEditing));
    find("problem-public").replaceChildren();
    write("reply");
  });

  // Fields. Keys step through a select one value at a time: only the last one is meant, and saved
  // by Enter or by leaving. Escape takes it back.

  const SELECT = ".ticket-fields select";
  let stepping = null;

  function settle(saves) {
    const { field, before } = stepping;
    stepping = null;
    field.closest(".field-row").classList.remove("is-held");
    if (field.value === before) return;
    if (saves) field.dispatchEvent(new Event("change", { bubbles: true }));
    else field.value = before;
  }

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches?.(SELECT)) return;
    const isChanged = stepping?.field === field && field.value !== stepping.before;
    if (event.key === "Enter" || event.key === "Escape") {
      if (isChanged) event.preventDefault();
      if (stepping) settle(event.key === "Enter");
    } else if (stepping?.field !== field) stepping = { field, before: field.value };
  });
  document.addEventListener("pointerdown", () => { if (stepping?.field.value === stepping?.before) stepping = null; });
  document.addEventListener("focusout", () => { if (stepping) settle(true); });
  document.addEventListener("change", (event) => {
    if (stepping?.field !== event.target) return;
    event.stopImmediatePropagation();
    event.target.closest(".field-row").classList.add("is-held");
    announce("Enter saves it, Escape leaves it as it was.");
  }, true);

  document.addEventListener("change", (event) => {
    if (event.target.form?.hasAttribute("data-submit-on-change")) event.target.form.requestSubmit();
  });

  // Out of a field, so that single keys work again; whoever needs the key for more comes before.
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (!target.matches?.("#ticket :is(input, select, textarea, summary, button)")) return;
    target.closest(".more-ways[open]")?.removeAttribute("open");
    find("content").focus({ preventScroll: true });
  });

  function show(id) {
    const element = find(id);
    if (!element) return;
    element.closest("details")?.setAttribute("open", "");
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  }

  function snooze() {
    const panel = find("snooze");
    if (!panel) return announce("It cannot be snoozed now.");
    panel.open = true;
    panel.querySelector("[name=for]").focus();
    return undefined;
  }

  function undo() {
    const forms = document.querySelectorAll("[data-undo]");
    if (!forms.length) return announce("No answer can be taken back now.");
    forms[forms.length - 1].requestSubmit();
    return undefined;
  }

  const send = (id, otherwise) => (find(id) ? find(id).requestSubmit() : announce(otherwise));

  if (find("composer")) window.portal.addKeys([
    { keys: "r", label: "Reply", act: () => write("reply") },
    { keys: "n", label: "Note", act: () => write("note") },
    { keys: "u", label: "Undo send", act: undo },
    { keys: "Ctrl Enter", label: "Send what is written" },
    { keys: "Ctrl Shift Enter", label: "Send, solve and next" },
    { keys: "Esc", label: "Leave the field" },
    { keys: "a", label: "Assign", act: () => show("field-assignee") },
    { keys: "m", label: "Assign to me", act: () => send("take", "It is yours already.") },
    { keys: "s", label: "Status", act: () => show("field-status") },
    { keys: "t", label: "Tag", act: () => show("field-tag") },
    { keys: "z", label: "Snooze", act: snooze },
    { keys: "e", label: "Solve and next", act: () => send("solve", "It is solved already.") },
  ]);
  window.portal.addKeys([
    { keys: "j", label: "Next ticket", act: () => find("next").click() },
    { keys: "k", label: "Previous ticket", act: () => find("previous").click() },
    { keys: "b", label: "Back to the queue", act: () => document.querySelector("#ticket-head .breadcrumb a").click() },
  ]);

  // To the page of the queue where somebody was (queue.js): the address that we made knows the first.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#ticket-head .breadcrumb a");
    const place = link && JSON.parse(sessionStorage.getItem("portal.queue"));
    if (!place) return;
    const [first, was] = [link.href, place.url].map((url) => new URL(url, location.href));
    const isSame = first.pathname === was.pathname && first.searchParams.get("q") === was.searchParams.get("q");
    if (isSame) link.href = was.pathname + was.search + first.hash;
  });

  // Where the newest words are, unless the address names a place.
  if (!location.hash) document.querySelector("#messages > :last-child")?.scrollIntoView({ block: "nearest" });
  look();
})();
