// A plain script. What a page loads has an address of the server's version: if another server answers for it, as
// while one is replaced by the next, it is not there. Then the page itself is asked for again.
(() => {
  const ATTEMPTS = 3;
  const KEY = "collab-start-attempts";
  const WAIT_MILLISECONDS = 1000;

  // Without a storage nobody would know when to stop.
  function countAttempt() {
    try {
      const count = Number(sessionStorage.getItem(KEY)) + 1;
      sessionStorage.setItem(KEY, String(count));
      return count;
    } catch {
      return Infinity;
    }
  }

  function forget() {
    try {
      sessionStorage.removeItem(KEY);
    } catch {
      // Nothing was kept.
    }
  }

  function say(text) {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.setAttribute("role", "alert");
    notice.textContent = text;
    document.body.prepend(notice);
  }

  async function again() {
    // To leave for a server that can't be reached would leave an empty window.
    const isThere = await fetch(location.href, { cache: "no-store" }).then(({ ok }) => ok, () => false);
    if (isThere && countAttempt() <= ATTEMPTS) location.reload();
    else say("This page could not be loaded completely. Reload it.");
  }

  function check() {
    if ("started" in document.documentElement.dataset) return forget();
    setTimeout(again, WAIT_MILLISECONDS * (1 + 2 * Math.random()));
  }

  if (document.readyState === "complete") check();
  else addEventListener("load", check);
})();
