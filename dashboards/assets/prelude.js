/* Runs before the page is drawn: language and light/dark go from the address or the system into cookies the server reads. */
(function () {
  const root = document.documentElement;
  const read = (name) => (document.cookie.match("(?:^|; )" + name + "=([^;]*)") || [])[1];
  const keep = (name, value) => {
    document.cookie = name + "=" + value + ";path=/;max-age=31536000;samesite=lax";
  };
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked === "zh" || asked === "en") keep("language", asked);
  if (!read("scheme")) keep("scheme", matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const dark = read("scheme") === "dark";
  root.lang = read("language") === "en" ? "en" : "zh-CN";
  root.dataset.mantineColorScheme = dark ? "dark" : "light";
  root.dataset.agThemeMode = dark ? "dark" : "light";

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-lang],[data-scheme]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.scheme) {
      keep("scheme", link.dataset.scheme);
      location.reload();
      return;
    }
    keep("language", link.dataset.lang);
    const url = new URL(location.href);
    url.searchParams.set("lang", link.dataset.lang);
    location.assign(url);
  });

  /* The page that is open is marked in the navigation, whenever the address or the bar changes. */
  const mark = () =>
    document.querySelectorAll(".nav a").forEach((link) => {
      const here = link.pathname === location.pathname;
      link.classList.toggle("here", here);
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  ["popstate", "_dashprivate_pushstate", "_dashprivate_historychange"].forEach((name) => window.addEventListener(name, () => setTimeout(mark)));
  const waiting = new MutationObserver(() => {
    if (!document.querySelector(".nav a")) return;
    waiting.disconnect();
    mark();
  });
  waiting.observe(document, { childList: true, subtree: true });

  /* What the address points to is brought into view once the page's content has come. */
  const point = () => {
    let tries = 0;
    const look = setInterval(() => {
      const there = location.hash && document.getElementById(location.hash.slice(1));
      if (there || tries++ > 40) clearInterval(look);
      if (there) there.scrollIntoView({ block: "start" });
    }, 100);
  };
  ["load", "_dashprivate_pushstate"].forEach((name) => window.addEventListener(name, point));

  /* A clause of the sentence opens the fold that holds its row and marks the row for a moment. */
  document.addEventListener("click", (event) => {
    const clause = event.target.closest("a.clause");
    const row = clause && document.getElementById(clause.hash.slice(1));
    if (!row) return;
    event.preventDefault();
    const fold = row.closest("details") || row.querySelector("details");
    if (fold) fold.open = true;
    row.scrollIntoView({ block: "center", behavior: "smooth" });
    row.classList.add("pointed");
    setTimeout(() => row.classList.remove("pointed"), 2400);
  });
})();

/* Filters live in the address: replace the query without loading the page again. */
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  workbench: {
    remember: function () {
      const url = new URL(location.href);
      const inputs = (window.dash_clientside.callback_context || {}).inputs_list || [];
      inputs.flat().forEach((input) => {
        const name = (input.id.name || input.id).toString().split("-").pop();
        if (input.value === null || input.value === undefined) url.searchParams.delete(name);
        else url.searchParams.set(name, input.value);
      });
      history.replaceState(history.state, "", url);
      return window.dash_clientside.no_update;
    },
  },
});
