// Which view is shown, by the address after the #: #/, #/book/KEY, #/listen/KEY, #/listen/KEY/N; with ?play it sounds, with ?anew from the start.
"use strict";

(function (narrate) {
  const { engine } = narrate;
  const byId = (id) => document.getElementById(id);
  const views = ["shelf", "book", "listen"];
  const toBook = byId("to-book");
  let first = true;
  let asked = 0;

  function route() {
    const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
    const [view, key, number] = path.split("/");
    if (view === "book" && key) return { view, key };
    if (view === "listen" && key) return { view, key, number: /^\d+$/.test(number || "") ? Number(number) : null, how: ["play", "anew"].includes(query) ? query : "" };
    return { view: "shelf" };
  }

  async function load({ view, key, number, how }) {
    if (view === "book") return narrate.showBook(key);
    if (view === "listen") return narrate.showListen(key, number, how);
    return narrate.showShelf();
  }

  async function show() {
    const to = route();
    const turn = ++asked;
    // Going back to this page must not begin to play again.
    if (to.how) history.replaceState(null, "", location.hash.replace(/\?.*/, ""));
    let title = null;
    try {
      title = await load(to);
      narrate.complain(title === null ? "There is no such book on this shelf any more." : "");
    } catch {
      narrate.complain("This page cannot be loaded: no connection, or the files are gone.", { name: "Try again", does: show });
    }
    if (turn !== asked) return;
    for (const view of views) byId(view).hidden = view !== to.view || title === null;
    document.documentElement.dataset.view = to.view;
    document.title = title ? (to.view === "shelf" ? "narrate" : title) : "narrate";
    toBook.hidden = to.view !== "listen" || title === null;
    if (!toBook.hidden) {
      toBook.href = "#/book/" + to.key;
      toBook.replaceChildren(narrate.speaks(narrate.element("bdi", {}, engine.book.title), engine.book));
    }
    if (to.view === "listen") narrate.listenShown();
    else byId("main").scrollTop = 0;
    byId("follow").hidden = true;
    // Whoever cannot see that the page has changed is taken to its heading.
    const heading = byId(`${to.view}-title`);
    if (!first && heading) heading.focus({ preventScroll: true });
    first = false;
  }

  // What was heard elsewhere, on another device or in another tab, while nobody looked here.
  async function sync() {
    const taken = await narrate.syncPositions();
    if (route().view !== "listen" && taken.length) show();
    if (!engine.book || engine.playing) return;
    const position = narrate.position(engine.book.key);
    if (!position || position.when <= engine.since) return;
    engine.follow(await narrate.placeOf(engine.book, position));
    narrate.say("Moved to where you left off elsewhere");
  }

  document.querySelector("a.skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address belongs to the views
    byId("main").focus();
  });
  window.addEventListener("hashchange", show);
  window.addEventListener("pagehide", () => engine.save({ now: true }));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) engine.save({ now: true });
    else sync();
  });

  async function start() {
    narrate.startOffline();
    try {
      const shelf = await narrate.load("shelf");
      narrate.sharePositions(shelf.sync);
      await narrate.syncPositions();
    } catch {
      // told by the view
    }
    await show();
  }
  start();
})(window.narrate);
