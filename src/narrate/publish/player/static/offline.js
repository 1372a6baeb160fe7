// Without a network: the service worker answers from the caches that are filled here. The chapters heard last are kept by
// themselves, a whole book when it is asked for. Where there is no service worker (a disk, plain http), nothing of this is.
"use strict";

(function (narrate) {
  const PAGES = "narrate-pages";
  const RECENT = "narrate-recent";
  const KEPT = "narrate-kept-";
  const MOST_RECENT = 4;
  const LISTENED_MS = 4000;

  const possible =
    "serviceWorker" in navigator && window.isSecureContext && location.protocol.startsWith("http") && "caches" in window;
  let ready = Promise.resolve(false);

  narrate.canKeep = () => possible;

  narrate.startOffline = function () {
    if (!possible) return;
    // Not in the page itself: from a disk a browser refuses it, loudly. With credentials, for a host that asks for them.
    const app = { rel: "manifest", href: "narrate-player/app.webmanifest", crossOrigin: "use-credentials" };
    document.head.append(Object.assign(document.createElement("link"), app));
    ready = navigator.serviceWorker
      .register("sw.js")
      .then(() => navigator.serviceWorker.ready)
      .then(() => true)
      .catch(() => false);
  };

  async function addMissing(cacheName, urls, { signal, told = () => {} } = {}) {
    const cache = await caches.open(cacheName);
    for (const [index, url] of urls.entries()) {
      if (signal && signal.aborted) return;
      const full = new URL(url, document.baseURI).href;
      // In any cache: a chapter heard a moment ago need not be fetched again, only copied.
      const found = await caches.match(full);
      if (found) await cache.put(full, found);
      else {
        const answer = await fetch(full, { signal });
        if (answer.status !== 200) throw new Error(answer.status);
        await cache.put(full, answer);
      }
      told(index + 1, urls.length);
    }
  }

  // What a page has loaded before the service worker was there.
  narrate.keepPages = async function (names) {
    if (!(await ready)) return;
    try {
      await addMissing(PAGES, names);
    } catch {
      // offline, or no room: as it is
    }
  };

  const files = (book, index) => [
    narrate.dataUrl(book.key + "/cues-" + (index + 1)),
    narrate.dataUrl(book.key + "/peaks-" + (index + 1)),
    book.chapters[index].url,
  ];

  async function keepRecent(book, index) {
    if (!(await ready) || (navigator.connection && navigator.connection.saveData)) return;
    try {
      const indexes = [index, index + 1].filter((each) => each < book.chapters.length);
      const wanted = indexes.flatMap((each) => files(book, each));
      const pages = wanted.filter((url) => url.startsWith("narrate-player/"));
      await addMissing(PAGES, [narrate.dataUrl(book.key + "/book"), ...pages, ...(book.cover ? [book.cover] : [])]);
      const sounds = wanted.filter((url) => !url.startsWith("narrate-player/"));
      await addMissing(RECENT, sounds);
      const cache = await caches.open(RECENT);
      const now = new Set(sounds.map((url) => new URL(url, document.baseURI).href));
      const old = (await cache.keys()).filter((request) => !now.has(request.url));
      for (const request of old.slice(0, Math.max(0, old.length + now.size - MOST_RECENT))) await cache.delete(request);
    } catch {
      // offline, or no room: as it is
    }
  }

  let timer = 0;
  function soon() {
    clearTimeout(timer);
    const { book, index } = narrate.engine;
    timer = setTimeout(() => narrate.engine.playing && keepRecent(book, index), LISTENED_MS);
  }
  narrate.engine.addEventListener("chapter", soon);
  narrate.engine.addEventListener("state", soon);

  narrate.isKept = async (book) => possible && Boolean(narrate.kept("kept:" + book.key)) && caches.has(KEPT + book.key);

  narrate.keepBook = async function (book, told, signal) {
    if (!(await ready)) throw new Error("no service worker");
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    const urls = book.chapters.flatMap((_, index) => files(book, index));
    const page = [narrate.dataUrl("shelf"), narrate.dataUrl(book.key + "/book"), ...(book.cover ? [book.cover] : [])];
    await addMissing(KEPT + book.key, [...page, ...urls], { signal, told });
    if (!signal.aborted) narrate.keep("kept:" + book.key, true);
  };

  narrate.forgetBook = async function (book) {
    narrate.keep("kept:" + book.key, false);
    await caches.delete(KEPT + book.key);
  };
})(window.narrate);
