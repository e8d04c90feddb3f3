// Backup codes are shown once: copy (portal.js), save as a text file, print, all from this page.
(() => {
  const codes = () => [...document.querySelectorAll("#backup-codes li")].map((item) => item.textContent.trim());

  function download(button) {
    const heading = button.dataset.heading ?? "Backup codes";
    const made = new Date().toISOString().slice(0, 10);
    const lines = [heading, `Made on ${made}. Each code works once. Keep them where only you can read them.`, "", ...codes(), ""];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\r\n")], { type: "text/plain" }));
    link.download = button.dataset.download || "backup-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
    window.portal.announce("Backup codes saved as a file");
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-download], [data-print]");
    if (!button) return;
    if ("download" in button.dataset) download(button);
    else window.print();
  });
})();
