// Draws what stands in a table as a curve, in the colours of the theme. Without it, the table is there.
(() => {
  const drawn = new Map();

  // A theme's colour may be a formula, which only a drawn element works out.
  function colour(name) {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function points(table) {
    const rows = [...table.tBodies[0].rows];
    return {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      values: rows.map((row) => Number(row.cells[2].dataset.value)),
    };
  }

  function draw(canvas) {
    drawn.get(canvas)?.destroy();
    const { labels, values } = points(document.getElementById(canvas.dataset.chart));
    const text = colour("--tblr-body-color");
    const line = colour("--tblr-border-color");
    const axis = { ticks: { color: text }, grid: { color: line }, border: { color: line } };
    drawn.set(canvas, new window.Chart(canvas, {
      type: "bar",
      data: { labels, datasets: [{ data: values, backgroundColor: colour("--tblr-primary") }] },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { display: false } },
        scales: { x: { ...axis, grid: { display: false } }, y: { ...axis, beginAtZero: true } },
      },
    }));
  }

  const drawAll = () => document.querySelectorAll("canvas[data-chart]").forEach(draw);
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  drawAll();
})();
