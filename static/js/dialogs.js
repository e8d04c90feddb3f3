// A form with data-confirm asks first; without JavaScript it is simply sent.
(() => {
  const make = (tag, className, text = "") => {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    return element;
  };

  function ask(question, answer, isDanger) {
    const dialog = make("dialog", "ask");
    const title = make("h2", "h3", question);
    title.id = "ask-title";
    dialog.setAttribute("aria-labelledby", title.id);
    const choices = make("form", "btn-list justify-content-end");
    choices.method = "dialog";
    const no = make("button", "btn", "Cancel");
    const yes = make("button", `btn ${isDanger ? "btn-danger" : "btn-primary"}`, answer);
    no.value = "";
    yes.value = "yes";
    no.autofocus = true;
    choices.append(no, yes);
    dialog.append(title, choices);
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        dialog.remove();
        resolve(dialog.returnValue === "yes");
      });
    });
  }

  const asks = (form, button) =>
    ask(form.dataset.confirm, button?.textContent.trim() || "Go on", button?.className.includes("danger"));

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed || form.hasAttribute("hx-post")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    if (!(await asks(form, button))) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(button);
    delete form.dataset.confirmed;
  }, true);

  document.addEventListener("htmx:confirm", async (event) => {
    const form = event.detail.elt;
    if (!form.dataset?.confirm) return;
    event.preventDefault();
    if (await asks(form, form.querySelector("[type=submit]"))) event.detail.issueRequest(true);
  });

  // A click on the backdrop closes any dialog.
  document.addEventListener("click", (event) => {
    if (event.target.nodeName === "DIALOG") event.target.close("");
  });
})();
