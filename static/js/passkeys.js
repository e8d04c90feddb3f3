// Passkeys: asks the browser for one and sends what it answers with the form that asked.
(() => {
  // Bound to a host name and a safe connection, and read from JSON by the browser itself.
  const isAble =
    window.isSecureContext && typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";
  const WORDS = {
    NotAllowedError: "No passkey was used. Try again, or go on in another way.",
    InvalidStateError: "This device has a passkey for you already.",
    SecurityError: "Passkeys do not work at this address.",
  };

  function show() {
    document.querySelectorAll("[data-with-passkeys]").forEach((part) => { part.hidden = !isAble; });
    document.querySelectorAll("[data-without-passkeys]").forEach((part) => { part.hidden = isAble; });
    // As a field with autofocus would be; the form was hidden when the page looked for one.
    if (isAble && document.activeElement === document.body) document.querySelector("[data-passkey-focus]")?.focus();
  }

  async function asked(form) {
    const response = await fetch(form.dataset.passkeyOptions, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
      body: "{}",
    });
    const found = await response.json();
    if (response.ok) return found;
    throw new Error([found.title, found.detail].filter(Boolean).join(". "));
  }

  async function answered(form) {
    const options = await asked(form);
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    return JSON.stringify(credential.toJSON());
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.passkey) return;
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    const problem = form.querySelector("[data-passkey-error]");
    problem.textContent = "";
    button.disabled = true;
    try {
      form.querySelector("[data-passkey-answer]").value = await answered(form);
      form.submit();
      window.portal.afterFile(form, () => { button.disabled = false; });
    } catch (error) {
      problem.textContent = WORDS[error.name] ?? error.message;
      button.disabled = false;
    }
  });

  document.addEventListener("htmx:load", show);
  show();
})();
