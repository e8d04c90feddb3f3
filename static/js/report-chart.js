// Draws the two columns of a table as lines, in the colours of the theme. Without it, the table is there.
(() => {
  const drawn = new Map();

  function colour(name) {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function draw(canvas) {
    drawn.get(canvas)?.destroy();
    const table = document.getElementById(canvas.dataset.report);
    const rows = [...table.tBodies[0].rows];
    const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim());
    const text = colour("--tblr-body-color");
    const line = colour("--tblr-border-color");
    const looks = [{ color: colour("--tblr-primary"), dash: [] }, { color: colour("--tblr-green"), dash: [6, 3] }];
    const axis = { ticks: { color: text }, grid: { color: line }, border: { color: line } };
    drawn.set(canvas, new window.Chart(canvas, {
      type: "line",
      data: {
        labels: rows.map((row) => row.cells[0].textContent.trim()),
        datasets: names.map((label, place) => ({
          label,
          data: rows.map((row) => Number(row.cells[place + 1].textContent)),
          borderColor: looks[place].color,
          backgroundColor: looks[place].color,
          borderDash: looks[place].dash,
          pointRadius: 2,
        })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { labels: { color: text } } },
        scales: { x: { ...axis, grid: { display: false } }, y: { ...axis, beginAtZero: true, ticks: { color: text, precision: 0 } } },
      },
    }));
  }

  const drawAll = () => document.querySelectorAll("canvas[data-report]").forEach(draw);
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  drawAll();
})();
