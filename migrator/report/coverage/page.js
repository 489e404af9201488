"use strict";
(() => {
  const table = document.getElementById("operations-table");
  const root = document.documentElement;

  // --- light and dark ---------------------------------------------------------------------------
  const toggle = document.getElementById("theme");
  const prefers = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("privmigrate-theme"); } catch { return null; } };
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefers.matches);
  const label = () => {
    toggle.textContent = dark() ? "Light" : "Dark";
    toggle.setAttribute("aria-label", dark() ? "Use light colours" : "Use dark colours");
  };
  if (["light", "dark"].includes(stored())) root.dataset.theme = stored();
  toggle.hidden = false;
  label();
  prefers.addEventListener("change", label);
  toggle.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("privmigrate-theme", root.dataset.theme); } catch { /* a page from a file may keep nothing */ }
    label();
  });
  if (!table) return;

  // --- filter -----------------------------------------------------------------------------------
  const rows = [...table.tBodies].filter((body) => body.classList.contains("op"));
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const texts = new Map(rows.map((row) => [row, row.rows[0].textContent.toLowerCase()]));
  const selects = [...form.querySelectorAll("select")];
  form.hidden = false;
  const filter = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = selects.every((one) => !one.value || row.dataset[one.name] === one.value)
        && words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === rows.length ? `${count} operations` : `${count} of ${rows.length} operations`;
    none.hidden = count > 0;
  };
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of document.querySelectorAll("button.pick")) {
    button.addEventListener("click", () => {
      form.reset();
      const select = form.elements[button.dataset.key];
      if (select) select.value = button.dataset.value;
      filter();
      document.getElementById("operations").scrollIntoView();
      if (select) select.focus({ preventScroll: true });
    });
  }

  // --- sort -------------------------------------------------------------------------------------
  const heads = [...table.tHead.rows[0].cells];
  const order = new Intl.Collator("en", { numeric: true });
  for (const [column, head] of heads.entries()) {
    const button = head.querySelector("button");
    if (!button) continue;
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.rows[0].cells[column].dataset.sort ?? row.rows[0].cells[column].textContent;
      const keys = new Map(rows.map((row) => [row, key(row)]));
      rows.sort((a, b) => order.compare(keys.get(a), keys.get(b)) * (down ? -1 : 1));
      table.append(...rows);
    });
  }

  // --- open a call ------------------------------------------------------------------------------
  const open = (button, wanted) => {
    button.setAttribute("aria-expanded", String(wanted));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !wanted;
  };
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button.open");
    if (button) open(button, button.getAttribute("aria-expanded") !== "true");
  });
  const named = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const button = row?.querySelector("button.open");
    if (!button) return;
    form.reset();
    filter();
    open(button, true);
    row.scrollIntoView();
  };
  addEventListener("hashchange", named);
  filter();
  named();
})();
